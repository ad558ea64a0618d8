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
      small_(static_cast<size_t>((kMaxNormStats + 3) * norm.domains()) * sizeof(double)) {}

template <class T>
template <class Value>
void ColumnTable<T>::spread(T* target, Value value) const {
  for (int64_t d = 0; d < norm_.domains(); ++d)
    std::fill_n(target + d * norm_.merge, norm_.merge, value(d));
  for (int64_t f = 1; f < folding_.fold; ++f)
    std::copy_n(target, norm_.channels, target + f * norm_.channels);
}

template <class T>
NormCells ColumnTable<T>::cells(int64_t sample, const ColumnState& here) const {
  double* const n = doubles(0);
  std::fill_n(n, norm_.domains(), *here.positions * static_cast<double>(norm_.merge));
  NormCells all{norm_.domains(), n, here.mean, here.m2};
  all.past_mean = norm_.past_mean;
  all.past_second = norm_.past_second;
  all.updates = norm_.updates;
  if (norm_.held_mean) {
    all.held_mean = norm_.held_mean + sample * norm_.domains();
    all.held_m2 = norm_.held_m2 + sample * norm_.domains();
  }
  return all;
}

template <class T>
void ColumnTable<T>::centre_at(const double* mean) {
  spread(at(0), [&](int64_t d) { return static_cast<T>(mean[d]); });
  spread(at(1), [&](int64_t d) {
    T hi_part, lo_part;
    split_centre(mean[d], hi_part, lo_part);
    return lo_part;
  });
}

template <class T>
void ColumnTable<T>::tabulate(int64_t sample, const ColumnState& here) {
  const double* stats = nullptr;
  if (norm_.given.centre) {
    centre_at(given(norm_.given.centre, sample));
    stats = given(norm_.given.stats, sample, norm_.program.stats);
  } else {
    centre_at(here.mean);
    norm_.program.table->forward(cells(sample, here), doubles(3));
    stats = doubles(3);
  }
  for (int k = 0; k < norm_.program.stats; ++k)
    spread(at(2 + k), [&](int64_t d) { return static_cast<T>(stats[k * norm_.domains() + d]); });
}

template <class T>
void ColumnTable<T>::gather(const double* folded, int64_t arrays, double* sums) const {
  for (int64_t array = 0; array < arrays; ++array)
    for (int64_t d = 0; d < norm_.domains(); ++d) {
      double sum = 0;
      for (int64_t f = 0; f < folding_.fold; ++f) {
        const double* const from = folded + array * folding_.channels + f * norm_.channels;
        for (int64_t c = d * norm_.merge; c < (d + 1) * norm_.merge; ++c) sum += from[c];
      }
      sums[array * norm_.domains() + d] = sum;
    }
}

template <class T>
void ColumnTable<T>::tabulate_backward(int64_t sample, const ColumnState& here,
                                       const double* sums) {
  T* const one = at(kMaxNormStats + 2);
  T* const u = at(kMaxNormStats + 3);
  if (norm_.given.centre) {
    const auto take = [&](const double* from, T* target) {
      if (!from)
        std::fill_n(target, folding_.channels, T(0));
      else
        spread(target, [&](int64_t d) { return static_cast<T>(given(from, sample)[d]); });
    };
    take(norm_.given.along_one, one);
    take(norm_.given.along_u, u);
    return;
  }
  const NormCells all = cells(sample, here);
  const double* const dcentre = sums + norm_.program.stats * norm_.domains();
  double* const dmean = doubles(1);
  double* const dm2 = doubles(2);
  norm_.program.table->backward(all, sums, dmean, dm2);
  const bool own_deviation = norm_.program.kernels->deviation;
  spread(one, [&](int64_t d) {
    if (!norm_.program.centred || all.n[d] == 0) return T(0);
    const double by_deviation = own_deviation ? dm2[d] * here.slope[d] : 0;
    return static_cast<T>((dmean[d] - dcentre[d] - by_deviation) / all.n[d]);
  });
  spread(u, [&](int64_t d) { return static_cast<T>(own_deviation ? dm2[d] : 2.0 * dm2[d]); });
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
