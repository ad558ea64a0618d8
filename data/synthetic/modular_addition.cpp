#include <algorithm>
#include <cmath>

#include "data/synthetic/sequence_task.h"

namespace norma {
namespace {

struct ModularAdditionOptions {
  int64_t modulus = 97, seed = 0;
  double val_fraction = 0.5, test_fraction = 0;
  OrderOption order;
  void describe(Fields& f) {
    f.integer("modulus", modulus, "numbers are 0 to modulus - 1; a prime by custom",
              {.min = 2, .max = 1000});
    f.number("val_fraction", val_fraction, "share of all pairs held out", {.min = 0, .below = 1});
    f.number("test_fraction", test_fraction, "share of all pairs kept for testing",
             {.min = 0, .below = 1});
    f.rule(val_fraction + test_fraction < 1, "test_fraction",
           "val_fraction and test_fraction below 1 together");
    f.integer("seed", seed, "which pairs are held out; the training's own seed is another",
              {.min = 0});
    order.describe(f);
  }
};

// The sequence a, b, "=", and after it a + b modulo a number. All pairs there are, some held out: a
// model that has found the rule, rather than learned the pairs by heart, knows these too.
class ModularAddition : public SequenceTask {
 public:
  ModularAddition(const ModularAdditionOptions& o, const DataRequest& request)
      : SequenceTask({.type = "modular_addition",
                      .vocab = o.modulus + 1,
                      .context = 3,
                      .sizes = sizes_of(o),
                      .seed = o.seed,
                      .order = o.order.value()},
                     request),
        modulus_(o.modulus),
        pair_at_(
            static_cast<uint64_t>(o.modulus * o.modulus),
            RandomStream(static_cast<uint64_t>(o.seed), stable_hash("data.modular_addition"))) {
    if (size(Split::kTrain) < 1)
      throw Error("[modular_addition] val_fraction and test_fraction leave no pair to train on");
  }

 private:
  static std::array<int64_t, kSplits.size()> sizes_of(const ModularAdditionOptions& o) {
    const int64_t pairs = o.modulus * o.modulus;
    const auto share = [&](double fraction) {
      return std::llround(fraction * static_cast<double>(pairs));
    };
    const int64_t validation = share(o.val_fraction), test = share(o.test_fraction);
    return {pairs - validation - test, validation, test};
  }

  void write(Split split, int64_t index, int32_t* input, int32_t* target) const override {
    for (const Split before : kSplits)
      if (before < split) index += size(before);
    const auto pair = static_cast<int64_t>(pair_at_(static_cast<uint64_t>(index)));
    const int64_t a = pair / modulus_, b = pair % modulus_;
    input[0] = static_cast<int32_t>(a);
    input[1] = static_cast<int32_t>(b);
    input[2] = static_cast<int32_t>(modulus_);  // "="
    std::fill_n(target, 2, kIgnored);
    target[2] = static_cast<int32_t>((a + b) % modulus_);
  }

  int64_t modulus_;
  Permutation pair_at_;
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
