#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class DeadGauge final : public TensorGauge {
  void prepare(TensorSight::Parts& parts) const override { parts.channels = true; }
  Json of(const TensorSight& x) const override { return x.dead_share(); }
};

const RegisterProbeGauge<DeadGauge> registered_dead(
    "dead", "channels that say nothing", "",
    "the share of channels that are exactly 0 at every sample and position of all batches probed "
    "(the record's \"batches\")",
    "module");

}  // namespace
}  // namespace norma
