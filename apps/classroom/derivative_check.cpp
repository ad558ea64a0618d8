#include "apps/classroom/derivative_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace norma::classroom {
namespace {

// Below this share of the largest number a difference is rounding.
constexpr double kRounding = 1e-9;

double largest(const Elements& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::fabs(value));
  return most;
}

Elements difference(const Elements& a, const Elements& b) {
  Elements made(a);
  for (size_t i = 0; i < a.size(); ++i) made[i] -= b[i];
  return made;
}

Elements sum_of(const Elements& a, const Elements& b) {
  Elements made(a);
  for (size_t i = 0; i < a.size(); ++i) made[i] += b[i];
  return made;
}

bool near_nothing(const Elements& values, double scale) {
  return largest(values) <= 10 * kRounding * scale;
}

// Parameters and buffers as one number an element: of each channel, or the same everywhere.
Elements spread(const Tensor& tensor, size_t elements) {
  const std::vector<double> values = tensor.to_vector();
  Elements made(elements);
  for (size_t i = 0; i < elements; ++i) made[i] = values[i % values.size()];
  return made;
}

// What is left of `values` where in each domain its part along `direction` is taken away.
Elements without(const Elements& values, const Elements& direction, const Domains& domains) {
  Elements products(values.size()), squares(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    products[i] = values[i] * direction[i];
    squares[i] = direction[i] * direction[i];
  }
  const Elements along = domains.sums(products), length = domains.sums(squares);
  Elements rest(values);
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t d = domains.of[i];
    if (length[d] > 0) rest[i] -= along[d] / length[d] * direction[i];
  }
  return rest;
}

// u = x − mean of its domain, or x itself where the norm takes no mean off.
Elements centred_input(const NormRun& run) {
  Elements u(run.x);
  if (run.definition.centred)
    for (size_t i = 0; i < u.size(); ++i) u[i] -= run.domains.mean[run.domains.of[i]];
  return u;
}

// A factor that takes `right` to `typed` everywhere; NaN where there is none.
double factor_between(const Elements& typed, const Elements& right, double scale) {
  double products = 0, squares = 0;
  for (size_t i = 0; i < right.size(); ++i) {
    products += typed[i] * right[i];
    squares += right[i] * right[i];
  }
  const double factor = products / squares;
  Elements scaled(right);
  for (double& each : scaled) each *= factor;
  const bool fits = factor != 0 && near_nothing(difference(typed, scaled), scale);
  return fits ? factor : std::numeric_limits<double>::quiet_NaN();
}

std::string rounded(double value) { return format_number(std::round(1e6 * value) / 1e6); }

// How a wrong gradient relates to the terms of the right one.
std::string hint_by_terms(const Elements& typed, const NormRun& run, const Elements& off,
                          double scale) {
  const KernelWatch::Terms& terms = run.terms;
  if (terms.direct.empty()) return "";
  const auto is = [&](const Elements& one) { return near_nothing(difference(typed, one), scale); };
  if (is(terms.direct))
    return "This is the direct term alone, with the statistics held fixed: what comes back through "
           "them is missing.";
  if (is(sum_of(terms.direct, terms.along_one)))
    return "What comes back through the second moment, along x̂, is missing.";
  if (is(sum_of(terms.direct, terms.along_u)))
    return "What comes back through the mean, along 1, is missing.";
  const Elements ones(off.size(), 1.0);
  const Elements u = centred_input(run);
  const bool only_one = near_nothing(without(off, ones, run.domains), scale);
  const bool only_u = near_nothing(without(off, u, run.domains), scale);
  if (only_one)
    return "The difference is the same for all elements of a domain: it lies along 1, so look at "
           "what comes back through the mean.";
  if (only_u)
    return "The difference lies along x̂ in every domain: look at what comes back through the "
           "second "
           "moment.";
  if (near_nothing(
          without(without(off, ones, run.domains), without(u, ones, run.domains), run.domains),
          scale))
    return "The direct term is right; both ways back through the statistics, along 1 and along x̂, "
           "differ.";
  return "";
}

std::string hint_by_place(const Elements& off, double scale, const NormRun& run) {
  const auto wrong = [&](size_t i) { return std::fabs(off[i]) > kRounding * scale; };
  size_t elements = 0;
  std::vector<bool> domain_wrong(run.domains.count());
  for (size_t i = 0; i < off.size(); ++i) {
    if (!wrong(i)) continue;
    ++elements;
    domain_wrong[run.domains.of[i]] = true;
  }
  const auto domains = std::count(domain_wrong.begin(), domain_wrong.end(), true);
  if (static_cast<size_t>(domains) < run.domains.count() && run.domains.count() < off.size())
    return "It is right in " + std::to_string(run.domains.count() - static_cast<size_t>(domains)) +
           " of " + std::to_string(run.domains.count()) + " domains.";
  if (elements < off.size())
    return "It is right at " + std::to_string(off.size() - elements) + " of " +
           std::to_string(off.size()) + " elements.";
  return "";
}

}  // namespace

Vocabulary vocabulary_of(const NormRequest& request, const NormRun& run) {
  Vocabulary words;
  const Elements& x = run.x;
  words.elements = x.size();
  words.sum = [&run](const Elements& values) {
    const Elements sums = run.domains.sums(values);
    Elements made(values.size());
    for (size_t i = 0; i < made.size(); ++i) made[i] = sums[run.domains.of[i]];
    return made;
  };
  words.n.resize(x.size());
  const Elements& second = run.definition.centred ? run.domains.variance : run.domains.mean_square;
  Elements v(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    words.n[i] = run.domains.n[run.domains.of[i]];
    v[i] = second[run.domains.of[i]];
  }
  auto& names = words.names;
  for (const auto& [option, value] : request.spec.options->items())
    if (value.is_number()) names[option] = Elements(x.size(), value.get<double>());
  for (const auto& [name, tensor] : run.state)
    if (name.starts_with("param."))
      if (const std::string own = name.substr(6); own.find('.') == std::string::npos)
        names[own] = spread(tensor, x.size());
  for (const auto& [brief, own] : {std::pair{"w", "weight"}, std::pair{"b", "bias"}})
    if (names.contains(own)) names[brief] = names[own];
  names["x"] = x;
  names["y"] = run.out.at("output").to_vector();
  names["n"] = words.n;
  names["v"] = v;
  if (request.in.contains("grad_output")) names["dy"] = request.in.at("grad_output").to_vector();
  if (run.read.centre.empty()) return words;
  names["m"] = run.read.centre;
  names["u"] = difference(x, run.read.centre);
  const auto& stats = run.read.stats;
  for (size_t k = 0; k < stats.size(); ++k)
    names[stats.size() == 1 ? "r" : "r" + std::to_string(k + 1)] = stats[k];
  if (stats.size() == 1) {
    names["xhat"] = names["u"];
    for (size_t i = 0; i < x.size(); ++i) names["xhat"][i] *= stats[0][i];
  }
  return words;
}

Comparison compared(const Elements& typed, const Elements& right, const NormRun& run,
                    bool is_whole_gradient) {
  Comparison made;
  made.typed = typed;
  made.right = right;
  const double scale = std::max(largest(right), std::numeric_limits<double>::min());
  const Elements off = difference(typed, right);
  for (size_t i = 0; i < off.size(); ++i) {
    const double error = std::fabs(off[i]) / scale;
    if (std::isfinite(error) && error <= made.error) continue;
    made.worst = i;
    made.error = error;
    if (!std::isfinite(error)) {
      made.hint = "What was typed is not a finite number there.";
      return made;
    }
  }
  made.equal = made.error <= kRounding;
  if (made.equal) return made;
  const double factor = factor_between(typed, right, scale);
  if (std::fabs(factor + 1) < kRounding)
    made.hint = "The sign is turned round.";
  else if (!std::isnan(factor))
    made.hint = "It is " + rounded(factor) + " times the right one everywhere.";
  else if (is_whole_gradient)
    made.hint = hint_by_terms(typed, run, off, scale);
  if (made.hint.empty()) made.hint = hint_by_place(off, scale, run);
  return made;
}

}  // namespace norma::classroom
