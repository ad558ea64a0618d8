#include "apps/statistics/selection.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>

namespace norma {
namespace {

std::vector<double> means_of(std::span<const std::vector<double>> scores_by_point) {
  std::vector<double> means;
  for (const std::vector<double>& scores : scores_by_point) {
    if (scores.empty())
      throw std::invalid_argument("point " + std::to_string(means.size()) + " has no score");
    means.push_back(std::accumulate(scores.begin(), scores.end(), 0.0) /
                    static_cast<double>(scores.size()));
  }
  return means;
}

}  // namespace

size_t best_point(std::span<const std::vector<double>> scores_by_point) {
  if (scores_by_point.empty()) throw std::invalid_argument("the best of no points");
  const std::vector<double> means = means_of(scores_by_point);
  return static_cast<size_t>(std::min_element(means.begin(), means.end()) - means.begin());
}

std::array<size_t, 2> best_two_points(std::span<const std::vector<double>> scores_by_point) {
  if (scores_by_point.size() < 2) throw std::invalid_argument("the best two of fewer points");
  const std::vector<double> means = means_of(scores_by_point);
  std::vector<size_t> order(means.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return means[a] < means[b]; });
  return {order[0], order[1]};
}

}  // namespace norma
