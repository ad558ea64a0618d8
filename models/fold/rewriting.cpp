#include "models/fold/rewriting.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "core/config/config.h"

namespace norma {
namespace {

// Rewriting moves float64 outputs by rounding alone: about 1e-15, times what the model makes of it.
constexpr double kRounding = 1e-9;

}  // namespace

void FoldStep::count(const std::string& path, const std::string& reason) {
  if (reason.empty()) {
    ++modules;
    return;
  }
  std::string line = path + ": " + reason;
  if (std::ranges::find(left, line) == left.end()) left.push_back(std::move(line));
}

bool stands_under(const std::set<std::string>& paths, const std::string& name) {
  for (size_t dot = name.find('.'); dot != std::string::npos; dot = name.find('.', dot + 1))
    if (paths.contains(name.substr(0, dot))) return true;
  return paths.contains(name);
}

std::string in_one_line(const Error& error) {
  if (const auto* config = dynamic_cast<const ConfigError*>(&error))
    return config->faults().front().str();
  return error.what();
}

Rewriting::Rewriting(const TrainedModel& trained, const ModelInput& extents,
                     const FoldSample& sample, DType precision)
    : extents_(extents),
      sample_(sample),
      precision_(precision),
      model_(trained),
      exact_(Built(trained, extents, DType::kFloat64).output(sample)),
      rounded_(rounded(trained, exact_)) {}

Tensor Rewriting::rounded(const TrainedModel& model, const Tensor& exact) const {
  if (precision_ == DType::kFloat64) return exact;
  return Built(model, extents_, precision_).output(sample_);
}

Spec Rewriting::spec_of(const Json& options) const {
  return make_spec(options, model_registry(), model_.spec.type);
}

std::set<std::string> Rewriting::names_of(const Json& options) const {
  return state_names(spec_of(options), extents_);
}

std::string Rewriting::take(const Json& options, const State& state,
                            const std::set<std::string>& gone, FoldStep& step) {
  TrainedModel changed{spec_of(options), {}};
  for (const std::string& name : state_names(changed.spec, extents_)) {
    const auto found = state.find(name);
    if (found == state.end()) return "nothing is known of \"" + name + "\", which it would need";
    changed.state.insert(*found);
  }
  for (const auto& [name, value] : state)
    if (!changed.state.contains(name) && !stands_under(gone, name))
      return "\"" + name + "\" would be lost";
  const Tensor exact = Built(changed, extents_, DType::kFloat64).output(sample_);
  const double moved = deviation(exact_, exact, sample_, extents_);
  if (std::isnan(moved)) return "the outputs are not finite";
  if (moved > kRounding) {
    char text[100];
    std::snprintf(text, sizeof text, "the outputs would change by %.1e of the largest", moved);
    return text;
  }
  const Tensor now = rounded(changed, exact);
  step.deviation = deviation(rounded_, now, sample_, extents_);
  rounded_ = now;
  model_ = std::move(changed);
  return "";
}

}  // namespace norma
