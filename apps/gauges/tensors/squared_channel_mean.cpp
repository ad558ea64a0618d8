#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class SquaredChannelMean final : public TensorGauge {
  void prepare(TensorSight::Parts& parts) const override { parts.channels = true; }
  Json of(const TensorSight& x) const override {
    double sum = 0;
    for (const double mean : x.channel_means()) sum += mean * mean;
    return sum / static_cast<double>(x.channel_means().size());
  }
};

const RegisterProbeGauge<SquaredChannelMean> registered_squared_channel_mean(
    "squared_channel_mean", "how far whole channels have shifted",
    "Brock, De, Smith 2021, arXiv:2101.08692, section 3",
    "mean over the channels c of (E[x_c])², E over samples and positions, padding included",
    "module");

}  // namespace
}  // namespace norma
