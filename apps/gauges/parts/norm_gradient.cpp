#include <algorithm>
#include <cmath>
#include <ranges>

#include "apps/gauges/probe/probe_gauge.h"
#include "layers/norms/gradient_parts.h"

namespace norma {
namespace {

// Lengths of gradients, which are those of the summed loss until they are divided by its targets.
bool is_length(std::string_view gauge) {
  constexpr std::string_view kLengths[] = {
      "incoming", "through_gamma", "direct", "along_one", "along_u", "outgoing", "length_gradient"};
  return std::ranges::find(kLengths, gauge) != std::end(kLengths);
}

class NormGradient final : public ProbeGauge, public TapeObserver, public NormObserver {
 public:
  TapeObserver* observer() override { return this; }
  void on_norm_backward(const std::string& path, const GradientParts& parts) override {
    auto seen = std::ranges::find(seen_, path, &Seen::path);
    if (seen == seen_.end()) seen = seen_.insert(seen, Seen(path, parts));
    ++seen->times;
    for (size_t i = 0; i < seen->sums.size(); ++i) seen->sums[i] += part_gauges()[i].of(parts);
  }
  void read(const Sight& sight, ProbeRecord& record) override {
    // Backwards come in reverse.
    for (const Seen& seen : seen_ | std::views::reverse) {
      Json& line = record.part("norms", seen.path)[name];
      line = {{"type", seen.type}, {"of_weight", seen.of_weight}, {"projection", seen.projection}};
      for (size_t i = 0; i < seen.sums.size(); ++i) {
        if (std::isnan(seen.sums[i])) continue;  // does not apply
        const double scale = is_length(part_gauges()[i].name) ? sight.grad_scale() : 1;
        line[part_gauges()[i].name] = scale * seen.sums[i] / static_cast<double>(seen.times);
      }
    }
  }

 private:
  struct Seen {
    Seen(const std::string& where, const GradientParts& parts)
        : path(where),
          type(parts.type),
          projection(projection_text(parts)),
          of_weight(parts.of_weight),
          sums(part_gauges().size()) {}
    std::string path, type, projection;
    bool of_weight;
    int64_t times = 0;
    std::vector<double> sums;
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
