// Formulas made at random, and damaged ones: none does harm, every refusal says where and why, and
// what is accepted has the gradients that differences give.
#include <cctype>
#include <cmath>
#include <random>

#include "core/config/config.h"
#include "layers/norms/expression/formula.h"
#include "layers/norms/norm.h"
#include "tests/catch.h"
#include "tests/layers/norm_specs.h"
#include "tests/specimen.h"

namespace norma {
namespace {

using expression::FormulaText;
using expression::Mistake;

class FormulaMaker {
 public:
  explicit FormulaMaker(uint64_t seed) : random_(seed) {}

  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  template <size_t n>
  std::string one_of(const char* const (&words)[n]) {
    return words[below(n)];
  }

  // An expression of the grammar over some names.
  std::string expression(const std::vector<std::string>& names, int depth) {
    const auto inner = [&] { return expression(names, depth - 1); };
    if (depth == 0 || below(6) == 0)
      return below(5) == 0 ? one_of({"1", "0.5", "2.", ".25", "1e-1", "3"})
                           : names[below(names.size())];
    switch (below(9)) {
      case 0:
        return "(" + inner() + ")";
      case 1:
        return "-" + inner();
      case 2:
        return "(" + inner() + ")^" + one_of({"2", "3", "1", "0", "-1"});
      case 3:
        return one_of({"tanh", "erf", "sigmoid", "atan", "sin", "cos", "abs", "relu", "softplus",
                       "exp", "expm1", "sign"}) +
               "(" + inner() + ")";
      case 4:
        return one_of({"sqrt", "rsqrt", "log", "log1p", ""}) + "(1.5 + (" + inner() + ")^2)" +
               one_of({"", "", "^0.5", "^-0.5"});
      case 5:
        return one_of({"max", "min"}) + "(" + inner() + ", " + inner() + ")";
      case 6:
        return "select(" + inner() + one_of({" < ", " >= ", " != "}) + inner() + ", " + inner() +
               ", " + inner() + ")";
      case 7:
        return "clamp(" + inner() + ", -0.7, 0.9)";
      default:
        return inner() + one_of({" + ", " - ", " * ", " / ", "*", "-"}) + inner();
    }
  }

  std::string damaged(std::string text) {
    static const char* const kPieces[] = {
        "(",  ")", "+",    "*",      "-",  "/",      "^",        ",",       "x",
        "m",  "q", "1e",   "1e9999", "..", "tanh",   "max(",     "select(", "<",
        "==", "·", "\xff", "\x01",   " ",  "sqrt()", "((((((((", "5"};
    for (size_t edits = 1 + below(3); edits > 0 && !text.empty(); --edits) {
      const size_t at = below(text.size());
      text.replace(at, std::min(below(4), text.size() - at), kPieces[below(std::size(kPieces))]);
    }
    return text;
  }

 private:
  std::mt19937_64 random_;
};

struct RandomFormula {
  std::string domain, stat, map;
};

// Whether a name stands in a text by itself.
bool speaks_of(const std::string& text, char name) {
  const auto is_word = [&](size_t i) {
    return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_');
  };
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] == name && !is_word(i + 1) && !is_word(i - 1)) return true;
  return false;
}

RandomFormula random_formula(FormulaMaker& maker, bool damage) {
  RandomFormula made{maker.one_of({"row", "group", "sample_channel", "channel", "none"}), "", ""};
  const bool none = made.domain == "none";
  std::vector<std::string> names{"x", "x", "w", "b", "a", "eps"};
  if (!none)
    for (const char* name : {"u", "(x - m)", "r", "m", "v", "ms"}) names.emplace_back(name);
  made.map = maker.expression(names, 1 + static_cast<int>(maker.below(4)));
  if (!none && speaks_of(made.map, 'r'))
    made.stat = maker.expression({"v", "ms", "m", "eps"}, static_cast<int>(maker.below(4)));
  if (damage && !made.stat.empty() && maker.below(3) == 0)
    made.stat = maker.damaged(made.stat);
  else if (damage)
    made.map = maker.damaged(made.map);
  return made;
}

Json spec_of_formula(const RandomFormula& formula) {
  Json norm{{"type", "formula"}, {"domain", formula.domain}, {"groups", 2}, {"map", formula.map}};
  if (!formula.stat.empty()) norm["stat"] = formula.stat;
  if (speaks_of(formula.map, 'a')) norm["params"] = {{"a", {{"init", 0.8}, {"per", "scalar"}}}};
  return norm;
}

std::vector<Mistake> mistakes_of(const RandomFormula& formula) {
  FormulaText text;
  text.shares = formula.domain == "none"  ? FormulaText::Shares::kNothing
                : formula.domain == "row" ? FormulaText::Shares::kRow
                                          : FormulaText::Shares::kChannel;
  if (!formula.stat.empty()) text.stats = {{"r", formula.stat}};
  text.map = formula.map;
  if (speaks_of(formula.map, 'a')) text.params = {{"a", 0.8, false}};
  std::vector<Mistake> mistakes;
  const auto made = compile(text, mistakes);
  REQUIRE((made == nullptr) == !mistakes.empty());
  return mistakes;
}

struct WeightedOutput {
  double sum = 0, of_magnitudes = 0;
};

WeightedOutput output_at(Specimen& specimen, const Tensor& tensor, const Numbers& start,
                         const Numbers& direction, double distance) {
  for (size_t i = 0; i < start.size(); ++i)
    tensor.data<double>()[i] = start[i] + distance * direction[i];
  specimen.touch();
  const Tensor output = specimen.forward_only();
  const Numbers y = output.to_vector();
  const Numbers weight = specimen.output_weights(output.shape()).to_vector();
  WeightedOutput of_all;
  for (size_t i = 0; i < y.size(); ++i) {
    of_all.sum += weight[i] * y[i];
    of_all.of_magnitudes += std::abs(weight[i] * y[i]);
  }
  return of_all;
}

enum class SlopeVerdict { kAgrees, kDiffers, kNoDigits };

// The slope along a random direction against differences of two sizes, which must agree between
// themselves, and be more than the rounding of the sum: else a corner is near, or numbers are so
// large that no digit is left.
SlopeVerdict verdict_on_slope(Specimen& specimen, const Tensor& tensor, const Numbers& grad,
                              const std::string& name) {
  constexpr double kStep = 1e-5;
  const Numbers start = tensor.to_vector();
  const Numbers direction = normal_numbers(name + " direction", std::ssize(start));
  const auto difference = [&](double step) {
    return (output_at(specimen, tensor, start, direction, step).sum -
            output_at(specimen, tensor, start, direction, -step).sum) /
           (2 * step);
  };
  const double coarse = difference(2 * kStep), fine = difference(kStep);
  const double rounding =
      output_at(specimen, tensor, start, direction, 0).of_magnitudes * 1e-15 / kStep;
  double slope = 0;
  for (size_t i = 0; i < grad.size(); ++i) slope += grad[i] * direction[i];
  const double scale = std::max({std::abs(fine), std::abs(coarse), 1e-2});
  const bool digits = std::abs(coarse - fine) <= 1e-6 * scale && rounding <= 1e-6 * scale;
  if (!digits) return SlopeVerdict::kNoDigits;
  return std::abs(slope - fine) <= 1e-5 * scale ? SlopeVerdict::kAgrees : SlopeVerdict::kDiffers;
}

}  // namespace

TEST_CASE("damaged formulas are refused with place and reason, or work", "[layers]") {
  FormulaMaker maker(29);
  int accepted = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    const RandomFormula formula = random_formula(maker, i % 4 != 0);
    INFO(formula.domain << " | " << formula.stat << " | " << formula.map);
    const std::vector<Mistake> mistakes = mistakes_of(formula);
    (mistakes.empty() ? accepted : refused) += 1;
    for (const Mistake& each : mistakes) {
      REQUIRE_FALSE(each.expected.empty());
      const bool about_whole = each.expected.find('\n') == std::string::npos;
      if (about_whole)  // what is unused, missing or too many has no place
        REQUIRE((each.part != "stat" || each.expected.starts_with("a formula that uses")));
      else
        REQUIRE(each.expected.ends_with("^"));
    }
  }
  CHECK(accepted > 1000);
  CHECK(refused > 5000);
}

TEST_CASE("random formulas have the gradients of their differences", "[layers]") {
  FormulaMaker maker(31);
  int compared_tensors = 0, without_digits = 0, formulas = 0;
  while (formulas < 1500) {
    const RandomFormula formula = random_formula(maker, false);
    if (!mistakes_of(formula).empty()) continue;
    ++formulas;
    INFO(formula.domain << " | " << formula.stat << " | " << formula.map);
    Json norm = spec_of_formula(formula);
    norm["track_running_stats"] = maker.below(2) == 0;
    Gradcheck with{.input = {3, 4, 6}};
    Specimen specimen(maker_of(norm, 6), with, DType::kFloat64, maker.below(2) == 0);
    const Results results = specimen.forward_backward();
    const std::vector<Tensor> tensors = specimen.differentiated();
    for (size_t t = 0; t < tensors.size(); ++t) {
      INFO(results.names[t]);
      const SlopeVerdict verdict =
          verdict_on_slope(specimen, tensors[t], results.grads[t].to_vector(), results.names[t]);
      CHECK(verdict != SlopeVerdict::kDiffers);
      (verdict == SlopeVerdict::kNoDigits ? without_digits : compared_tensors) += 1;
    }
  }
  INFO(without_digits << " of " << compared_tensors + without_digits << " without digits");
  CHECK(compared_tensors > 2 * without_digits);
}

}  // namespace norma
