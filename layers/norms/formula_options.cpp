#include "layers/norms/formula_options.h"

#include <nlohmann/json.hpp>

#include "core/config/config.h"

namespace norma {
namespace {

using expression::FormulaText;
using expression::Mistake;
using Mistakes = std::vector<Mistake>;

void read_statistics(const Json& stat, FormulaText& text, Mistakes& mistakes) {
  if (stat.is_null()) return;
  if (stat.is_string()) return text.stats.push_back({"r", stat.get<std::string>()});
  if (!stat.is_object() || stat.empty()) {
    mistakes.push_back({"stat", "a text, an object of texts by name, or null"});
    return;
  }
  for (const auto& [name, formula] : stat.items()) {
    if (formula.is_string())
      text.stats.push_back({name, formula.get<std::string>()});
    else
      mistakes.push_back({"stat", "a text for " + name});
  }
}

void read_constants(const Json& constants, FormulaText& text, Mistakes& mistakes) {
  if (!constants.is_object())
    return mistakes.push_back({"constants", "an object of numbers by name"});
  for (const auto& [name, value] : constants.items()) {
    if (value.is_number())
      text.constants.push_back({name, value.get<double>()});
    else
      mistakes.push_back({"constants", "a number for " + name});
  }
}

// {"init": 1, "per": "channel"}, both optional.
void read_param(const std::string& name, const Json& given, FormulaText& text, Mistakes& mistakes) {
  FormulaText::Param param{.name = name};
  const auto mistake = [&](const std::string& expected) {
    mistakes.push_back({"params", expected + " of " + name});
  };
  if (!given.is_object())
    return mistakes.push_back({"params", R"(an object {"init": …, "per": …} for )" + name});
  for (const auto& [key, value] : given.items()) {
    if (key == "init" && value.is_number())
      param.init = value.get<double>();
    else if (key == "init")
      mistake("a number as init");
    else if (key == "per" && (value == "channel" || value == "scalar"))
      param.per_channel = value == "channel";
    else if (key == "per")
      mistake(R"("channel" or "scalar" as per)");
    else
      mistake("init and per as all there is to say, not " + key + ",");
  }
  text.params.push_back(param);
}

}  // namespace

FormulaOptions::FormulaOptions()
    : stat(std::make_shared<Json>()),
      params(std::make_shared<Json>(Json::object())),
      constants(std::make_shared<Json>(Json::object())) {}

void FormulaOptions::describe(Fields& f) {
  f.choice("domain", domain, {"row", "group", "sample_channel", "channel", "none"},
           "which elements share a statistic");
  f.integer("groups", groups, "where the domain is group: how many; divides the channels",
            {.min = 1});
  f.json("stat", *stat,
         "the statistic r, of m, v (biased), ms (mean square) and n, or several by name; null: "
         "rsqrt(v + eps)");
  f.text("map", map, "y of an element x, of u = x - m, statistics, parameters and constants");
  f.json("params", *params,
         R"(what is learned besides w = 1 and b = 0, by name: {"init": 1, "per": "channel"})"
         R"( or "scalar")");
  f.json("constants", *constants, "numbers by name, besides eps = 1e-5");
  tracking.describe(f);
  Mistakes mistakes;
  const FormulaText said = text(mistakes);
  compiled = compile(said, mistakes);
  for (const Mistake& each : mistakes) f.rule(false, each.part, each.expected);
}

Domain FormulaOptions::shared_by() const {
  if (domain == "none") return Domain::none();
  if (domain == "row") return Domain::row();
  if (domain == "group") return Domain::group(groups);
  return domain == "channel" ? Domain::channel() : Domain::sample_channel();
}

FormulaText FormulaOptions::text(Mistakes& mistakes) const {
  const Domain by = shared_by();
  FormulaText said;
  said.shares = by.kind == Domain::Kind::kNone  ? FormulaText::Shares::kNothing
                : by.kind == Domain::Kind::kRow ? FormulaText::Shares::kRow
                                                : FormulaText::Shares::kChannel;
  said.running = by.kind == Domain::Kind::kChannel && tracking.track;
  said.map = map;
  read_statistics(*stat, said, mistakes);
  read_constants(*constants, said, mistakes);
  if (params->is_object()) {
    for (const auto& [name, given] : params->items()) read_param(name, given, said, mistakes);
  } else {
    mistakes.push_back({"params", "an object of parameters by name"});
  }
  return said;
}

}  // namespace norma
