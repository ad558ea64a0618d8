#include "layers/norms/expression/check.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/config/text_place.h"
#include "core/kernels/norm/block.h"
#include "layers/norms/expression/names.h"
#include "layers/norms/expression/parser.h"

namespace norma::expression {
namespace {

using Kind = Meaning::Kind;

constexpr size_t kMostFaultsShown = 5;  // of one text

class Check {
 public:
  Check(const FormulaText& text, std::vector<Mistake>& mistakes)
      : text_(text), mistakes_(mistakes), names_(text) {
    made_.shares = text.shares;
  }

  CheckedFormula formula() {
    declare_what_is_given();
    if (has_statistics())
      add_statistics();
    else if (!text_.stats.empty())
      mistake("stat", "null where the domain is none: nothing shares a statistic");
    made_.map = read("map", {"", text_.map}, Names::In::kMap);
    if (readable_) judge_what_is_used();
    return std::move(made_);
  }

 private:
  bool has_statistics() const { return text_.shares != FormulaText::Shares::kNothing; }
  void mistake(const char* part, std::string expected) {
    mistakes_.push_back({part, std::move(expected)});
  }
  void declare(const char* part, const std::string& name, Meaning meaning) {
    if (std::string fault = names_.declare(name, meaning); !fault.empty())
      mistake(part, std::move(fault));
  }

  // Constants and parameters; those that need not be said where their names are free.
  void declare_what_is_given() {
    for (const auto& [name, value] : text_.constants) {
      if (!std::isfinite(value)) mistake("constants", "a finite number for " + name);
      declare("constants", name, {.kind = Kind::kConstant, .value = value});
    }
    for (const FormulaText::Param& param : text_.params) add_param(param);
    const auto is_free = [&](const char* name) {
      return !names_.knows(name) &&
             std::none_of(text_.stats.begin(), text_.stats.end(),
                          [&](const FormulaText::Statistic& each) { return each.name == name; });
    };
    if (is_free("eps")) declare("constants", "eps", {.kind = Kind::kConstant, .value = 1e-5});
    for (const auto& [name, init] : {std::pair("w", 1.0), std::pair("b", 0.0)})
      if (is_free(name)) add_param({.name = name, .init = init});
  }

  void add_param(const FormulaText::Param& param) {
    static const std::set<std::string> kKept{"running_mean", "running_var", "running_mean_square",
                                             "num_batches_tracked"};
    if (!std::isfinite(param.init)) mistake("params", "a finite init for " + param.name);
    if (kKept.contains(param.name))
      mistake("params", "another name than " + param.name + ", which other state has");
    declare("params", param.name,
            {.kind = Kind::kParam, .number = static_cast<int>(made_.params.size())});
    made_.params.push_back(param);
  }

  void add_statistics() {
    std::vector<FormulaText::Statistic> stats = text_.stats;
    if (stats.empty() && has_statistics() && !names_.knows("r")) {
      stats.push_back({"r", "rsqrt(v + eps)"});
      implied_ = true;
    }
    for (const FormulaText::Statistic& each : stats) {
      // Said before its name is known, so that it cannot speak of itself.
      Expression made = read("stat", each, Names::In::kStat);
      declare("stat", each.name,
              {.kind = Kind::kStat, .number = static_cast<int>(made_.stats.size())});
      made_.stats.push_back(std::move(made));
    }
  }

  Expression read(const char* part, const FormulaText::Statistic& from, Names::In in) {
    Expression made{.name = from.name, .text = from.text, .tree = {}, .meanings = {}};
    std::vector<Fault> faults;
    made.tree = parse(from.text, faults);
    readable_ &= faults.empty();
    made.meanings = names_.meanings(made.tree, in, faults);
    std::stable_sort(faults.begin(), faults.end(),
                     [](const Fault& a, const Fault& b) { return a.offset < b.offset; });
    if (faults.size() > kMostFaultsShown) faults.resize(kMostFaultsShown);
    const std::string of =
        text_.stats.size() > 1 && in == Names::In::kStat ? "in " + from.name + ": " : std::string();
    for (const Fault& fault : faults)
      mistake(part, of + fault.expected + show_place(from.text, fault.offset));
    return made;
  }

  bool map_speaks_of(std::initializer_list<Kind> kinds) const {
    for (size_t i = 0; i < made_.map.tree.nodes.size(); ++i)
      if (made_.map.tree.nodes[i].op == Op::kName &&
          std::find(kinds.begin(), kinds.end(), made_.map.meanings[i].kind) != kinds.end())
        return true;
    return false;
  }

  void judge_what_is_used() {
    if (!map_speaks_of({Kind::kElement, Kind::kCentred}))
      mistake("map", "x, the element that is mapped, in the map");
    if (has_statistics() && !map_speaks_of({Kind::kCentred, Kind::kStat, Kind::kMean,
                                            Kind::kVariance, Kind::kMeanSquare, Kind::kCount}))
      mistake("map", "a statistic in the map; \"domain\": \"none\" where there is none");
    for (const FormulaText::Statistic& each : text_.stats) unused_is_mistake("stat", each.name);
    for (const FormulaText::Param& each : text_.params) unused_is_mistake("params", each.name);
    for (const FormulaText::Constant& each : text_.constants)
      unused_is_mistake("constants", each.name);
    leave_out_unused_params();
    if (made_.params.size() > kernels::kMaxNormParams)
      mistake("params", "at most 4 parameters, w and b included");
  }

  void unused_is_mistake(const char* part, const std::string& name) {
    if (names_.knows(name) && !names_.used(name))
      mistake(part, "a formula that uses " + name + ", or no " + name);
  }

  // Those that were not said; the others keep their order and are numbered anew.
  void leave_out_unused_params() {
    std::vector<FormulaText::Param> kept;
    std::vector<int> number(made_.params.size(), -1);
    for (size_t i = 0; i < made_.params.size(); ++i)
      if (names_.used(made_.params[i].name)) {
        number[i] = static_cast<int>(kept.size());
        kept.push_back(made_.params[i]);
      }
    for (Meaning& meaning : made_.map.meanings)
      if (meaning.kind == Kind::kParam)
        meaning.number = number[static_cast<size_t>(meaning.number)];
    made_.params = std::move(kept);
    std::set<std::string> names;
    for (const FormulaText::Param& param : made_.params)
      if (!names.insert(state_name(param.name)).second)
        mistake("params", "one parameter alone that is kept as " + state_name(param.name));
    if (implied_ && !names_.used("r")) made_.stats.clear();
  }

  const FormulaText& text_;
  std::vector<Mistake>& mistakes_;
  Names names_;
  CheckedFormula made_;
  bool readable_ = true, implied_ = false;
};

}  // namespace

CheckedFormula check(const FormulaText& text, std::vector<Mistake>& mistakes) {
  return Check(text, mistakes).formula();
}

std::string state_name(const std::string& param) {
  return param == "w" ? "weight" : param == "b" ? "bias" : param;
}

}  // namespace norma::expression
