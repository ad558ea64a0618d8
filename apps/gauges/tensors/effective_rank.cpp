#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class EffectiveRankGauge final : public TensorGauge {
  void prepare(TensorSight::Parts& parts) const override { parts.rank = true; }
  Json of(const TensorSight& x) const override { return x.effective_rank(); }
};

const RegisterProbeGauge<EffectiveRankGauge> registered_effective_rank(
    "effective_rank", "how many directions the channels use",
    "Roy, Vetterli 2007, EUSIPCO, The effective rank",
    "exp(−Σ p ln p), p the singular values as shares of their sum, of the matrix whose rows are "
    "positions (at most 512, evenly spaced) and whose columns are channels; mean over batches",
    "module");

}  // namespace
}  // namespace norma
