#include <algorithm>
#include <cmath>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class StatisticsGap final : public ProbeGauge, public TapeObserver {
 public:
  TapeObserver* observer() override { return this; }
  bool asks_observables() const override { return true; }
  void on_observable(const std::string& path, const char* observable,
                     const Tensor& statistics) override {
    if (observable != std::string_view("norm_statistics")) return;
    Seen& seen = seen_at(seen_, path);
    const int64_t channels = statistics.shape()[1];
    const double *const mean = statistics.data<double>(), *const second = mean + channels,
                        *const past_mean = second + channels,
                        *const past_second = past_mean + channels;
    double squares = 0, ratios = 0;
    for (int64_t c = 0; c < channels; ++c) {
      squares += (mean[c] - past_mean[c]) * (mean[c] - past_mean[c]) / past_second[c];
      ratios += std::log(second[c] / past_second[c]);
    }
    seen.mean += std::sqrt(squares / static_cast<double>(channels));
    seen.ratio += ratios / static_cast<double>(channels);
    ++seen.batches;
  }
  void read(const Sight&, ProbeRecord& record) override {
    for (const Seen& seen : seen_)
      record.part("norms", seen.path)[name] = {{"mean", seen.mean / seen.batches},
                                               {"log_ratio", seen.ratio / seen.batches}};
  }

 private:
  struct Seen {
    std::string path;
    double mean = 0, ratio = 0, batches = 0;
  };
  std::vector<Seen> seen_;  // in the order of the forward
};

const RegisterProbeGauge<StatisticsGap> registered_statistics_gap(
    "statistics_gap", "how far the statistics of a batch lie from those that evaluation goes by",
    "Ioffe 2017, arXiv:1702.03275",
    "over the channels of each norm with running statistics: the root of the mean of "
    "(m_batch − m_running)²/v_running, and the mean of ln(v_batch/v_running); v the variance, or "
    "what else the norm tracks; a mean over batches",
    "norm");

}  // namespace
}  // namespace norma
