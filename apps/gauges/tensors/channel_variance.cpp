#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class ChannelVarianceGauge final : public TensorGauge {
  void prepare(TensorSight::Parts& parts) const override { parts.channels = true; }
  Json of(const TensorSight& x) const override { return x.channel_variance(); }
};

const RegisterProbeGauge<ChannelVarianceGauge> registered_channel_variance(
    "channel_variance", "how far channels vary about their own means",
    "Brock, De, Smith 2021, arXiv:2101.08692, section 3",
    "mean over the channels c of Var[x_c], over samples and positions, padding included", "module");

}  // namespace
}  // namespace norma
