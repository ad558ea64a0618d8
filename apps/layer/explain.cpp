#include "apps/layer/explain.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "apps/common/terminal.h"
#include "apps/layer/catalogue.h"
#include "apps/layer/properties.h"
#include "core/config/config.h"
#include "layers/norms/norm.h"
#include "layers/residual/placement.h"
#include "layers/weights/reparam.h"

namespace norma {
namespace {

std::string shared_by(const NormDefinition& norm) {
  if (norm.traits.mixes_domains) return "several domains, each as the formula says";
  switch (norm.domain.kind) {
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

template <class... Args>
std::string printed(const char* format, Args... args) {
  char text[256];
  std::snprintf(text, sizeof text, format, args...);
  return text;
}

// What the norm learns over some channels, all of it: its parts' too.
std::string learned_by(const Spec& spec, const NormDefinition& norm) {
  constexpr int64_t kChannels = 32;
  ParamSet params(DType::kFloat64, 1);
  const std::unique_ptr<Norm> made = make_norm(Scope(params), spec, kChannels);
  params.materialize();
  std::string learned;
  for (const auto& param : params.params()) {
    const bool by_width = std::any_of(
        norm.params.begin(), norm.params.end(),
        [&](const NormParam& each) { return each.times_root_width && param.name == each.name; });
    const int64_t numbers = param.numel();
    const std::string size = numbers == kChannels ? "one a channel"
                             : numbers == 1       ? "one number"
                                                  : std::to_string(numbers) + " numbers";
    const double start = param.value.to_vector()[0];
    learned += (learned.empty() ? "" : ", ") + param.name + " (" + size + ", starts at " +
               (by_width ? "√channels" : printed("%g", start)) + ")";
  }
  return learned.empty() ? "nothing" : learned;
}

// The options that each convention of a type changes, and to what.
std::string conventions_of(const Entry& entry) {
  const Json own = *make_spec(Json(entry.type), norm_registry(), entry.type).options;
  std::string all;
  const std::vector<OptionHelp> options = options_help(entry);
  const auto found = std::find_if(options.begin(), options.end(), [](const OptionHelp& option) {
    return option.name == "convention";
  });
  if (found == options.end()) return "";
  for (const std::string& name : found->choices) {
    const Json theirs =
        *make_spec(Json{{"type", entry.type}, {"convention", name}}, norm_registry(), entry.type)
             .options;
    std::string changed;
    for (const auto& [option, value] : theirs.items())
      if (option != "convention" && value != own[option])
        changed += (changed.empty() ? " " : ", ") + option + " " + value.dump();
    all += (all.empty() ? "" : "; ") + name + (changed.empty() ? " as above" : changed);
  }
  return all;
}

// The initial weights that a placement asks for, at a depth where formulas show.
std::string initial_weights(const Recipe& recipe) {
  const InitialDeviations& init = recipe.init;
  return printed("query, key %.3g; value %.3g; attention out %.3g; ffn in %.3g; ffn out %.3g",
                 init.query_key, init.value, init.attention_out, init.ffn_in, init.ffn_out);
}

// A fact about a type, beside its summary, source and options.
struct Fact {
  std::string name, text;
};

struct Explanation {
  Listed listed;
  std::vector<Fact> facts = {};
  std::vector<Property> properties = {};
};

Explanation explained(const std::string& type) {
  Explanation all{.listed = listed(type)};
  if (norm_registry().find(type)) {
    const Spec spec = make_spec(Json(type), norm_registry(), type);
    const NormDefinition norm = norm_registry().at(type).define(spec);
    all.facts = {{"statistic shared by", shared_by(norm)}, {"learned", learned_by(spec, norm)}};
    if (std::string text = conventions_of(*norm_registry().find(type)); !text.empty())
      all.facts.push_back({"defaults by convention", std::move(text)});
    if (norm.traits.approximate_backward)
      all.facts.push_back({"backward", "approximate: not the derivative of the forward"});
    if (norm.traits.detaches)
      all.facts.push_back({"backward",
                           "takes some statistics as constants, and so do the "
                           "differences that it is held against"});
    all.properties = properties_of_norm(spec);
  } else if (reparam_registry().find(type)) {
    all.properties = properties_of_reparam(make_spec(Json(type), reparam_registry(), type));
  } else if (placement_registry().find(type)) {
    const Recipe recipe = recipe_of(make_spec(Json(type), placement_registry(), type),
                                    {.layers = 12, .init_std = 0.02});
    all.facts = {{"initial deviations at 12 layers, init_std 0.02", initial_weights(recipe)},
                 {"norm behind the last block", recipe.final_norm ? "yes" : "no"}};
    if (recipe.condition) all.facts.push_back({"needs", "a model's `condition`"});
  }
  return all;
}

std::string figure(double value) { return std::isnan(value) ? "" : printed("%.1e", value); }

}  // namespace

std::string explanation_text(const std::string& type) {
  const Explanation all = explained(type);
  const Entry& entry = *all.listed.entry;
  std::string text =
      stdout_terminal().styled(entry.type, Style::kBold) + ": " + entry.summary + "\n";
  if (!entry.source.empty()) text += "Source: " + entry.source + "\n";
  const std::vector<OptionHelp> options = options_help(entry);
  if (!options.empty()) text += "\nOptions\n";
  for (const OptionHelp& option : options)
    text += "  " + padded(option.name, 22) +
            padded(option.default_value.empty() ? "required" : option.default_value, 14) +
            option.help + "\n";
  if (!all.facts.empty()) text += "\n";
  for (Fact fact : all.facts) {
    fact.name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(fact.name[0])));
    text += fact.name + ": " + fact.text + "\n";
  }
  if (!all.properties.empty())
    text += "\nMeasured now, in float64 (the largest change, in units of the largest value)\n";
  for (const Property& property : all.properties)
    text += "  " + padded(property.name, 22) + padded(figure(property.figure), 10) +
            property.answer + "\n";
  return text;
}

std::string explanation_json(const std::string& type) {
  const Explanation all = explained(type);
  const Entry& entry = *all.listed.entry;
  Json facts = Json::object(), measured = Json::object();
  for (const Fact& fact : all.facts) facts[fact.name] = fact.text;
  for (const Property& property : all.properties)
    measured[property.name] = {
        {"answer", property.answer},
        {"figure", std::isnan(property.figure) ? Json() : Json(property.figure)}};
  return format_json(Json{{"type", entry.type},
                          {"kind", all.listed.kind},
                          {"summary", entry.summary},
                          {"source", entry.source},
                          {"facts", facts},
                          {"measured", measured}}) +
         "\n";
}

}  // namespace norma
