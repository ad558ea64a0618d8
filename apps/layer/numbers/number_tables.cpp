#include "apps/layer/numbers/number_tables.h"

#include <algorithm>
#include <cmath>

#include "apps/common/human.h"

namespace norma::numbers {
namespace {

double largest_of(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::max(most, std::abs(value));
  return most;
}

// A number in a column of others, none of them larger than `scale`.
NumberCell cell(double value, double scale = 0) { return {rounded_text(value, scale), value}; }

// One number an element.
struct ElementColumn {
  std::string name;
  const std::vector<double>* values;
};

std::vector<ElementColumn> columns_of_elements(const Typed& typed, const ShownNorm& norm) {
  const classroom::KernelWatch::Terms& terms = norm.run.terms;
  std::vector<ElementColumn> columns{{"x", &typed.x}};
  if (!norm.xhat.empty()) columns.push_back({"x̂", &norm.xhat});
  columns.push_back({"y", &norm.y});
  if (norm.dx.empty()) return columns;
  columns.push_back({"dy", &typed.dy});
  if (norm.has_terms() && norm.has_statistic()) {
    columns.push_back({"direct", &terms.direct});
    columns.push_back({"along 1", &terms.along_one});
    columns.push_back({"along x̂", &terms.along_u});
  }
  columns.push_back({"dx", &norm.dx});
  return columns;
}

NumberCell domain_name(size_t domain) { return {std::to_string(domain)}; }

}  // namespace

std::string rounded_text(double value, double scale) {
  if (value == 0) return "0";
  if (std::abs(value) < 1e-12 * scale) return "~0";
  return formatted("%.4g", value);
}

NumberTable statistics_table(const ShownNorm& norm) {
  const classroom::Domains& domains = norm.run.domains;
  const auto& stats = norm.run.read.stats;
  NumberTable table{{"domain", "n", "mean", "σ", "mean square"}, {}};
  for (size_t k = 0; k < stats.size(); ++k)
    table.columns.push_back(stats.size() == 1 ? "r" : "r" + std::to_string(k + 1));
  for (size_t d = 0; d < domains.count(); ++d) {
    const double sigma = std::sqrt(domains.variance[d]);
    const double root = std::sqrt(domains.mean_square[d]);
    table.rows.push_back({domain_name(d), cell(domains.n[d]), cell(domains.mean[d], root),
                          cell(sigma, root), cell(domains.mean_square[d])});
    const auto first = std::find(domains.of.begin(), domains.of.end(), d) - domains.of.begin();
    for (const std::vector<double>& stat : stats)
      table.rows.back().push_back(cell(stat[static_cast<size_t>(first)]));
  }
  return table;
}

NumberTable elements_table(const Typed& typed, const ShownNorm& norm) {
  NumberTable table{{"element"}, {}};
  const bool several = norm.has_statistic() && norm.run.domains.count() > 1;
  if (several) table.columns.push_back("domain");
  const std::vector<ElementColumn> columns = columns_of_elements(typed, norm);
  std::vector<double> scales;
  for (const ElementColumn& column : columns) {
    table.columns.push_back(column.name);
    scales.push_back(largest_of(*column.values));
  }
  // What is left of a direct term that was all taken out is nothing beside that term.
  if (norm.has_terms()) scales.back() = largest_of(norm.run.terms.direct);
  for (size_t i = 0; i < typed.x.size(); ++i) {
    std::vector<NumberCell> row{{place_name(i, typed.shape)}};
    if (several) row.push_back(domain_name(norm.run.domains.of[i]));
    for (size_t k = 0; k < columns.size(); ++k)
      row.push_back(cell((*columns[k].values)[i], scales[k]));
    table.rows.push_back(std::move(row));
  }
  return table;
}

NumberTable gradients_table(const ShownNorm& norm) {
  NumberTable table{
      {"domain", "‖dy‖", "‖direct‖", "‖along 1‖", "‖along x̂‖", "‖dx‖", "Σ dx", "Σ x̂·dx"}, {}};
  for (size_t d = 0; d < norm.gradients.size(); ++d) {
    const DomainGradient& gradient = norm.gradients[d];
    table.rows.push_back({domain_name(d), cell(gradient.dy), cell(gradient.direct),
                          cell(gradient.along_one, gradient.direct),
                          cell(gradient.along_u, gradient.direct),
                          cell(gradient.dx, gradient.direct), cell(gradient.one_dx, gradient.terms),
                          cell(gradient.xhat_dx, gradient.terms)});
  }
  return table;
}

}  // namespace norma::numbers
