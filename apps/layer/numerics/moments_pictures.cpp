#include "apps/layer/numerics/moments_pictures.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "apps/common/human.h"

namespace norma::numerics {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kNothingToShow = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kHardLength = 1024;
constexpr double kEps = 1e-5;  // of the norm whose output is looked at

double root_mean_square(const std::vector<double>& errors) {
  if (errors.empty()) return kNothingToShow;
  double sum = 0;
  for (const double error : errors) sum += error * error;
  return std::sqrt(sum / static_cast<double>(errors.size()));
}

// A relative error, infinite where nothing finite came out.
double error_of(double found, long double exact, long double unit) {
  if (!std::isfinite(found)) return kInfinite;
  return static_cast<double>(std::abs(static_cast<long double>(found) - exact) / unit);
}

// The largest error of (x − mean)/√(variance + ε) as a kernel would compute it in float32 from
// these moments.
double output_error(const Method& method, const Moments& found, const ExactMoments& exact,
                    const float* x, int64_t n) {
  const float mean = static_cast<float>(found.mean);
  const float rest =
      method.wide_mean ? static_cast<float>(found.mean - static_cast<double>(mean)) : 0.0f;
  const float gain = static_cast<float>(1 / std::sqrt(found.variance + kEps));
  const long double exact_gain = 1 / std::sqrt(exact.variance + kEps);
  double worst = 0;
  for (int64_t i = 0; i < n; ++i) {
    const float y = ((x[i] - mean) - rest) * gain;
    worst = std::max(worst, error_of(static_cast<double>(y), (x[i] - exact.mean) * exact_gain, 1));
  }
  return worst;
}

// Root mean squares over the rows: of the variance's relative error, of the mean's in units of σ,
// of the output's largest.
struct Errors {
  double variance, mean, output;
};

Errors errors_of(const Method& method, const Rows& rows, const std::vector<ExactMoments>& exact) {
  const std::vector<Moments> found = method.moments(rows);
  std::vector<double> variance, mean, output;
  for (size_t r = 0; r < found.size(); ++r) {
    const ExactMoments& right = exact[r];
    output.push_back(
        output_error(method, found[r], right, rows.row(static_cast<int64_t>(r)), rows.length));
    if (right.variance == 0) continue;
    variance.push_back(error_of(found[r].variance, right.variance, right.variance));
    mean.push_back(error_of(found[r].mean, right.mean, std::sqrt(right.variance)));
  }
  return {root_mean_square(variance), root_mean_square(mean), root_mean_square(output)};
}

std::vector<Series> a_series_each(const char* more = nullptr) {
  std::vector<Series> all;
  for (const Method& method : methods()) all.push_back({method.label, {}});
  if (more) all.push_back({more, {}});
  return all;
}

constexpr const char* kStored = "the rounding of the input";

// How far the variances of the numbers as stored are from those of the numbers meant.
double storing_error(const std::vector<ExactMoments>& stored,
                     const std::vector<long double>& meant) {
  std::vector<double> errors;
  for (size_t r = 0; r < meant.size(); ++r)
    errors.push_back(static_cast<double>(std::abs(stored[r].variance - meant[r]) / meant[r]));
  return root_mean_square(errors);
}

struct Sweeps {
  Picture::View variance, mean, output;
};

// mean/σ from small to large, at one length. Where rounding the input took more than half of the
// variance there is none to compare with.
Sweeps sweep_ratios(const Draws& draws, int64_t length) {
  const std::string name = grouped(length) + " numbers";
  Sweeps sweeps{{name, a_series_each(kStored)}, {name, a_series_each()}, {name, a_series_each()}};
  for (const double ratio : mean_ratios()) {
    const auto value = [=](int64_t, double z) { return ratio + z; };
    const Rows rows = draws.rows(length, value);
    const std::vector<ExactMoments> exact = exact_moments(rows);
    const double storing = storing_error(exact, draws.variances(length, value));
    const bool stored = storing < 0.5;
    for (size_t m = 0; m < methods().size(); ++m) {
      const Errors errors = errors_of(methods()[m], rows, exact);
      sweeps.variance.series[m].values.push_back(stored ? errors.variance : kNothingToShow);
      sweeps.mean.series[m].values.push_back(stored ? errors.mean : kNothingToShow);
      sweeps.output.series[m].values.push_back(errors.output);
    }
    sweeps.variance.series.back().values.push_back(storing);
  }
  return sweeps;
}

Series line_of(const char* name, double (*of)(double ratio)) {
  Series line{name, {}};
  for (const double ratio : mean_ratios()) line.values.push_back(of(ratio));
  return line;
}

}  // namespace

std::vector<Picture> pictures_over_ratios(const Draws& draws) {
  const Series flat = line_of("u", [](double) { return kFloat32; });
  const Series once = line_of("u·κ", [](double ratio) { return kFloat32 * kappa(ratio); });
  const Series twice =
      line_of("u·κ²", [](double ratio) { return kFloat32 * kappa(ratio) * kappa(ratio); });
  Picture variance{
      .id = "variance",
      .title = "The variance",
      .intro =
          "Relative error. Dashed: the condition number κ = √(1 + (mean/σ)²) times the "
          "unit roundoff u = 6e-8, and its square. A method that squares first loses "
          "two digits for every digit of mean/σ, one whose numbers are as large as "
          "the mean loses one, one that subtracts the mean first none at first. Where σ is a few "
          "of the last bits the numbers are small multiples of that bit, and short sums of them "
          "are exact; an error of 0 is not drawn.",
      .x_name = "mean/σ",
      .y_name = "relative error of the variance",
      .x = mean_ratios(),
      .views = {},
      .main_view = kMainLength,
      .references = {flat, once, twice}};
  Picture mean{.id = "mean",
               .title = "The mean",
               .intro =
                   "In units of σ: what a wrong mean adds to every output. To be off by the last "
                   "bit of a mean kept in float32 is u·κ.",
               .x_name = "mean/σ",
               .y_name = "error of the mean, in σ",
               .x = mean_ratios(),
               .views = {},
               .main_view = kMainLength,
               .references = {flat, once}};
  Picture output{.id = "output",
                 .title = "The output of a norm",
                 .intro =
                     "The largest error of (x − mean)/√(variance + 1e-5), computed in float32 "
                     "from each method's moments. A line that ends is NaN from there on: a "
                     "variance came out negative.",
                 .x_name = "mean/σ",
                 .y_name = "largest error of the output",
                 .x = mean_ratios(),
                 .views = {},
                 .main_view = kMainLength,
                 .references = {flat, once, twice}};
  for (const int64_t length : kLengths) {
    Sweeps sweeps = sweep_ratios(draws, length);
    variance.views.push_back(std::move(sweeps.variance));
    mean.views.push_back(std::move(sweeps.mean));
    output.views.push_back(std::move(sweeps.output));
  }
  return {std::move(variance), std::move(mean), std::move(output)};
}

Picture picture_over_lengths(const Draws& draws, const std::vector<int64_t>& lengths) {
  Picture picture{.id = "length",
                  .title = "Longer rows",
                  .intro =
                      "Relative error of the variance where mean/σ is 1. Errors of one long sum "
                      "grow with its length; those of many short ones do not.",
                  .x_name = "numbers that share a statistic",
                  .y_name = "relative error of the variance",
                  .x = {},
                  .views = {{"", a_series_each()}},
                  .references = {{"u·√n", {}}}};
  for (const int64_t length : lengths) {
    picture.x.push_back(static_cast<double>(length));
    const Rows rows = draws.rows(length, [](int64_t, double z) { return 1 + z; });
    const std::vector<ExactMoments> exact = exact_moments(rows);
    for (size_t m = 0; m < methods().size(); ++m)
      picture.views[0].series[m].values.push_back(errors_of(methods()[m], rows, exact).variance);
    picture.references[0].values.push_back(kFloat32 * std::sqrt(static_cast<double>(length)));
  }
  return picture;
}

Table table_of_hard_inputs(const Draws& draws) {
  Table table{.id = "hard",
              .title = "At the ends of float32",
              .intro =
                  "Relative error of the variance of 1,024 numbers; 1 says that all of it is "
                  "gone, ∞ that what came out is infinite or NaN.",
              .row_name = "input",
              .columns = {},
              .rows = {}};
  for (const Method& method : methods()) table.columns.emplace_back(method.label);
  for (const HardInput& hard : hard_inputs()) {
    const Rows rows =
        draws.rows(kHardLength, [&](int64_t i, double z) { return hard.value(i, kHardLength, z); });
    const std::vector<ExactMoments> exact = exact_moments(rows);
    Table::Row row{hard.name, {}};
    for (const Method& method : methods())
      row.values.push_back(errors_of(method, rows, exact).variance);
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace norma::numerics
