#include "core/kernels/embedding.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {

int64_t find_outside(const int32_t* index, int64_t count, int64_t entries) {
  const auto inside = [=](int32_t i) { return i >= 0 && i < entries; };
  const int32_t* const found = std::find_if_not(index, index + count, inside);
  return found == index + count ? -1 : found - index;
}

template <class T>
void gather_rows(T* out, const T* table, const int32_t* index, int64_t count, int64_t width) {
  parallel_ranges(count, width, [=](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      std::copy_n(table + index[i] * width, width, out + i * width);
  });
}

// An entry may occur anywhere among the indices, so the work is cut by columns: each chunk walks
// all of them in order and no two chunks write the same element.
template <class T>
void scatter_add_rows(T* dtable, const T* dout, const int32_t* index, int64_t count,
                      int64_t width) {
  constexpr int64_t kStrip = 32;
  const int64_t strips = (width + kStrip - 1) / kStrip;
  parallel_ranges(strips, count * kStrip, [=](int64_t begin, int64_t end) {
    const int64_t first = begin * kStrip, columns = std::min(end * kStrip, width) - first;
    for (int64_t i = 0; i < count; ++i) {
      T* const target = dtable + index[i] * width + first;
      const T* const source = dout + i * width + first;
#pragma omp simd
      for (int64_t j = 0; j < columns; ++j) target[j] += source[j];
    }
  });
}

template <class T>
void add_per_position(T* out, const T* x, const T* table, int64_t batch, int64_t positions,
                      int64_t width) {
  parallel_ranges(batch * positions, width, [=](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T* const position = table + row % positions * width;
#pragma omp simd
      for (int64_t j = 0; j < width; ++j) out[row * width + j] = x[row * width + j] + position[j];
    }
  });
}

template <class T>
void sum_per_position(T* dtable, const T* dout, int64_t batch, int64_t positions, int64_t width) {
  parallel_ranges(positions, batch * width, [=](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) {
      for (int64_t b = 0; b < batch; ++b) {
        const T* const source = dout + (b * positions + s) * width;
#pragma omp simd
        for (int64_t j = 0; j < width; ++j) dtable[s * width + j] += source[j];
      }
    }
  });
}

#define NORMA_INSTANTIATE(T)                                                         \
  template void gather_rows(T*, const T*, const int32_t*, int64_t, int64_t);         \
  template void scatter_add_rows(T*, const T*, const int32_t*, int64_t, int64_t);    \
  template void add_per_position(T*, const T*, const T*, int64_t, int64_t, int64_t); \
  template void sum_per_position(T*, const T*, int64_t, int64_t, int64_t);
NORMA_INSTANTIATE(float)
NORMA_INSTANTIATE(double)
#undef NORMA_INSTANTIATE

}  // namespace norma::kernels
