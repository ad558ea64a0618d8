#include "core/kernels/unit_length.h"

#include <algorithm>
#include <cmath>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

double per_length(double squares) { return squares > 0 ? 1 / std::sqrt(squares) : 1.0; }

}  // namespace

template <class T>
void unit_rows(T* x, int64_t rows, int64_t columns) {
  parallel_ranges(rows, columns, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      T* const values = x + row * columns;
      double squares = 0;
      for (int64_t c = 0; c < columns; ++c)
        squares += static_cast<double>(values[c]) * static_cast<double>(values[c]);
      const double scale = per_length(squares);
      for (int64_t c = 0; c < columns; ++c)
        values[c] = static_cast<T>(static_cast<double>(values[c]) * scale);
    }
  });
}

template <class T>
void unit_columns(T* x, int64_t rows, int64_t columns) {
  constexpr int64_t kStrip = 64;  // columns at a time: their sums stay in the first-level cache
  parallel_ranges((columns + kStrip - 1) / kStrip, rows * kStrip, [=](int64_t begin, int64_t end) {
    for (int64_t strip = begin; strip < end; ++strip) {
      const int64_t first = strip * kStrip, count = std::min(kStrip, columns - first);
      double scale[kStrip] = {};
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t c = 0; c < count; ++c) {
          const double value = static_cast<double>(x[row * columns + first + c]);
          scale[c] += value * value;
        }
      for (int64_t c = 0; c < count; ++c) scale[c] = per_length(scale[c]);
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t c = 0; c < count; ++c) {
          T& value = x[row * columns + first + c];
          value = static_cast<T>(static_cast<double>(value) * scale[c]);
        }
    }
  });
}

template void unit_rows(float*, int64_t, int64_t);
template void unit_rows(double*, int64_t, int64_t);
template void unit_columns(float*, int64_t, int64_t);
template void unit_columns(double*, int64_t, int64_t);

}  // namespace norma::kernels
