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
    over_channels<T>(b.channels, [&](int64_t c, const auto& lanes) {
      load_params<F>(b, c, lanes, a);
      load_row_element<F>(b, row, c, lanes, a);
      lanes.store(value<F>(a), b.y + row * b.y_stride + c);
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

  over_channels<T>(b.channels, [&](int64_t c, const auto& lanes) {
    Arguments<F, T> a;
    load_params<F>(b, c, lanes, a);
    V param_sums[kParamCount<F> + 1];
    for (V& sum : param_sums) sum = V(T(0));
    unrolled<together>([&](auto r) {
      const int64_t row = first + r;
      load_row_stats<F>(b, row, a);
      load_row_element<F>(b, row, c, lanes, a);
      const V dy = lanes.load(b.dy + row * b.dy_stride + c);
      const auto slope = slopes<F, by>(a);
      unrolled<F::kStats>([&](auto k) {
        V term(T(0));
        add_product(term, dy, std::get<2 + k>(slope));
        stat_sums[k][r] += lanes.clean(term);
      });
      if constexpr (F::kCentred && F::kStats > 0) {
        V term(T(0));
        add_product(term, dy, std::get<1>(slope));
        stat_sums[F::kStats][r] += lanes.clean(term);
      }
      unrolled<kParamCount<F>>([&](auto j) {
        V term(T(0));
        add_product(term, dy, std::get<2 + F::kStats + j>(slope));
        param_sums[j] += lanes.clean(term);
      });
      if (b.dx) {
        V direct(T(0));
        add_product(direct, dy, direct_of(slope));
        lanes.store(direct, b.dx + row * b.dx_stride + c);
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
  for (; row + 4 <= b.rows; row += 4) rows_sums_of<F, by, T, 4>(b, row);
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
    over_channels<T>(b.channels, [&](int64_t c, const auto& lanes) {
      load_params<F>(b, c, lanes, a);
      load_row_element<F>(b, row, c, lanes, a);
      V dx = along_u * a[1] + along_one;
      add_product(dx, lanes.load(b.dy + row * b.dy_stride + c), direct_of(slopes<F, by>(a)));
      lanes.store(dx, b.dx + row * b.dx_stride + c);
    });
  }
}

template <class F, By by, class T>
kernels::NormBlockKernels<T> row_kernels() {
  return {&rows_forward<F, T>, &rows_sums<F, by, T>, &rows_apply<F, by, T>};
}

}  // namespace norma::formula
