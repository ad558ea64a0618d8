#include "apps/statistics/trend.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace norma {

Line fit_line(std::span<const double> x, std::span<const double> y) {
  if (x.size() != y.size())
    throw std::invalid_argument("a line through " + std::to_string(x.size()) + " x and " +
                                std::to_string(y.size()) + " y");
  if (x.empty() || std::all_of(x.begin(), x.end(), [&](double at) { return at == x[0]; }))
    throw std::invalid_argument("a line needs two different x");
  const double count = static_cast<double>(x.size());
  const double middle = std::accumulate(x.begin(), x.end(), 0.0) / count;
  const double height = std::accumulate(y.begin(), y.end(), 0.0) / count;
  double squares = 0, products = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    squares += (x[i] - middle) * (x[i] - middle);
    products += (x[i] - middle) * (y[i] - height);
  }
  const double slope = products / squares;
  return {.slope = slope, .offset = height - slope * middle};
}

Trend trend(std::span<const double> x, std::span<const std::vector<double>> values,
            double confidence) {
  if (x.size() != values.size())
    throw std::invalid_argument("a trend of " + std::to_string(values.size()) + " settings at " +
                                std::to_string(x.size()) + " x");
  const size_t seeds = values.empty() ? 0 : values[0].size();
  for (const std::vector<double>& setting : values) {
    if (setting.size() != seeds)
      throw std::invalid_argument("a trend of settings with " + std::to_string(seeds) + " and " +
                                  std::to_string(setting.size()) + " seeds");
  }
  std::vector<double> slopes(seeds), of_seed(values.size());
  for (size_t seed = 0; seed < seeds; ++seed) {
    std::transform(values.begin(), values.end(), of_seed.begin(),
                   [&](const std::vector<double>& setting) { return setting[seed]; });
    slopes[seed] = fit_line(x, of_seed).slope;
  }
  const std::vector<double> flat(seeds, 0.0);
  return {.slope = mean_estimate(slopes, confidence), .p = paired_t_test(slopes, flat).p};
}

}  // namespace norma
