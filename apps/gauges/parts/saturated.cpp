#include <algorithm>
#include <cmath>

#include "apps/gauges/probe/probe_gauge.h"

namespace norma {
namespace {

class Saturated final : public ProbeGauge, public TapeObserver {
 public:
  TapeObserver* observer() override { return this; }
  bool asks_observables() const override { return true; }
  void on_observable(const std::string& path, const char* observable, const Tensor& z) override {
    if (observable != std::string_view("curve_input")) return;
    Seen& seen = seen_at(seen_, path);
    const double* const values = z.data<double>();
    seen.beyond += static_cast<double>(std::count_if(
        values, values + z.numel(), [](double value) { return std::abs(value) > kThreshold; }));
    seen.all += static_cast<double>(z.numel());
  }
  void read(const Sight&, ProbeRecord& record) override {
    for (const Seen& seen : seen_) record.part("norms", seen.path)[name] = seen.beyond / seen.all;
  }

 private:
  static constexpr double kThreshold = 2;
  struct Seen {
    std::string path;
    double beyond = 0, all = 0;
  };
  std::vector<Seen> seen_;  // in the order of the forward
};

const RegisterProbeGauge<Saturated> registered_saturated(
    "saturated", "how much of a bounded map's input lies where its slope is nearly gone",
    "Zhu et al. 2025, arXiv:2503.10622",
    "the share of numbers with |αx + s| > 2 (tanh has 7 % of its slope left there), of each map "
    "f(αx + s) that stands in the place of a norm; over all batches",
    "norm");

}  // namespace
}  // namespace norma
