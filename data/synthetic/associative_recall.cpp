#include <algorithm>
#include <vector>

#include "data/synthetic/sequence_task.h"
#include "data/synthetic/task_options.h"

namespace norma {
namespace {

struct AssociativeRecallOptions {
  int64_t pairs = 8, queries = 4, keys = 32, values = 32;
  TaskOptions task;
  void describe(Fields& f) {
    f.integer("pairs", pairs, "key-value pairs to be remembered", {.min = 1, .max = 32768});
    f.integer("queries", queries, "keys asked for afterwards", {.min = 1, .max = 32768});
    f.integer("keys", keys, "different keys", {.min = 1, .max = 32768});
    f.integer("values", values, "different values", {.min = 2, .max = 32768});
    f.rule(pairs <= keys, "pairs", "at most keys");
    task.describe(f);
  }
};

// Key, value, key, value …, then some of the keys again, in any order: the model names the value
// that went with each. Keys are the tokens below `keys`, values the ones above.
class AssociativeRecall : public SequenceTask {
 public:
  AssociativeRecall(const AssociativeRecallOptions& o, const DataRequest& request)
      : SequenceTask({.type = "associative_recall",
                      .vocab = o.keys + o.values,
                      .context = 2 * o.pairs + o.queries,
                      .sizes = {o.task.train_samples, o.task.val_samples, o.task.test_samples},
                      .seed = o.task.seed,
                      .order = o.task.order.value()},
                     request),
        options_(o) {}

 private:
  void write(Split split, int64_t index, int32_t* input, int32_t* target) const override {
    RandomSequence draw = random(split, index);
    const auto below = [&](int64_t bound) {
      return static_cast<int32_t>(draw.below(static_cast<uint64_t>(bound)));
    };
    const int64_t pairs = options_.pairs;
    std::fill_n(target, 2 * pairs, kIgnored);
    for (int64_t pair = 0; pair < pairs; ++pair) {
      input[2 * pair] = new_key(input, pair, below);
      input[2 * pair + 1] = static_cast<int32_t>(options_.keys) + below(options_.values);
    }
    for (int64_t query = 0; query < options_.queries; ++query) {
      const int32_t pair = below(pairs);
      input[2 * pairs + query] = input[2 * pair];
      target[2 * pairs + query] = input[2 * pair + 1];
    }
  }

  // A key that none of the pairs before has.
  template <class Below>
  int32_t new_key(const int32_t* input, int64_t pairs, Below& below) const {
    // Draws among the keys still free: rank r of these is what remains when the used are skipped.
    std::vector<int32_t> used;
    for (int64_t pair = 0; pair < pairs; ++pair) used.push_back(input[2 * pair]);
    std::sort(used.begin(), used.end());
    int32_t key = below(options_.keys - pairs);
    for (const int32_t taken : used) key += key >= taken;
    return key;
  }

  AssociativeRecallOptions options_;
};

std::unique_ptr<Dataset> load(const AssociativeRecallOptions& options, const DataRequest& request) {
  return std::make_unique<AssociativeRecall>(options, request);
}

const RegisterData<AssociativeRecallOptions> registered_associative_recall(
    "associative_recall", "remember key-value pairs and answer for keys",
    "Ba et al. 2016, Using fast weights; several queries as in Arora et al. 2023, Zoology", load);

}  // namespace
}  // namespace norma
