#pragma once

// Block kernels of a formula whose statistics live per channel: centre and stats are loaded with
// the parameters, once a register of channels, and the inner loop runs over rows. Included by
// formula.h.
#include "layers/norms/formula.h"

namespace norma::formula {

// Everything of a register of channels that does not change from row to row.
template <class F, class T, class Lanes>
struct ChannelArguments {
  ChannelArguments(const kernels::NormBlock<T>& b, int64_t c, const Lanes& lanes) {
    load_params<F>(b, c, lanes, a);
    unrolled<F::kStats>([&](auto k) { a[2 + k] = lanes.load(b.stats[k] + c); });
    if constexpr (F::kCentred) {
      hi = lanes.load(b.centre_hi + c);
      lo = lanes.load(b.centre_lo + c);
    }
  }
  void load_element(const kernels::NormBlock<T>& b, int64_t row, int64_t c, const Lanes& lanes) {
    a[0] = lanes.load(b.x + row * b.x_stride + c);
    if constexpr (F::kCentred)
      a[1] = centred(a[0], hi, lo);
    else
      a[1] = a[0];
  }
  Arguments<F, T> a;
  Vec<T> hi, lo;
};

template <class F, class T>
void channels_forward(const kernels::NormForwardBlock<T>& b) {
  over_channels<T>(b.channels, [&](int64_t c, const auto& lanes) {
    ChannelArguments<F, T, std::remove_cvref_t<decltype(lanes)>> at(b, c, lanes);
    for (int64_t row = 0; row < b.rows; ++row) {
      at.load_element(b, row, c, lanes);
      lanes.store(value<F>(at.a), b.y + row * b.y_stride + c);
    }
  });
}

template <class F, By by, class T>
void channels_sums(const kernels::NormSumsBlock<T>& b) {
  using V = Vec<T>;
  over_channels<T>(b.channels, [&](int64_t c, const auto& lanes) {
    ChannelArguments<F, T, std::remove_cvref_t<decltype(lanes)>> at(b, c, lanes);
    V sums[kArguments<F>];
    for (V& sum : sums) sum = V(T(0));
    for (int64_t row = 0; row < b.rows; ++row) {
      at.load_element(b, row, c, lanes);
      const V dy = lanes.load(b.dy + row * b.dy_stride + c);
      const auto slope = slopes<F, by>(at.a);
      unrolled<kArguments<F> - 1>(
          [&](auto i) { add_product(sums[1 + i], dy, std::get<1 + i>(slope)); });
      if (b.dx) {
        V direct(T(0));
        add_product(direct, dy, direct_of(slope));
        lanes.store(direct, b.dx + row * b.dx_stride + c);
      }
    }
    const auto add_to = [&](V sum, T* target) { lanes.store(lanes.load(target) + sum, target); };
    if constexpr (F::kStats > 0) add_to(sums[1], b.dcentre + c);
    unrolled<F::kStats>([&](auto k) { add_to(sums[2 + k], b.dstats[k] + c); });
    unrolled<kParamCount<F>>([&](auto j) {
      const V param_sum = lanes.clean(sums[2 + F::kStats + j]);
      if constexpr (is_scalar<F>(j))
        b.dparams[j][0] += sum(param_sum);
      else
        add_to(param_sum, b.dparams[j] + c);
    });
  });
}

template <class F, By by, class T>
void channels_apply(const kernels::NormApplyBlock<T>& b) {
  using V = Vec<T>;
  over_channels<T>(b.channels, [&](int64_t c, const auto& lanes) {
    ChannelArguments<F, T, std::remove_cvref_t<decltype(lanes)>> at(b, c, lanes);
    const V along_one = lanes.load(b.along_one + c), along_u = lanes.load(b.along_u + c);
    for (int64_t row = 0; row < b.rows; ++row) {
      at.load_element(b, row, c, lanes);
      V dx = along_u * at.a[1] + along_one;
      add_product(dx, lanes.load(b.dy + row * b.dy_stride + c), direct_of(slopes<F, by>(at.a)));
      lanes.store(dx, b.dx + row * b.dx_stride + c);
    }
  });
}

template <class F, By by, class T>
kernels::NormBlockKernels<T> channel_kernels() {
  return {&channels_forward<F, T>, &channels_sums<F, by, T>, &channels_apply<F, by, T>};
}

}  // namespace norma::formula
