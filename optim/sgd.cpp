// Stochastic gradient descent with momentum, as PyTorch writes it: the first step's momentum is the
// gradient itself, and weight decay joins the gradient.
// Nesterov's form: Sutskever, Martens, Dahl, Hinton 2013.
#include "optim/optimizer.h"

namespace norma {
namespace {

class Sgd final : public Optimizer {
 public:
  struct Options {
    double lr = 0.1, momentum = 0, dampening = 0, weight_decay = 0;
    bool nesterov = false;
    DecayKinds decay;
    void describe(Fields& f) {
      f.number("lr", lr, "learning rate", {.min = 0});
      f.number("momentum", momentum, "memory of earlier gradients", {.min = 0, .below = 1});
      f.number("dampening", dampening, "share of the gradient kept out of the momentum",
               {.min = 0, .max = 1});
      f.flag("nesterov", nesterov, "look ahead along the momentum");
      f.number("weight_decay", weight_decay, "strength of weight decay", {.min = 0});
      f.object(
          "decay", [&](Fields& inner) { decay.describe(inner); }, "what weight decay shrinks");
      f.rule(!nesterov || (momentum > 0 && dampening == 0), "nesterov",
             "a `momentum` above 0 and no `dampening` beside it");
    }
  };
  Sgd(const Options& options, const ParamSet& params)
      : Optimizer(params, options.decay,
                  options.momentum > 0 ? std::vector<std::string>{"momentum"}
                                       : std::vector<std::string>{}),
        options_(options) {}

 protected:
  void update(const Run& run, const ParamSet& params, const StepInput& input) override {
    with_float_type(params.dtype(), [&]<class T>() {
      const T lr = static_cast<T>(input.lr), scale = static_cast<T>(input.grad_scale);
      const T decay = run.decays ? static_cast<T>(options_.weight_decay) : T(0);
      T* const w = params.values().data<T>();
      const T* const grad = params.grads().data<T>();
      if (options_.momentum == 0) {
#pragma omp simd
        for (int64_t i = run.begin; i < run.end; ++i) w[i] -= lr * (grad[i] * scale + decay * w[i]);
        return;
      }
      const bool first = steps() == 1;
      const T keep = first ? T(0) : static_cast<T>(options_.momentum);
      const T take = first ? T(1) : static_cast<T>(1 - options_.dampening);
      const T ahead = static_cast<T>(options_.momentum);
      const bool nesterov = options_.nesterov;
      T* const momentum = slot<T>(0);
#pragma omp simd
      for (int64_t i = run.begin; i < run.end; ++i) {
        const T g = grad[i] * scale + decay * w[i];
        momentum[i] = keep * momentum[i] + take * g;
        w[i] -= lr * (nesterov ? g + ahead * momentum[i] : momentum[i]);
      }
    });
  }

 private:
  Options options_;
};

const RegisterOptimizer<Sgd> registered_sgd("sgd", "gradient descent with momentum",
                                            "Sutskever et al. 2013; torch.optim.SGD");

}  // namespace
}  // namespace norma
