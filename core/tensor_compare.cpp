#include "core/tensor_compare.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace norma {

double largest_difference(const Tensor& a, const Tensor& reference) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (a.numel() != reference.numel()) return kInfinite;
  const std::vector<double> x = a.to_vector(), y = reference.to_vector();
  double worst = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isfinite(x[i]) != std::isfinite(y[i])) return kInfinite;
    if (std::isfinite(y[i])) worst = std::max(worst, std::abs(x[i] - y[i]));
  }
  return worst;
}

double largest_magnitude(const Tensor& tensor) {
  double most = 0;
  for (const double value : tensor.to_vector())
    if (std::isfinite(value)) most = std::max(most, std::abs(value));
  return most;
}

double relative_difference(const Tensor& a, const Tensor& reference) {
  const double worst = largest_difference(a, reference);
  return worst == 0 ? 0 : worst / largest_magnitude(reference);
}

}  // namespace norma
