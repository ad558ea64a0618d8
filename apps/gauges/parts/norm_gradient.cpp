#include <algorithm>
#include <cmath>
#include <ranges>

#include "apps/gauges/probe/probe_gauge.h"
#include "layers/norms/gradient_parts.h"

namespace norma {
namespace {

// What its ways back take out, in a word or two: the sentence of projection_text says it in full.
const char* kind_of(const GradientParts& parts) {
  switch (parts.projection) {
    case Projection::kOrthogonal:
      return parts.centred ? "two projections" : "one projection";
    case Projection::kOblique:
      return "oblique projection";
    case Projection::kPointwise:
      return "pointwise";
    default:
      return "no projection";
  }
}

void add_to(LogHistogram& sum, const LogHistogram& more) {
  sum.zeros += more.zeros;
  sum.not_finite += more.not_finite;
  if (more.counts.empty()) return;
  if (sum.counts.empty()) sum.first_quarter = more.first_quarter;
  const int first = std::min(sum.first_quarter, more.first_quarter);
  sum.counts.insert(sum.counts.begin(), static_cast<size_t>(sum.first_quarter - first), 0);
  sum.first_quarter = first;
  const auto offset = static_cast<size_t>(more.first_quarter - first);
  sum.counts.resize(std::max(sum.counts.size(), offset + more.counts.size()));
  for (size_t i = 0; i < more.counts.size(); ++i) sum.counts[offset + i] += more.counts[i];
}

class NormGradient final : public ProbeGauge, public TapeObserver, public NormObserver {
 public:
  TapeObserver* observer() override { return this; }
  void on_norm_backward(const std::string& path, const GradientParts& parts) override {
    Seen& seen = seen_at(seen_, path);
    seen.type = parts.type;
    seen.kind = kind_of(parts);
    seen.projection = projection_text(parts);
    seen.of_weight = parts.of_weight;
    ++seen.times;
    for (size_t i = 0; i < seen.sums.size(); ++i) seen.sums[i] += part_gauges()[i].of(parts);
    seen.pointwise = parts.projection == Projection::kPointwise;
    if (seen.pointwise) add_to(seen.slopes, parts.gain.histogram);
  }
  void read(const Sight& sight, ProbeRecord& record) override {
    // Backwards come in reverse.
    for (const Seen& seen : seen_ | std::views::reverse) {
      Json& line = record.part("norms", seen.path)[name];
      line = {{"type", seen.type},
              {"of_weight", seen.of_weight},
              {"kind", seen.kind},
              {"projection", seen.projection}};
      for (size_t i = 0; i < seen.sums.size(); ++i) {
        if (std::isnan(seen.sums[i])) continue;  // does not apply
        // Those of the summed loss until they are divided by its targets.
        const double scale = part_gauges()[i].is_length ? sight.grad_scale() : 1;
        line[part_gauges()[i].name] = scale * seen.sums[i] / static_cast<double>(seen.times);
      }
      if (seen.pointwise)
        line["slopes"] = {{"first_quarter", seen.slopes.first_quarter},
                          {"counts", seen.slopes.counts},
                          {"zeros", seen.slopes.zeros},
                          {"not_finite", seen.slopes.not_finite}};
    }
  }

 private:
  struct Seen {
    std::string path, type, kind, projection;
    bool of_weight = false, pointwise = false;
    LogHistogram slopes;
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
    "direction; left_u, the ε-leak, and what the formula predicts; of a pointwise map the slopes "
    "of all elements, counted by quarters of a decade; layer --parts shows the same",
    "norm");

}  // namespace
}  // namespace norma
