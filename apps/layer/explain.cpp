#include "apps/layer/explain.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/common/terminal.h"
#include "core/config/config.h"
#include "core/rng.h"
#include "layers/layer_run.h"
#include "layers/loss.h"
#include "layers/norms/norm.h"

namespace norma {
namespace {

std::string kind_of(const Entry& entry) {
  if (norm_registry().find(entry.type)) return "norm";
  return loss_registry().find(entry.type) ? "loss" : "layer";
}

std::string shared_by(const Domain& domain) {
  switch (domain.kind) {
    case Domain::Kind::kNone:
      return "nothing: a pointwise map without statistics";
    case Domain::Kind::kRow:
      return "the channels of one position";
    case Domain::Kind::kGroup:
      return "a group of channels at all positions of a sample";
    case Domain::Kind::kSampleChannel:
      return "the positions of one channel of a sample";
    case Domain::Kind::kChannel:
      return "one channel at all positions of the batch; in eval, running statistics if tracked";
  }
  return "";
}

// The largest error of ∂L/∂input against central differences, L a random weighting of the output,
// relative to the largest gradient.
double gradient_error(const Spec& spec) {
  constexpr int64_t kChannels = 32;
  RandomSequence random(RandomStream(2, stable_hash(spec.type)));
  const auto filled = [&](const Shape& shape) {
    const Tensor tensor = Tensor::empty(shape, DType::kFloat64);
    for (int64_t i = 0; i < tensor.numel(); ++i) tensor.data<double>()[i] = random.normal();
    return tensor;
  };
  const Shape shape{3, 4, kChannels};
  NamedTensors in{{"input", filled(shape)}, {"grad_output", filled(shape)}};
  const LayerRunOptions options{.dtype = DType::kFloat64};
  const Tensor grad = run_layer(spec, in, options).at("grad_input");
  const auto loss = [&] {
    const Tensor y = run_layer(spec, in, options).at("output");
    double sum = 0;
    for (int64_t i = 0; i < y.numel(); ++i)
      sum += y.data<double>()[i] * in["grad_output"].data<double>()[i];
    return sum;
  };
  double worst = 0, largest = 0;
  constexpr double kStep = 1e-5;
  for (int64_t i = 0; i < grad.numel(); i += 7) {
    double& x = in["input"].data<double>()[i];
    const double kept = x;
    x = kept + kStep;
    const double above = loss();
    x = kept - kStep;
    const double below = loss();
    x = kept;
    worst = std::max(worst, std::abs((above - below) / (2 * kStep) - grad.data<double>()[i]));
    largest = std::max(largest, std::abs(grad.data<double>()[i]));
  }
  return worst / largest;
}

std::string explain_norm(const Spec& spec) {
  const NormDefinition norm = norm_registry().at(spec.type).define(spec);
  std::string learned;
  for (const NormParam& param : norm.params) {
    if (!param.present) continue;
    char line[96];
    std::snprintf(line, sizeof line, " %s (%s, starts at %g%s)", param.name,
                  param.scalar ? "one number" : "one a channel", param.initial,
                  param.times_root_width ? "·√channels" : "");
    learned += line;
  }
  std::string text = "\nStatistic shared by: " + shared_by(norm.domain) +
                     "\nLearned:" + (learned.empty() ? " nothing" : learned);
  char line[128];
  std::snprintf(line, sizeof line,
                "\nGradient against central differences in float64, measured now: %.1e\n",
                gradient_error(spec));
  return text + line;
}

}  // namespace

std::string layer_list() {
  std::string text;
  for (const char* kind : {"layer", "norm", "loss"}) {
    text += stdout_terminal().styled(std::string(kind) + (std::string(kind) == "loss" ? "es" : "s"),
                                     Style::kBold) +
            "\n";
    for (const Entry* entry : layer_registry().entries())
      if (kind_of(*entry) == kind) text += "  " + padded(entry->type, 20) + entry->summary + "\n";
  }
  return text;
}

std::string layer_list_json() {
  Json list = Json::array();
  for (const Entry* entry : layer_registry().entries()) {
    Json options = Json::array();
    for (const OptionHelp& option : options_help(*entry))
      options.push_back({{"name", option.name},
                         {"default", option.default_value},
                         {"type", option.type},
                         {"help", option.help}});
    list.push_back({{"type", entry->type},
                    {"kind", kind_of(*entry)},
                    {"summary", entry->summary},
                    {"source", entry->source},
                    {"options", options}});
  }
  return format_json(list) + "\n";
}

std::string explain_layer(const std::string& type) {
  const Entry* const entry = layer_registry().find(type);
  if (!entry) throw_unknown_type(layer_registry(), type);
  std::string text =
      stdout_terminal().styled(entry->type, Style::kBold) + ": " + entry->summary + "\n";
  if (!entry->source.empty()) text += "Source: " + entry->source + "\n";
  const std::vector<OptionHelp> options = options_help(*entry);
  if (!options.empty()) text += "\nOptions:\n";
  for (const OptionHelp& option : options)
    text += "  " + padded(option.name, 20) +
            padded(option.default_value.empty() ? "required" : option.default_value, 14) +
            option.help + "\n";
  if (norm_registry().find(type))
    text += explain_norm(make_spec(Json(type), norm_registry(), type));
  return text;
}

}  // namespace norma
