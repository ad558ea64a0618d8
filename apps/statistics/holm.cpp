#include <algorithm>
#include <numeric>

#include "apps/statistics/verdict.h"

namespace norma {

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<size_t> ascending(p.size());
  std::iota(ascending.begin(), ascending.end(), size_t{0});
  std::stable_sort(ascending.begin(), ascending.end(),
                   [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size());
  double floor = 0;  // a larger p is never adjusted to less than a smaller one
  for (size_t rank = 0; rank < p.size(); ++rank) {
    const double left = static_cast<double>(p.size() - rank);  // hypotheses not rejected so far
    floor = std::max(floor, std::min(1.0, left * p[ascending[rank]]));
    adjusted[ascending[rank]] = floor;
  }
  return adjusted;
}

}  // namespace norma
