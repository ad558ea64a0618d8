#include "apps/gauges/probe/presets.h"

#include <algorithm>

namespace norma {
namespace {

std::vector<std::string> together(std::vector<std::string> names,
                                  const std::vector<std::string>& more) {
  for (const std::string& name : more)
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  return names;
}

std::vector<ProbePreset> made_presets() {
  const std::vector<std::string> light{
      // of outputs and gradients
      "mean", "variance", "rms", "kurtosis", "largest", "norm", "squared_channel_mean",
      "channel_variance", "dead",
      // of parameters
      "param_norm", "grad_norm", "grad_to_weight", "radial", "gain", "scalar", "agc_clipped",
      "update_to_weight", "rotation",
      // of joins, attentions and norms
      "branch_share", "gate", "attention_entropy", "largest_logit", "saturated", "statistics_gap"};

  const std::vector<std::string> only_full{
      "histogram",           "cosine",        "effective_rank",  "norm_gradient",
      "spectral_norm_error", "stream_square", "stream_variance", "branch_variance"};
  return {{"light", 100, light}, {"full", 500, together(light, only_full)}};
}

}  // namespace

const std::vector<ProbePreset>& probe_presets() {
  static const std::vector<ProbePreset> presets = made_presets();
  return presets;
}

std::vector<std::string> asked_gauges(const ProbeOptions& options) {
  std::vector<std::string> names;
  for (const ProbePreset& preset : probe_presets())
    if (options.preset == preset.name) names = preset.gauges;
  return together(std::move(names), options.gauges.get<std::vector<std::string>>());
}

int64_t asked_period(const ProbeOptions& options) {
  for (const ProbePreset& preset : probe_presets())
    if (options.preset == preset.name) return options.every.value_or(preset.every);
  return options.every.value_or(probe_presets().front().every);
}

}  // namespace norma
