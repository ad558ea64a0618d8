#include "apps/layer/parts.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "apps/common/human.h"
#include "apps/common/terminal.h"

namespace norma {
namespace {

std::string shown(double value) { return std::isnan(value) ? "-" : formatted("%.4g", value); }

std::string factor(double after, double before) {
  return before > 0 ? "×" + shown(after / before) : "";
}

std::string line(const std::string& name, const std::string& length, const std::string& more) {
  return "  " + padded(name, 26) + (more.empty() ? length : padded(length, 13) + more) + "\n";
}

std::string shares(const AlongDirection& along) {
  if (std::isnan(along.share)) return "";
  return "holds " + shown(along.share) + " of the square, a random direction " +
         shown(along.baseline);
}

std::string left_text(const AlongDirection& along) {
  if (std::isnan(along.left)) return "";
  return shown(along.left) + " of it left" +
         (std::isnan(along.predicted) ? "" : ", predicted " + shown(along.predicted));
}

std::string join(const std::string& a, const std::string& b) {
  return a.empty() || b.empty() ? a + b : a + "; " + b;
}

std::string histogram_text(const LogHistogram& histogram) {
  constexpr int64_t kWidest = 40;
  std::string text;
  if (histogram.zeros > 0) text += line("    0", std::to_string(histogram.zeros), "");
  if (histogram.counts.empty()) return text;
  const int64_t most = *std::max_element(histogram.counts.begin(), histogram.counts.end());
  for (size_t i = 0; i < histogram.counts.size(); ++i) {
    const int64_t count = histogram.counts[i];
    const double from = (histogram.first_quarter + static_cast<int>(i)) / 4.0;
    const auto bar = static_cast<size_t>((count * kWidest + most - 1) / most);
    text +=
        line("    from " + shown(std::pow(10, from)), std::to_string(count), std::string(bar, '#'));
  }
  if (histogram.not_finite > 0)
    text += line("    not finite", std::to_string(histogram.not_finite), "");
  return text;
}

std::string heading(const std::string& path, const GradientParts& parts) {
  std::string text = stdout_terminal().styled(parts.type, Style::kBold);
  if (!path.empty()) text += " at " + path;
  text += ": " + std::to_string(parts.elements) + " elements";
  if (parts.cells > 0) text += " in " + std::to_string(parts.cells) + " cells";
  return text + (parts.of_weight ? ", in the space of the weight\n" : "\n");
}

std::string table_of(const std::string& path, const GradientParts& parts) {
  const bool pointwise = parts.projection == Projection::kPointwise;
  std::string text = heading(path, parts);
  text += line("stage", "length", "");
  text += line(parts.of_weight ? "gradient of the weight" : "dy", shown(parts.incoming), "");
  text += line(parts.of_weight ? "times its learned g" : "times γ", shown(parts.through_gamma),
               factor(parts.through_gamma, parts.incoming));
  text += line(pointwise ? "times the slope" : "times the gain", shown(parts.direct),
               join(factor(parts.direct, parts.through_gamma),
                    "from " + shown(parts.gain.least) + " over " + shown(parts.gain.median) +
                        " (median) to " + shown(parts.gain.most)));
  if (!pointwise) {
    text += line("taken out along 1", shown(parts.along_one),
                 join(shares(parts.one), left_text(parts.one)));
    text +=
        line("taken out along x̂", shown(parts.along_u), join(shares(parts.u), left_text(parts.u)));
  }
  text += line(parts.of_weight ? "what is learned gets" : "dx", shown(parts.outgoing),
               factor(parts.outgoing, parts.direct));
  text += "  projection: " + projection_text(parts) + "\n";
  if (parts.stopped > 0) text += line("stopped by slope 0", shown(parts.stopped), "");
  if (!std::isnan(parts.saturated))
    text += line("saturated", shown(parts.saturated),
                 "of the elements, below a tenth of the largest slope");
  if (!std::isnan(parts.length_gradient))
    text += line("gradient of g", shown(parts.length_gradient), "");
  if (!std::isnan(parts.rounding))
    text += line("rounding of dx", shown(parts.rounding), "relative, against these terms");
  return text + (pointwise ? "  slopes\n" : "  gains\n") + histogram_text(parts.gain.histogram);
}

}  // namespace

void PartsRecord::on_norm_backward(const std::string& path, const GradientParts& parts) {
  all_.emplace_back(path, parts);
}

std::string PartsRecord::text() const {
  if (all_.empty()) return "No norm and no re-parametrized weight took part in the backward.\n";
  std::string text;
  for (const auto& [path, parts] : all_) text += (text.empty() ? "" : "\n") + table_of(path, parts);
  return text;
}

void PartsRecord::add_terms(NamedTensors& out, bool images) const {
  std::map<std::string, int> seen;
  for (const auto& [path, parts] : all_) {
    const int times = ++seen[path];
    std::string name = "part." + path + (path.empty() ? "" : ".");
    if (times > 1) name += std::to_string(times) + ".";
    const auto laid_out = [&](const Tensor& term) {
      return images && !parts.of_weight ? channels_first(term) : term;
    };
    out[name + "direct"] = laid_out(parts.direct_term);
    out[name + "along_one"] = laid_out(parts.one_term);
    out[name + "along_u"] = laid_out(parts.u_term);
  }
}

}  // namespace norma
