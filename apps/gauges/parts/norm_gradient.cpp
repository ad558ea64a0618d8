#include <cmath>
#include <ranges>

#include "apps/gauges/probe/probe_gauge.h"
#include "layers/norms/gradient_parts.h"

namespace norma {
namespace {

class NormGradient final : public ProbeGauge, public TapeObserver, public NormObserver {
 public:
  TapeObserver* observer() override { return this; }
  void on_norm_backward(const std::string& path, const GradientParts& parts) override {
    Seen& seen = seen_at(seen_, path);
    seen.type = parts.type;
    seen.projection = projection_text(parts);
    seen.of_weight = parts.of_weight;
    ++seen.times;
    for (size_t i = 0; i < seen.sums.size(); ++i) seen.sums[i] += part_gauges()[i].of(parts);
  }
  void read(const Sight& sight, ProbeRecord& record) override {
    // Backwards come in reverse.
    for (const Seen& seen : seen_ | std::views::reverse) {
      Json& line = record.part("norms", seen.path)[name];
      line = {{"type", seen.type}, {"of_weight", seen.of_weight}, {"projection", seen.projection}};
      for (size_t i = 0; i < seen.sums.size(); ++i) {
        if (std::isnan(seen.sums[i])) continue;  // does not apply
        // Those of the summed loss until they are divided by its targets.
        const double scale = part_gauges()[i].is_length ? sight.grad_scale() : 1;
        line[part_gauges()[i].name] = scale * seen.sums[i] / static_cast<double>(seen.times);
      }
    }
  }

 private:
  struct Seen {
    std::string path, type, projection;
    bool of_weight = false;
    int64_t times = 0;
    std::vector<double> sums = std::vector<double>(part_gauges().size());
  };
  std::vector<Seen> seen_;
};

const RegisterProbeGauge<NormGradient> registered_norm_gradient(
    "norm_gradient", "what a norm does to the gradient, stage by stage", "",
    "of the gradient of the mean loss, a mean over the norm's backwards: its length incoming, "
    "through_gamma (times γ), direct (times the gain, 1/σ as a rule), along_one and along_u (what "
    "the statistics' ways back add), outgoing; the gain over cells; share_one and share_u of the "
    "direct gradient's square that lie along 1 and x̂, beside the baseline 1/n of a random "
    "direction; left_u, the ε-leak, and what the formula predicts; layer --parts shows the same",
    "norm");

}  // namespace
}  // namespace norma
