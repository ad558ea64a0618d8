#include "core/kernels/gained_add.h"

#include <algorithm>

#include "core/parallel.h"

namespace norma::kernels {
namespace {

template <class T>
T drop_of_row(const GainedAdd<T>& add, int64_t row) {
  return add.drop ? add.drop[row / add.positions] : T(1);
}

}  // namespace

template <class T>
void gained_add(const GainedAdd<T>& add, const T* base, const T* branch, T* out) {
  const int64_t width = add.channels;
  parallel_ranges(add.samples * add.positions, width, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const T drop = drop_of_row(add, row);
      const T *const x = base + row * width, *const f = branch + row * width;
      T* const y = out + row * width;
      if (add.single_gain) {
        const T factor = drop * *add.gain;
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) y[c] = x[c] + factor * f[c];
      } else {
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) y[c] = x[c] + drop * add.gain[c] * f[c];
      }
    }
  });
}

int64_t gained_add_scratch(int64_t rows, int64_t channels) {
  return chunks_of(rows, channels).number * channels;
}

template <class T>
void gained_add_backward(const GainedAdd<T>& add, const T* branch, const T* dout, T* dbranch,
                         T* dgain, double* scratch) {
  const int64_t width = add.channels;
  const Chunks cut = chunks_of(add.samples * add.positions, width);
  parallel_chunks(cut.number, [&](int64_t chunk) {
    double* const sums = scratch + chunk * width;
    std::fill_n(sums, width, 0.0);
    for (int64_t row = cut.begin(chunk); row < cut.end(chunk); ++row) {
      const T drop = drop_of_row(add, row);
      const T *const f = branch + row * width, *const dy = dout + row * width;
#pragma omp simd
      for (int64_t c = 0; c < width; ++c) sums[c] += static_cast<double>(drop * f[c] * dy[c]);
      if (!dbranch) continue;
      T* const df = dbranch + row * width;
      if (add.single_gain) {
        const T factor = drop * *add.gain;
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) df[c] = factor * dy[c];
      } else {
#pragma omp simd
        for (int64_t c = 0; c < width; ++c) df[c] = drop * add.gain[c] * dy[c];
      }
    }
  });
  for (int64_t chunk = 1; chunk < cut.number; ++chunk)
    for (int64_t c = 0; c < width; ++c) scratch[c] += scratch[chunk * width + c];
  if (cut.number == 0) return;
  if (add.single_gain) {
    double sum = 0;
    for (int64_t c = 0; c < width; ++c) sum += scratch[c];
    *dgain += static_cast<T>(sum);
  } else {
    for (int64_t c = 0; c < width; ++c) dgain[c] += static_cast<T>(scratch[c]);
  }
}

template void gained_add(const GainedAdd<float>&, const float*, const float*, float*);
template void gained_add(const GainedAdd<double>&, const double*, const double*, double*);
template void gained_add_backward(const GainedAdd<float>&, const float*, const float*, float*,
                                  float*, double*);
template void gained_add_backward(const GainedAdd<double>&, const double*, const double*, double*,
                                  double*, double*);

}  // namespace norma::kernels
