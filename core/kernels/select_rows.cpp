#include "core/kernels/select_rows.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {

template <class T>
void select_rows(T* out, const T* x, const uint8_t* valid, int64_t rows, int64_t width) {
  parallel_ranges(rows, width, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      T* const target = out + row * width;
      if (!valid[row])
        std::fill_n(target, width, T(0));
      else if (out != x)
        std::copy_n(x + row * width, width, target);
    }
  });
}

template void select_rows(float*, const float*, const uint8_t*, int64_t, int64_t);
template void select_rows(double*, const double*, const uint8_t*, int64_t, int64_t);

}  // namespace norma::kernels
