#include <cmath>

#include "apps/gauges/gauge.h"

namespace norma {
namespace {

class LastFfnGradNorm final : public Gauge {
 public:
  void see_gradients(ParamSet& params, double targets) override {
    const Param* last = nullptr;
    for (const Param& param : params.params())
      if (param.name.ends_with(".ffn.down.weight")) last = &param;
    if (!last) return;
    double squares = 0;
    for (const double each : last->grad.to_vector()) squares += each * each;
    norm_ = {std::sqrt(squares) / targets};
  }
  std::vector<double> values() const override {
    if (norm_.empty())
      throw Error("this model has no feed-forward with a weight of its own (…ffn.down.weight)");
    return norm_;
  }

 private:
  std::vector<double> norm_;
};

const RegisterGauge<LastFfnGradNorm> registered_last_ffn_grad_norm(
    "last_ffn_grad_norm",
    "how large the gradient is of the second weight of the last block's feed-forward",
    "Xiong et al. 2020, arXiv:2002.04745, theorem 1",
    "‖∂L/∂W‖ (Frobenius), L the mean loss over the targets of a batch, terms that layers add "
    "included",
    "model");

}  // namespace
}  // namespace norma
