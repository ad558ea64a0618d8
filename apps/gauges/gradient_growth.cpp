#include "apps/gauges/block_joins.h"
#include "apps/gauges/norm_outputs.h"

namespace norma {
namespace {

class GradientGrowth final : public NormOutputs {
 public:
  std::vector<double> values() const override {
    const std::vector<double> squares = from_gradients();
    if (squares.size() < 2) throw Error("this model has no two norms between which gradients flow");
    std::vector<double> growth;
    for (size_t i = 0; i + 1 < squares.size(); ++i) growth.push_back(squares[i] / squares[i + 1]);
    return growth;
  }

 private:
  double of_gradient(const Tensor& grad) const override { return mean_square(grad); }
};

const RegisterGauge<GradientGrowth> registered_gradient_growth(
    "gradient_growth", "by what factor gradients grow on their way back from norm to norm",
    "Yang et al. 2019, arXiv:1902.08129",
    "mean square of ∂L/∂x_l over that of ∂L/∂x_(l+1), x_l what the l-th norm puts out, its "
    "activation included; means over all elements and batches",
    "norm but the last");

}  // namespace
}  // namespace norma
