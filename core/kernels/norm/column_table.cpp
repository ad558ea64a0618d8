#include "core/kernels/norm/column_table.h"

#include <algorithm>

#include "core/kernels/norm/partials.h"

namespace norma::kernels {

template <class T>
Folding<T>::Folding(const ColumnNorm<T>& norm) {
  constexpr int64_t kWideEnough = 64;
  constexpr int64_t kBlockBytes = 16 * 1024;
  if (!norm.mask)
    while (fold * norm.channels < kWideEnough && norm.positions % (2 * fold) == 0) fold *= 2;
  channels = fold * norm.channels;
  positions = norm.positions / fold;
  block_rows = std::clamp<int64_t>(kBlockBytes / (channels * static_cast<int64_t>(sizeof(T))), 8,
                                   kRowsPerFlush);
}

template <class T>
FoldedParams<T>::FoldedParams(const NormProgram<T>& program, int64_t channels, int64_t fold) {
  if (fold > 1)
    memory_ = Storage(static_cast<size_t>(program.params * channels * fold) * sizeof(T));
  for (int j = 0; j < program.params; ++j) {
    param[j] = program.param[j];
    if (fold == 1 || program.scalar_param[j]) continue;
    T* const repeated = reinterpret_cast<T*>(memory_.data()) + j * channels * fold;
    for (int64_t f = 0; f < fold; ++f)
      std::copy_n(program.param[j], channels, repeated + f * channels);
    param[j] = repeated;
  }
}

template <class T>
ColumnTable<T>::ColumnTable(const ColumnNorm<T>& norm, const Folding<T>& folding)
    : norm_(norm),
      folding_(folding),
      memory_(static_cast<size_t>((kMaxNormStats + 4) * folding.channels) * sizeof(T)),
      small_(static_cast<size_t>((2 * kMaxNormStats + 4) * norm.domains()) * sizeof(double)) {}

template <class T>
template <class Value>
void ColumnTable<T>::spread(T* target, Value value) const {
  for (int64_t d = 0; d < norm_.domains(); ++d)
    std::fill_n(target + d * norm_.merge, norm_.merge, value(d));
  for (int64_t f = 1; f < folding_.fold; ++f)
    std::copy_n(target, norm_.channels, target + f * norm_.channels);
}

template <class T>
NormCells ColumnTable<T>::cells(const double* mean, const double* m2, double positions) const {
  double* const n = doubles(0);
  if (norm_.given_mean) {
    std::fill_n(n, norm_.domains(), 1.0);
    return {norm_.domains(), n, norm_.given_mean, norm_.given_variance};
  }
  std::fill_n(n, norm_.domains(), positions * static_cast<double>(norm_.merge));
  return {norm_.domains(), n, mean, m2};
}

template <class T>
void ColumnTable<T>::tabulate(const double* mean, const double* m2, double positions) {
  const NormCells all = cells(mean, m2, positions);
  double* const stats = doubles(4);
  norm_.program.table->forward(all, stats);
  T* const lo = at(1);
  spread(at(0), [&](int64_t d) { return static_cast<T>(all.mean[d]); });
  spread(lo, [&](int64_t d) {
    T hi_part, lo_part;
    split_centre(all.mean[d], hi_part, lo_part);
    return lo_part;
  });
  for (int k = 0; k < norm_.program.stats; ++k)
    spread(at(2 + k), [&](int64_t d) { return static_cast<T>(stats[k * all.cells + d]); });
}

template <class T>
void ColumnTable<T>::tabulate_backward(const double* mean, const double* m2, double positions,
                                       const double* sums) {
  T* const one = at(kMaxNormStats + 2);
  T* const u = at(kMaxNormStats + 3);
  if (norm_.given_mean) {
    std::fill_n(one, folding_.channels, T(0));
    std::fill_n(u, folding_.channels, T(0));
    return;
  }
  const NormCells all = cells(mean, m2, positions);
  // Each domain's sum over its channels and their folded copies.
  const auto gather = [&](int array, int64_t d) {
    double sum = 0;
    for (int64_t f = 0; f < folding_.fold; ++f) {
      const double* const from = sums + array * folding_.channels + f * norm_.channels;
      for (int64_t c = d * norm_.merge; c < (d + 1) * norm_.merge; ++c) sum += from[c];
    }
    return sum;
  };
  double* const dstats = doubles(4 + kMaxNormStats);
  for (int k = 0; k < norm_.program.stats; ++k)
    for (int64_t d = 0; d < all.cells; ++d) dstats[k * all.cells + d] = gather(k, d);
  double* const dmean = doubles(2);
  double* const dm2 = doubles(3);
  norm_.program.table->backward(all, dstats, dmean, dm2);
  spread(one, [&](int64_t d) {
    if (!norm_.program.centred || all.n[d] == 0) return T(0);
    return static_cast<T>((dmean[d] - gather(norm_.program.stats, d)) / all.n[d]);
  });
  spread(u, [&](int64_t d) { return static_cast<T>(2.0 * dm2[d]); });
}

template <class T>
void ColumnTable<T>::show(NormBlock<T>& block) const {
  block.channels = folding_.channels;
  block.x_stride = folding_.channels;
  block.centre_hi = at(0);
  block.centre_lo = at(1);
  for (int k = 0; k < norm_.program.stats; ++k) block.stats[k] = at(2 + k);
}

template struct Folding<float>;
template struct Folding<double>;
template class FoldedParams<float>;
template class FoldedParams<double>;
template class ColumnTable<float>;
template class ColumnTable<double>;

}  // namespace norma::kernels
