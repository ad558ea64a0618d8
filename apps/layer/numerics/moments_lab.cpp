#include "apps/layer/numerics/moments_lab.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "apps/common/human.h"
#include "apps/layer/numerics/moments_pictures.h"

namespace norma::numerics {
namespace {

constexpr double kLost = 0.01;  // of a variance: from here on a method has failed

// Where a curve passes a level for the first time; nothing where it does not.
std::optional<double> passes(const std::vector<double>& x, const std::vector<double>& y,
                             double level) {
  size_t first = 0;
  while (first < y.size() && !(y[first] > level)) ++first;
  if (first == y.size()) return std::nullopt;
  if (first == 0 || !std::isfinite(y[first])) return x[first];
  const double share = std::log(level / y[first - 1]) / std::log(y[first] / y[first - 1]);
  return x[first - 1] * std::pow(x[first] / x[first - 1], share);
}

std::optional<double> predicted_to_pass(const Method& method, int64_t length) {
  if (!method.predicted) return std::nullopt;
  std::vector<double> predicted;
  for (const double ratio : mean_ratios())
    predicted.push_back(method.predicted(static_cast<double>(length), kappa(ratio)));
  return passes(mean_ratios(), predicted, kLost);
}

// Two digits of it: 130, 2,900.
std::string roughly(double value) {
  if (value < 1) return formatted("%.1g", value);
  const double unit = std::pow(10.0, std::max(0.0, std::floor(std::log10(value)) - 1));
  return grouped(static_cast<int64_t>(std::llround(value / unit) * std::llround(unit)));
}

std::string ratio_or(const std::optional<double>& ratio, const char* otherwise) {
  return ratio ? roughly(*ratio) : otherwise;
}

Table table_of_methods(const Picture& variance) {
  Table table{.id = "methods",
              .title = "The methods",
              .intro =
                  "From which mean/σ on a hundredth of the variance is lost: as measured, and "
                  "where the predicted error passes a hundredth (n numbers, κ the condition "
                  "number, u the unit roundoff).",
              .row_name = "method",
              .columns = {"what it computes", "predicted error"},
              .rows = {}};
  for (const int64_t length : kLengths) {
    table.columns.push_back("measured, " + grouped(length));
    table.columns.push_back("predicted");
  }
  for (size_t m = 0; m < methods().size(); ++m) {
    const Method& method = methods()[m];
    Table::Row row{method.label, {}, {method.how, method.error}};
    for (size_t i = 0; i < std::size(kLengths); ++i) {
      const auto measured = passes(variance.x, variance.views[i].series[m].values, kLost);
      row.words.push_back(ratio_or(measured, "never"));
      row.words.push_back(
          method.predicted ? ratio_or(predicted_to_pass(method, kLengths[i]), "never") : "");
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

// What the reader sees of one method.
std::string finding_of(const Method& method, const Picture& variance, const Picture& output,
                       size_t index) {
  const std::vector<double>& errors = variance.views[kMainLength].series[index].values;
  const std::vector<double>& outputs = output.views[kMainLength].series[index].values;
  const std::string name = method.label;
  double worst = 0;
  for (const double error : errors)
    if (!std::isnan(error)) worst = std::max(worst, error);
  if (worst <= kLost)
    return name + ": the variance is never off by more than " + shown(worst) +
           " of itself, as long as float32 stores the numbers at all.";
  std::string text = name + ": a hundredth of the variance is lost from mean/σ = " +
                     ratio_or(passes(variance.x, errors, kLost), "?") + " on";
  if (method.predicted)
    text += "; " + std::string(method.error) + " predicts " +
            ratio_or(predicted_to_pass(method, kLengths[kMainLength]), "never");
  const auto infinite =
      std::find_if(outputs.begin(), outputs.end(), [](double error) { return std::isinf(error); });
  if (infinite != outputs.end())
    text += ". From " + roughly(variance.x[static_cast<size_t>(infinite - outputs.begin())]) +
            " on some variances are negative, and the norm's output is NaN";
  return text + ".";
}

std::vector<std::string> findings_of(const std::vector<Picture>& pictures) {
  const Picture &variance = pictures[0], &output = pictures[2], &length = pictures[3];
  std::vector<std::string> findings;
  for (size_t m = 0; m < methods().size(); ++m) {
    if (methods()[m].predicted) {
      findings.push_back(finding_of(methods()[m], variance, output, m));
      continue;
    }
    const double lost = length.views[0].series[m].values.back();
    findings.push_back(std::string(methods()[m].label) +
                       ": a sum stops growing where what is added "
                       "is less than half its last bit, so rows must be short; of " +
                       grouped(static_cast<int64_t>(length.x.back())) +
                       " numbers of mean/σ = 1 the variance is off by " +
                       formatted("%.0f", 100 * lost) + " %.");
  }
  findings.push_back(
      "Predictions take rounding errors for independent. Where σ is below the last bit of a sum, "
      "from mean/σ = 2²³/n = " +
      grouped((int64_t{1} << 23) / kLengths[kMainLength]) +
      " on, nearly equal numbers are all rounded the same way, and errors grow as n instead of √n: "
      "two passes in float32 fail long before (√n·u·κ)² says so.");
  const std::vector<double>& stored = variance.views[kMainLength].series.back().values;
  findings.push_back(
      "No method brings back what float32 did not store: from mean/σ = " +
      ratio_or(passes(variance.x, stored, kLost), "?") +
      " on the numbers as rounded have another variance than the numbers meant, by more than a "
      "hundredth; at 1e8 nearly all are the same.");
  return findings;
}

}  // namespace

Lab moments_lab() {
  std::vector<int64_t> lengths;
  for (int64_t length = 16; length <= 65536; length *= 4) lengths.push_back(length);
  const Draws draws(lengths.back());
  Lab lab{.title = "How a mean and a variance lose their digits",
          .summary =
              "Normal numbers of σ = 1 and a growing mean are rounded to float32; the mean "
              "and the variance of each of 16 rows are computed by eight methods and held "
              "against the exact ones of the same rounded numbers. Errors are root mean "
              "squares over the rows, at " +
              grouped(kLengths[kMainLength]) + " numbers a row where nothing else is said.",
          .findings = {},
          .pictures = pictures_over_ratios(draws),
          .tables = {}};
  lab.pictures.push_back(picture_over_lengths(draws, lengths));
  lab.findings = findings_of(lab.pictures);
  lab.tables = {table_of_hard_inputs(draws), table_of_methods(lab.pictures[0])};
  return lab;
}

}  // namespace norma::numerics
