#include "core/tensor_compare.h"

#include <algorithm>
#include <cmath>

namespace norma {

double relative_difference(const Tensor& a, const Tensor& b) {
  double worst = 0, largest = 0;
  for (int64_t i = 0; i < a.numel(); ++i) {
    worst = std::max(worst, std::abs(a.data<double>()[i] - b.data<double>()[i]));
    largest = std::max(largest, std::abs(a.data<double>()[i]));
  }
  return largest > 0 ? worst / largest : worst;
}

}  // namespace norma
