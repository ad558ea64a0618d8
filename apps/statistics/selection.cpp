#include "apps/statistics/selection.h"

#include <numeric>
#include <stdexcept>
#include <string>

namespace norma {

size_t best_point(std::span<const std::vector<double>> scores_by_point) {
  if (scores_by_point.empty()) throw std::invalid_argument("the best of no points");
  size_t best = 0;
  double lowest = 0;
  for (size_t point = 0; point < scores_by_point.size(); ++point) {
    const std::vector<double>& scores = scores_by_point[point];
    if (scores.empty())
      throw std::invalid_argument("point " + std::to_string(point) + " has no score");
    const double mean =
        std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size());
    if (point == 0 || mean < lowest) {
      best = point;
      lowest = mean;
    }
  }
  return best;
}

}  // namespace norma
