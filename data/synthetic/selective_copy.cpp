#include <algorithm>

#include "data/synthetic/sequence_task.h"
#include "data/synthetic/task_options.h"

namespace norma {
namespace {

struct SelectiveCopyOptions {
  int64_t length = 64, items = 8, symbols = 8;
  TaskOptions task;
  void describe(Fields& f) {
    f.integer("length", length, "tokens among which the items are strewn",
              {.min = 1, .max = 65536});
    f.integer("items", items, "symbols to be copied", {.min = 1, .max = 65536});
    f.integer("symbols", symbols, "different symbols", {.min = 2, .max = 65536});
    f.rule(items <= length, "items", "at most length");
    task.describe(f);
  }
};

// Among blanks stand a few symbols at random places; at the end, where the input says "go", the
// model names them in order. It must choose by content: what to skip is different in each sample.
class SelectiveCopy : public SequenceTask {
 public:
  enum Token : int32_t { kBlank, kGo, kFirstSymbol };

  SelectiveCopy(const SelectiveCopyOptions& o, const DataRequest& request)
      : SequenceTask({.type = "selective_copy",
                      .vocab = kFirstSymbol + o.symbols,
                      .context = o.length + o.items,
                      .sizes = {o.task.train_samples, o.task.val_samples, o.task.test_samples},
                      .seed = o.task.seed,
                      .order = o.task.order.value()},
                     request),
        options_(o) {}

 private:
  void write(Split split, int64_t index, int32_t* input, int32_t* target) const override {
    RandomSequence draw = random(split, index);
    const int64_t length = options_.length;
    std::fill_n(input, length, kBlank);
    std::fill_n(input + length, options_.items, kGo);
    std::fill_n(target, length, kIgnored);
    // Knuth's selection sampling: each set of places is equally likely, and they come in order.
    int64_t left = options_.items;
    for (int64_t place = 0; place < length && left > 0; ++place) {
      if (draw.below(static_cast<uint64_t>(length - place)) >= static_cast<uint64_t>(left))
        continue;
      const auto symbol = draw.below(static_cast<uint64_t>(options_.symbols));
      input[place] = kFirstSymbol + static_cast<int32_t>(symbol);
      target[length + options_.items - left] = input[place];
      --left;
    }
  }

  SelectiveCopyOptions options_;
};

std::unique_ptr<Dataset> load(const SelectiveCopyOptions& options, const DataRequest& request) {
  return std::make_unique<SelectiveCopy>(options, request);
}

const RegisterData<SelectiveCopyOptions> registered_selective_copy(
    "selective_copy", "find the symbols among blanks and repeat them in order",
    "Jing et al. 2019, Gated orthogonal recurrent units; Gu and Dao 2023, Mamba", load);

}  // namespace
}  // namespace norma
