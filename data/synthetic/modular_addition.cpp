#include <algorithm>
#include <cmath>

#include "data/synthetic/sequence_task.h"

namespace norma {
namespace {

struct ModularAdditionOptions {
  int64_t modulus = 97, operations = 1, seed = 0;
  double val_fraction = 0.5, test_fraction = 0;
  OrderOption order;
  void describe(Fields& f) {
    f.integer("modulus", modulus, "numbers are 0 to modulus - 1; a prime by custom",
              {.min = 2, .max = 1000});
    f.integer("operations", operations,
              "1: a + b alone; 2 or 3: a first token says which of a + b, a - b, a * b is asked",
              {.min = 1, .max = 3});
    f.number("val_fraction", val_fraction, "share of all questions held out",
             {.min = 0, .below = 1});
    f.number("test_fraction", test_fraction, "share of all questions kept for testing",
             {.min = 0, .below = 1});
    f.rule(val_fraction + test_fraction < 1, "test_fraction",
           "val_fraction and test_fraction below 1 together");
    f.integer("seed", seed, "which questions are held out; the training's own seed is another",
              {.min = 0});
    order.describe(f);
  }
};

// The sequence a, b, "=", and after it a + b modulo a number. All pairs there are, some held out: a
// model that has found the rule, rather than learned the pairs by heart, knows these too. With
// several operations a token in front says which: every pair is asked for with each.
class ModularAddition : public SequenceTask {
 public:
  ModularAddition(const ModularAdditionOptions& o, const DataRequest& request)
      : SequenceTask({.type = "modular_addition",
                      .vocab = o.modulus + 1 + (o.operations > 1 ? o.operations : 0),
                      .context = o.operations > 1 ? 4 : 3,
                      .sizes = sizes_of(o),
                      .seed = o.seed,
                      .order = o.order.value()},
                     request),
        modulus_(o.modulus),
        operations_(o.operations),
        question_at_(
            static_cast<uint64_t>(questions(o)),
            RandomStream(static_cast<uint64_t>(o.seed), stable_hash("data.modular_addition"))) {
    if (size(Split::kTrain) < 1)
      throw Error(
          "[modular_addition] val_fraction and test_fraction leave no question to train on");
  }

 private:
  static int64_t questions(const ModularAdditionOptions& o) {
    return o.operations * o.modulus * o.modulus;
  }
  static std::array<int64_t, kSplits.size()> sizes_of(const ModularAdditionOptions& o) {
    const int64_t all = questions(o);
    const auto share = [&](double fraction) {
      return std::llround(fraction * static_cast<double>(all));
    };
    const int64_t validation = share(o.val_fraction), test = share(o.test_fraction);
    return {all - validation - test, validation, test};
  }

  void write(Split split, int64_t index, int32_t* input, int32_t* target) const override {
    for (const Split before : kSplits)
      if (before < split) index += size(before);
    const auto question = static_cast<int64_t>(question_at_(static_cast<uint64_t>(index)));
    const int64_t operation = question / (modulus_ * modulus_);
    const int64_t a = question / modulus_ % modulus_, b = question % modulus_;
    if (operations_ > 1) {
      *input++ = static_cast<int32_t>(modulus_ + 1 + operation);
      *target++ = kIgnored;
    }
    input[0] = static_cast<int32_t>(a);
    input[1] = static_cast<int32_t>(b);
    input[2] = static_cast<int32_t>(modulus_);  // "="
    std::fill_n(target, 2, kIgnored);
    target[2] = static_cast<int32_t>(result(operation, a, b) % modulus_);
  }
  // As a number that is not negative.
  int64_t result(int64_t operation, int64_t a, int64_t b) const {
    if (operation == 0) return a + b;
    return operation == 1 ? a + modulus_ - b : a * b;
  }

  int64_t modulus_, operations_;
  Permutation question_at_;
};

std::unique_ptr<Dataset> load(const ModularAdditionOptions& options, const DataRequest& request) {
  return std::make_unique<ModularAddition>(options, request);
}

const RegisterData<ModularAdditionOptions> registered_modular_addition(
    "modular_addition", "a + b modulo a prime, some pairs held out",
    "Power et al. 2022, Grokking: generalization beyond overfitting on small algorithmic datasets",
    load);

}  // namespace
}  // namespace norma
