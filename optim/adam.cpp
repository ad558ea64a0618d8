// Adam (Kingma, Ba 2014, arXiv:1412.6980) and AdamW (Loshchilov, Hutter 2017, arXiv:1711.05101),
// with PyTorch's order of operations.
#include <cmath>

#include "optim/optimizer.h"

namespace norma {
namespace {

struct AdamOptions {
  double lr = 1e-3;
  std::vector<double> betas{0.9, 0.999};
  double eps = 1e-8;
  double weight_decay = 0;
  DecayKinds decay;
  void describe(Fields& f) {
    f.number("lr", lr, "learning rate", {.min = 0});
    f.numbers("betas", betas, "memory of the mean and of the mean square of gradients", 2,
              {.min = 0, .below = 1});
    f.number("eps", eps, "added to the root of the mean square", {.min = 0});
    f.number("weight_decay", weight_decay, "strength of weight decay", {.min = 0});
    f.object(
        "decay", [&](Fields& inner) { decay.describe(inner); }, "what weight decay shrinks");
  }
};

struct AdamwOptions : AdamOptions {
  AdamwOptions() { weight_decay = 0.01; }
};

// With decoupled decay the weights shrink by lr·weight_decay directly; coupled, the decay joins the
// gradient and passes through the moments.
template <class Choices, bool decoupled>
class AdamFamily final : public Optimizer {
 public:
  using Options = Choices;
  AdamFamily(const Options& options, const ParamSet& params)
      : Optimizer(params, options.decay, {"exp_avg", "exp_avg_sq"}), options_(options) {}

 protected:
  void update(const Run& run, const ParamSet& params, const StepInput& input) override {
    with_float_type(params.dtype(), [&]<class T>() {
      const double t = static_cast<double>(steps());
      const double beta1 = options_.betas[0], beta2 = options_.betas[1];
      const T step_size = static_cast<T>(input.lr / (1 - std::pow(beta1, t)));
      const T root_correction = static_cast<T>(std::sqrt(1 - std::pow(beta2, t)));
      const T decay = run.decays ? static_cast<T>(options_.weight_decay) : T(0);
      const T shrink = decoupled ? static_cast<T>(1 - input.lr * static_cast<double>(decay)) : T(1);
      const T coupled = decoupled ? T(0) : decay;
      const T b1 = static_cast<T>(beta1), b2 = static_cast<T>(beta2);
      const T one_minus_b1 = static_cast<T>(1 - beta1), one_minus_b2 = static_cast<T>(1 - beta2);
      const T eps = static_cast<T>(options_.eps), scale = static_cast<T>(input.grad_scale);
      T* const w = params.values().data<T>();
      const T* const grad = params.grads().data<T>();
      T* const m = slot<T>(0);
      T* const v = slot<T>(1);
#pragma omp simd
      for (int64_t i = run.begin; i < run.end; ++i) {
        const T value = w[i];
        const T g = grad[i] * scale + coupled * value;
        m[i] = b1 * m[i] + one_minus_b1 * g;
        v[i] = b2 * v[i] + one_minus_b2 * (g * g);
        w[i] = value * shrink - step_size * (m[i] / (std::sqrt(v[i]) / root_correction + eps));
      }
    });
  }

 private:
  Options options_;
};

const RegisterOptimizer<AdamFamily<AdamOptions, false>> adam(
    "adam", "adaptive moments; weight decay joins the gradient",
    "Kingma, Ba 2014, arXiv:1412.6980");
const RegisterOptimizer<AdamFamily<AdamwOptions, true>> adamw(
    "adamw", "adaptive moments with decoupled weight decay",
    "Loshchilov, Hutter 2017, arXiv:1711.05101");

}  // namespace
}  // namespace norma
