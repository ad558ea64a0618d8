#include "core/kernels/norm/moments.h"

#include <algorithm>

#include "core/kernels/norm/moments_exact.h"
#include "core/kernels/simd.h"
#include "core/kernels/unrolled.h"

namespace norma::kernels {

using math::Vec;

namespace {

// One register of channels in all lanes, or in the first few.
template <class T>
struct AllLanes {
  Vec<T> load(const T* p) const { return Vec<T>::load(p); }
  void store(Vec<T> v, T* p) const { v.store(p); }
};
template <class T>
struct SomeLanes {
  int64_t n;
  Vec<T> load(const T* p) const { return Vec<T>::load_first(p, n); }
  void store(Vec<T> v, T* p) const { v.store_first(p, n); }
};

// Moments of a block about its own mean, for `together` neighbouring registers of channels, so that
// memory is read in whole stretches of a row. In sums: Σ(x − first row), or Σx²; in block_m2:
// Σ(x − mean)².
template <int together, class T, class Lanes>
void block_moments(const T* x, int64_t stride, int64_t rows, bool centred, const Lanes& lanes,
                   T* sums, T* block_m2) {
  using V = Vec<T>;
  const auto load = [&](int64_t r, int k) { return lanes.load(x + r * stride + k * V::lanes); };
  // The processor's own prefetch stops at each page; beyond the end this one does no harm.
  // As formula.h has it for its loops; through a function that both call GCC compiled this one
  // otherwise, and the least times of column norms rose by 3 to 7 %.
  constexpr int64_t kAhead = 2048 / static_cast<int64_t>(sizeof(T));
  constexpr int kInLine = 64 / math::kVectorBytes;  // registers, of which one asks for all
  V shift[together], total[together];
  for (int k = 0; k < together; ++k) {
    shift[k] = centred ? load(0, k) : V(T(0));
    total[k] = V(T(0));
  }
  for (int64_t r = 0; r < rows; ++r)
    unrolled<together>([&](auto k) NORMA_INLINE {
      if constexpr (k % kInLine == 0) __builtin_prefetch(x + r * stride + k * V::lanes + kAhead);
      const V d = load(r, k) - shift[k];
      total[k] += centred ? d : d * d;
    });
  unrolled<together>([&](auto k) NORMA_INLINE { lanes.store(total[k], sums + k * V::lanes); });
  if (!centred) return;
  // u = x − block mean, with the mean as first row + offset: both parts are exact enough that the
  // second pass loses nothing.
  const V inverse(T(1) / static_cast<T>(rows));
  V squares[together], rest[together];
  for (int k = 0; k < together; ++k) {
    total[k] = total[k] * inverse;
    squares[k] = rest[k] = V(T(0));
  }
  for (int64_t r = 0; r < rows; ++r)
    unrolled<together>([&](auto k) NORMA_INLINE {
      const V u = (load(r, k) - shift[k]) - total[k];
      squares[k] += u * u;
      rest[k] += u;
    });
  unrolled<together>([&](auto k) NORMA_INLINE {
    lanes.store(squares[k] - rest[k] * rest[k] * inverse, block_m2 + k * V::lanes);
  });
}

// The merge where some channels' sums are doubtful: those are summed again.
template <class T>
void merge_exactly(const T* x, int64_t stride, int64_t rows, int64_t channels, bool centred,
                   const T* sums, const T* block_m2, ColumnMoments& moments) {
  const double n_b = static_cast<double>(rows), n_a = moments.count;
  for (int64_t first = 0; first < channels; first += FlatChannels<T>::kMost) {
    const int64_t some = std::min(FlatChannels<T>::kMost, channels - first);
    const FlatChannels<T> flat(x + first, stride, rows, some, centred);
    for (int64_t k = 0; k < some; ++k) {
      const int64_t c = first + k;
      double mean_b = centred ? static_cast<double>(x[c]) + static_cast<double>(sums[c]) / n_b : 0;
      double m2_b = static_cast<double>(centred ? block_m2[c] : sums[c]);
      if (doubtful(m2_b, n_b) && !flat[k])
        exact_moments(x + c, stride, rows, centred, mean_b, m2_b);
      double n = n_a;
      merge_moments(n, moments.mean[c], moments.m2[c], n_b, mean_b, m2_b);
    }
  }
  moments.count += n_b;
}

}  // namespace

template <class T>
void add_block_moments(const T* x, int64_t stride, int64_t rows, int64_t channels, bool centred,
                       T* scratch, ColumnMoments& moments) {
  constexpr int64_t kLanes = Vec<T>::lanes;
  T* const sums = scratch;
  T* const block_m2 = scratch + channels;
  int64_t c = 0;
  for (; c + 4 * kLanes <= channels; c += 4 * kLanes)
    block_moments<4>(x + c, stride, rows, centred, AllLanes<T>{}, sums + c, block_m2 + c);
  for (; c + kLanes <= channels; c += kLanes)
    block_moments<1>(x + c, stride, rows, centred, AllLanes<T>{}, sums + c, block_m2 + c);
  if (c < channels)
    block_moments<1>(x + c, stride, rows, centred, SomeLanes<T>{channels - c}, sums + c,
                     block_m2 + c);

  if (any_doubtful(centred ? block_m2 : sums, channels, static_cast<double>(rows))) {
    merge_exactly(x, stride, rows, channels, centred, sums, block_m2, moments);
    return;
  }
  const double n_a = moments.count, n_b = static_cast<double>(rows), total = n_a + n_b;
  if (!centred) {
    for (int64_t c = 0; c < channels; ++c) moments.m2[c] += static_cast<double>(sums[c]);
  } else {
    const double share = n_b / total, weight = n_a * n_b / total;
    for (int64_t c = 0; c < channels; ++c) {
      const double mean_b = static_cast<double>(x[c]) + static_cast<double>(sums[c]) / n_b;
      const double delta = mean_b - moments.mean[c];
      moments.mean[c] += delta * share;
      moments.m2[c] += static_cast<double>(block_m2[c]) + delta * delta * weight;
    }
  }
  moments.count = total;
}

template void add_block_moments(const float*, int64_t, int64_t, int64_t, bool, float*,
                                ColumnMoments&);
template void add_block_moments(const double*, int64_t, int64_t, int64_t, bool, double*,
                                ColumnMoments&);

}  // namespace norma::kernels
