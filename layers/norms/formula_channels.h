#pragma once

// Block kernels of a formula whose statistics live per channel: centre and stats are loaded with
// the parameters, once a register of channels, and the inner loop runs over rows. Included by
// formula.h.
//
// `together` neighbouring registers go down the rows at once: memory is then read in whole
// stretches of a row, and the sums of one register hide the latency of another's.
#include "layers/norms/formula.h"

namespace norma::formula {

// Calls body(together, first channel, lanes): as many registers together as wanted, then single
// ones.
template <class T, int wanted, class Body>
void over_registers(int64_t channels, Body&& body) {
  constexpr int64_t kLanes = Vec<T>::lanes;
  constexpr int together = kTogether<T, wanted>;
  int64_t c = 0;
  for (; c + together * kLanes <= channels; c += together * kLanes)
    body(std::integral_constant<int, together>{}, c, FullLanes<T>{});
  if constexpr (together > 1)
    for (; c + kLanes <= channels; c += kLanes)
      body(std::integral_constant<int, 1>{}, c, FullLanes<T>{});
  if (c < channels) body(std::integral_constant<int, 1>{}, c, FirstLanes<T>{channels - c});
}

// Whether memory is asked for ahead with the k-th of neighbouring registers: it comes by lines.
constexpr bool begins_line(int k) { return k % kInLine == 0; }

// Everything of a register of channels that does not change from row to row.
template <class F, class T, class Lanes>
struct ChannelArguments {
  void load(const kernels::NormBlock<T>& b, int64_t c, const Lanes& lanes) {
    load_params<F>(b, c, lanes, a);
    unrolled<F::kStats>([&](auto k) { a[2 + k] = lanes.load(b.stats[k] + c); });
    if constexpr (F::kCentred) {
      hi = lanes.load(b.centre_hi + c);
      lo = lanes.load(b.centre_lo + c);
    }
  }
  void load_element(const T* x, const Lanes& lanes) {
    a[0] = lanes.load(x);
    if constexpr (F::kCentred)
      a[1] = centred(a[0], hi, lo);
    else
      a[1] = a[0];
  }
  Arguments<F, T> a;
  Vec<T> hi, lo;
};

// The arguments of several neighbouring registers.
template <class F, class T, class Lanes, int together>
struct NeighbourArguments {
  NeighbourArguments(const kernels::NormBlock<T>& b, int64_t c, const Lanes& lanes) {
    unrolled<together>([&](auto k) { at[k].load(b, c + k * Vec<T>::lanes, lanes); });
  }
  ChannelArguments<F, T, Lanes> at[together];
};

template <class F, class T>
NORMA_FLATTEN void channels_forward(const kernels::NormForwardBlock<T>& block) {
  const kernels::NormForwardBlock<T> b = block;
  over_registers<T, 4>(b.channels, [&](auto together, int64_t c, const auto& lanes) {
    NeighbourArguments<F, T, std::remove_cvref_t<decltype(lanes)>, together> all(b, c, lanes);
    for (int64_t row = 0; row < b.rows; ++row) {
      const T* const x = b.x + row * b.x_stride + c;
      T* const y = b.y + row * b.y_stride + c;
      unrolled<together>([&](auto k) {
        auto& at = all.at[k];
        if constexpr (begins_line(k)) prefetch_ahead(x + k * Vec<T>::lanes);
        at.load_element(x + k * Vec<T>::lanes, lanes);
        lanes.store(value<F>(at.a), y + k * Vec<T>::lanes);
      });
    }
  });
}

// Whether the first pass back leaves dy·∂f/∂x in dx for the second: for a map that costs more than
// its memory.
template <class F>
inline constexpr bool kKeepsDirect = requires {
  requires F::kCostly;
};

template <class F, By by, class T>
NORMA_FLATTEN void channels_sums(const kernels::NormSumsBlock<T>& block) {
  const kernels::NormSumsBlock<T> b = block;
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes;
  over_registers<T, 2>(b.channels, [&](auto together, int64_t c, const auto& lanes) {
    NeighbourArguments<F, T, std::remove_cvref_t<decltype(lanes)>, together> all(b, c, lanes);
    V sums[together][kArguments<F>];
    for (auto& of_register : sums)
      for (V& sum : of_register) sum = V(T(0));
    for (int64_t row = 0; row < b.rows; ++row) {
      const T* const x = b.x + row * b.x_stride + c;
      const T* const dys = b.dy + row * b.dy_stride + c;
      unrolled<together>([&](auto k) {
        auto& at = all.at[k];
        if constexpr (begins_line(k)) {
          prefetch_ahead(x + k * kLanes);
          prefetch_ahead(dys + k * kLanes);
        }
        at.load_element(x + k * kLanes, lanes);
        const V dy = lanes.load(dys + k * kLanes);
        const auto terms = pulled_back<F, by>(dy, at.a);
        unrolled<kArguments<F> - 1>([&](auto i) { add(sums[k][1 + i], std::get<1 + i>(terms)); });
        if constexpr (kKeepsDirect<F>) {
          V direct(T(0));
          add_direct(direct, terms);
          lanes.store(direct, b.dx + row * b.dx_stride + c + k * kLanes);
        }
      });
    }
    unrolled<together>([&](auto k) {
      const int64_t at = c + k * kLanes;
      const auto add_to = [&](V sum, T* target) {
        lanes.store(lanes.load(target + at) + sum, target + at);
      };
      if constexpr (F::kStats > 0) add_to(sums[k][1], b.dcentre);
      unrolled<F::kStats>([&](auto s) { add_to(sums[k][2 + s], b.dstats[s]); });
      unrolled<kParamCount<F>>([&](auto j) {
        const V param_sum = lanes.clean(sums[k][2 + F::kStats + j]);
        if constexpr (is_scalar<F>(j))
          b.dparams[j][0] += sum(param_sum);
        else
          add_to(param_sum, b.dparams[j]);
      });
    });
  });
}

// Whether the second moment is one of the formula's own, Σ deviation(u, params …), where Σu² is
// the rule. Its parameters are constants: none that is learned may enter.
template <class F, class Indices>
inline constexpr bool kDeviationTakes = false;
template <class F, size_t... j>
inline constexpr bool kDeviationTakes<F, std::index_sequence<j...>> = requires(Vec<double> v) {
  F::deviation(v, (static_cast<void>(j), v)...);
};
template <class F>
inline constexpr bool kHasDeviation =
    kDeviationTakes<F, std::make_index_sequence<F::kParams.size()>>;

// deviation(u, params …) and its derivative by u.
template <class F, class T>
math::Dual<Vec<T>> deviation_at(const Arguments<F, T>& a) {
  return [&]<size_t... j>(std::index_sequence<j...>) {
    return F::deviation(math::Dual<Vec<T>>(a[1], Vec<T>(T(1))), a[2 + F::kStats + j]...);
  }
  (std::make_index_sequence<F::kParams.size()>{});
}

template <class F, class T>
NORMA_FLATTEN void channels_deviation(const kernels::NormDeviationBlock<T>& block) {
  const kernels::NormDeviationBlock<T> b = block;
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes;
  over_registers<T, 4>(b.channels, [&](auto together, int64_t c, const auto& lanes) {
    NeighbourArguments<F, T, std::remove_cvref_t<decltype(lanes)>, together> all(b, c, lanes);
    V sums[together], slopes[together];
    unrolled<together>([&](auto k) { sums[k] = slopes[k] = V(T(0)); });
    for (int64_t row = 0; row < b.rows; ++row)
      unrolled<together>([&](auto k) {
        auto& at = all.at[k];
        const T* const x = b.x + row * b.x_stride + c + k * kLanes;
        if constexpr (begins_line(k)) prefetch_ahead(x);
        at.load_element(x, lanes);
        const auto here = deviation_at<F, T>(at.a);
        sums[k] += here.value;
        slopes[k] += here.slope;
      });
    unrolled<together>([&](auto k) {
      const int64_t at = c + k * kLanes;
      lanes.store(lanes.load(b.deviation + at) + sums[k], b.deviation + at);
      lanes.store(lanes.load(b.slope + at) + slopes[k], b.slope + at);
    });
  });
}

template <class F, By by, class T>
NORMA_FLATTEN void channels_apply(const kernels::NormApplyBlock<T>& block) {
  const kernels::NormApplyBlock<T> b = block;
  using V = Vec<T>;
  constexpr int64_t kLanes = V::lanes;
  over_registers<T, 4>(b.channels, [&](auto together, int64_t c, const auto& lanes) {
    NeighbourArguments<F, T, std::remove_cvref_t<decltype(lanes)>, together> all(b, c, lanes);
    V along_one[together], along_u[together];
    unrolled<together>([&](auto k) {
      along_one[k] = lanes.load(b.along_one + c + k * kLanes);
      along_u[k] = lanes.load(b.along_u + c + k * kLanes);
    });
    for (int64_t row = 0; row < b.rows; ++row) {
      const T* const x = b.x + row * b.x_stride + c;
      const T* const dy = b.dy + row * b.dy_stride + c;
      T* const dxs = b.dx + row * b.dx_stride + c;
      unrolled<together>([&](auto k) {
        auto& at = all.at[k];
        if constexpr (begins_line(k)) prefetch_ahead(x + k * kLanes);
        at.load_element(x + k * kLanes, lanes);
        V dx = along_one[k];
        if constexpr (kHasDeviation<F>)
          dx += along_u[k] * deviation_at<F, T>(at.a).slope;
        else
          dx += along_u[k] * at.a[1];
        if constexpr (kKeepsDirect<F>)
          dx += lanes.load(dxs + k * kLanes);
        else
          add_direct(dx, pulled_back<F, by>(lanes.load(dy + k * kLanes), at.a));
        lanes.store(dx, dxs + k * kLanes);
      });
    }
  });
}

template <class F, By by, class T>
kernels::NormBlockKernels<T> channel_kernels() {
  kernels::NormBlockKernels<T> made{&channels_forward<F, T>, &channels_sums<F, by, T>,
                                    &channels_apply<F, by, T>};
  if constexpr (kHasDeviation<F>) made.deviation = &channels_deviation<F, T>;
  made.keeps_direct = kKeepsDirect<F>;
  return made;
}

}  // namespace norma::formula
