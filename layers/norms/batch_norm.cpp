// Batch normalization: every channel is standardized over all samples and positions of the batch;
// in eval by running statistics. Normalizes by the biased, tracks the unbiased variance, as
// PyTorch. Ioffe, Szegedy 2015, arXiv:1502.03167.
#include "layers/norms/affine.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

struct BatchNorm : AffinePair {
  double eps = 1e-5;
  Running tracking;
  void describe(Fields& f) {
    f.number("eps", eps, "added to the variance", {.min = 0});
    f.maybe_number(
        "momentum", tracking.momentum,
        "weight of the new value in the running statistics; null: the mean over all steps",
        {.min = 0, .max = 1});
    f.flag("track_running_stats", tracking.track, "keep running statistics and use them in eval");
    describe_affine(f);
  }
  Running running() const { return tracking; }

  static constexpr int kStats = 1;
  static constexpr bool kCentred = true;
  static constexpr Domain domain() { return Domain::channel(); }
  auto table(const auto& m) const { return rsqrt(m.variance() + eps); }
  static auto map(auto, auto u, auto rstd, auto weight, auto bias) {
    return u * rstd * weight + bias;
  }
  static auto partials(auto, auto u, auto rstd, auto weight, auto) {
    return std::tuple(kZero, rstd * weight, u * weight, u * rstd, decltype(u)(1));
  }
};

const RegisterNorm<BatchNorm> registered("batch_norm", "γ (x − mean)/√(var + ε) + β over the batch",
                                         "Ioffe, Szegedy 2015, arXiv:1502.03167");

}  // namespace
}  // namespace norma
