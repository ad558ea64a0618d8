#pragma once

// Block kernels of a formula whose statistics live per row: stats are one number a row, the inner
// loop runs over channels. Included by formula.h.
#include "layers/norms/formula.h"

namespace norma::formula {

template <class F, class T>
void load_row_stats(const kernels::NormBlock<T>& b, int64_t row, Arguments<F, T>& a) {
  unrolled<F::kStats>([&](auto k) { a[2 + k] = Vec<T>(b.stats[k][row]); });
}

template <class F, class T, class Lanes>
void load_row_element(const kernels::NormBlock<T>& b, int64_t row, int64_t c, const Lanes& lanes,
                      Arguments<F, T>& a) {
  a[0] = lanes.load(b.x + row * b.x_stride + c);
  if constexpr (F::kCentred && F::kStats > 0)
    a[1] = centred(a[0], Vec<T>(b.centre_hi[row]), Vec<T>(b.centre_lo[row]));
  else
    a[1] = a[0];
}

template <class F, class T>
NORMA_FLATTEN void rows_forward(const kernels::NormForwardBlock<T>& block) {
  const kernels::NormForwardBlock<T> b = block;
  for (int64_t row = 0; row < b.rows; ++row) {
    Arguments<F, T> a;
    load_row_stats<F>(b, row, a);
    along_row<T>(b.channels, [&](int64_t c, const auto& lanes, auto begins_line) {
      load_params<F>(b, c, lanes, a);
      load_row_element<F>(b, row, c, lanes, a);
      T* const y = b.y + row * b.y_stride + c;
      if constexpr (begins_line) {
        prefetch_ahead(b.x + row * b.x_stride + c);
        prefetch_ahead<For::kWrite>(y);
      }
      lanes.store(value<F>(a), y);
    });
  }
}

// `together` rows at a time, so that a parameter's sum is loaded and stored once for all of them.
template <class F, By by, class T, int together>
void rows_sums_of(const kernels::NormSumsBlock<T>& b, int64_t first) {
  using V = Vec<T>;
  V stat_sums[F::kStats + 1][together];  // the last is for u
  for (auto& of_rows : stat_sums)
    for (V& sum : of_rows) sum = V(T(0));
  V scalar_sums[kParamCount<F> + 1];
  for (V& sum : scalar_sums) sum = V(T(0));

  along_row<T>(b.channels, [&](int64_t c, const auto& lanes, auto begins_line) {
    Arguments<F, T> a;
    load_params<F>(b, c, lanes, a);
    V param_sums[kParamCount<F> + 1];
    for (V& sum : param_sums) sum = V(T(0));
    unrolled<together>([&](auto r) {
      const int64_t row = first + r;
      load_row_stats<F>(b, row, a);
      load_row_element<F>(b, row, c, lanes, a);
      const T* const dys = b.dy + row * b.dy_stride + c;
      const V dy = lanes.load(dys);
      if constexpr (begins_line) {
        prefetch_ahead(b.x + row * b.x_stride + c, together * b.x_stride);
        prefetch_ahead(dys, together * b.dy_stride);
      }
      const auto terms = pulled_back<F, by>(dy, a);
      unrolled<F::kStats>(
          [&](auto k) { add(stat_sums[k][r], lanes.clean(std::get<2 + k>(terms))); });
      if constexpr (F::kCentred && F::kStats > 0)
        add(stat_sums[F::kStats][r], lanes.clean(std::get<1>(terms)));
      unrolled<kParamCount<F>>(
          [&](auto j) { add(param_sums[j], lanes.clean(std::get<2 + F::kStats + j>(terms))); });
      if constexpr (F::kStats == 0) {
        T* const dx = b.dx + row * b.dx_stride + c;
        if constexpr (begins_line) prefetch_ahead<For::kWrite>(dx, together * b.dx_stride);
        V direct(T(0));
        add_direct(direct, terms);
        lanes.store(direct, dx);
      }
    });
    unrolled<kParamCount<F>>([&](auto j) {
      if constexpr (is_scalar<F>(j))
        scalar_sums[j] += param_sums[j];
      else
        lanes.store(lanes.load(b.dparams[j] + c) + param_sums[j], b.dparams[j] + c);
    });
  });

  for (int r = 0; r < together; ++r) {
    for (int k = 0; k < F::kStats; ++k) b.dstats[k][first + r] = sum(stat_sums[k][r]);
    if (F::kStats > 0) b.dcentre[first + r] = sum(stat_sums[F::kStats][r]);
  }
  unrolled<kParamCount<F>>([&](auto j) {
    if constexpr (is_scalar<F>(j)) b.dparams[j][0] += sum(scalar_sums[j]);
  });
}

template <class F, By by, class T>
NORMA_FLATTEN void rows_sums(const kernels::NormSumsBlock<T>& block) {
  const kernels::NormSumsBlock<T> b = block;
  int64_t row = 0;
  constexpr int kWanted = kInLine == 1 ? 4 : 2;  // with narrow registers, four were slower
  constexpr int kRows = kTogether<T, kWanted>;
  for (; row + kRows <= b.rows; row += kRows) rows_sums_of<F, by, T, kRows>(b, row);
  if constexpr (kRows > 1)
    for (; row < b.rows; ++row) rows_sums_of<F, by, T, 1>(b, row);
}

template <class F, By by, class T>
NORMA_FLATTEN void rows_apply(const kernels::NormApplyBlock<T>& block) {
  const kernels::NormApplyBlock<T> b = block;
  using V = Vec<T>;
  for (int64_t row = 0; row < b.rows; ++row) {
    Arguments<F, T> a;
    load_row_stats<F>(b, row, a);
    const V along_one(b.along_one[row]), along_u(b.along_u[row]);
    along_row<T>(b.channels, [&](int64_t c, const auto& lanes, auto begins_line) {
      load_params<F>(b, c, lanes, a);
      load_row_element<F>(b, row, c, lanes, a);
      V dx = along_u * a[1] + along_one;
      if (b.beside) dx += lanes.load(b.beside + row * b.dx_stride + c);
      add_direct(dx, pulled_back<F, by>(lanes.load(b.dy + row * b.dy_stride + c), a));
      T* const dxs = b.dx + row * b.dx_stride + c;
      if constexpr (begins_line) prefetch_ahead<For::kWrite>(dxs);
      lanes.store(dx, dxs);
    });
  }
}

template <class F, By by, class T>
kernels::NormBlockKernels<T> row_kernels() {
  kernels::NormBlockKernels<T> made{&rows_forward<F, T>, &rows_sums<F, by, T>};
  if constexpr (F::kStats > 0) made.apply = &rows_apply<F, by, T>;
  return made;
}

}  // namespace norma::formula
