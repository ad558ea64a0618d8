// Lion: the sign of a mix of momentum and gradient. Chen et al. 2023, arXiv:2302.06675,
// algorithm 2.
#include "optim/optimizer.h"

namespace norma {
namespace {

class Lion final : public Optimizer {
 public:
  struct Options {
    double lr = 1e-4;
    std::vector<double> betas{0.9, 0.99};
    double weight_decay = 0;
    DecayKinds decay;
    void describe(Fields& f) {
      f.number("lr", lr, "learning rate; a third to a tenth of AdamW's", {.min = 0});
      f.numbers("betas", betas, "share of the momentum in the update, and its memory", 2,
                {.min = 0, .below = 1});
      f.number("weight_decay", weight_decay, "strength of decoupled weight decay", {.min = 0});
      f.object(
          "decay", [&](Fields& inner) { decay.describe(inner); }, "what weight decay shrinks");
    }
  };
  Lion(const Options& options, const ParamSet& params)
      : Optimizer(params, options.decay, {"exp_avg"}), options_(options) {}

 protected:
  void update(const Run& run, const ParamSet& params, const StepInput& input) override {
    with_float_type(params.dtype(), [&]<class T>() {
      const T lr = static_cast<T>(input.lr), scale = static_cast<T>(input.grad_scale);
      const T decay = run.decays ? static_cast<T>(options_.weight_decay) : T(0);
      const T b1 = static_cast<T>(options_.betas[0]), b2 = static_cast<T>(options_.betas[1]);
      T* const w = params.values().data<T>();
      const T* const grad = params.grads().data<T>();
      T* const m = slot<T>(0);
#pragma omp simd
      for (int64_t i = run.begin; i < run.end; ++i) {
        const T g = grad[i] * scale;
        const T mix = b1 * m[i] + (1 - b1) * g;
        const T sign = mix > 0 ? T(1) : mix < 0 ? T(-1) : mix;
        w[i] -= lr * (sign + decay * w[i]);
        m[i] = b2 * m[i] + (1 - b2) * g;
      }
    });
  }

 private:
  Options options_;
};

const RegisterOptimizer<Lion> registered_lion("lion", "the sign of momentum and gradient mixed",
                                              "Chen et al. 2023, arXiv:2302.06675");

}  // namespace
}  // namespace norma
