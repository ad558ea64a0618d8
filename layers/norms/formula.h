#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/kernels/dual.h"
#include "core/kernels/norm/block.h"
#include "core/kernels/simd.h"
#include "core/kernels/vmath.h"
#include "layers/norms/definition.h"
#include "layers/norms/state_copy.h"

// Compiles a norm's formula into the block kernels and the table that the drivers call.
//
// A formula is a struct F with
//   kParams   std::array of NormParam: what is learned
//   kStats    how many numbers the table hands to the map (0: a pointwise map without statistics)
//   kCentred  whether moments are taken about the mean
//   domain()  which elements share a statistic
//   table(m)  from Moments to the stat, or a std::array of kStats
//   map(x, u, stats …, params …)   static; u = x − mean, computed accurately by the driver
// written once for every number type (`auto` parameters). Derivatives come from dual numbers, one
// argument at a time; a formula may instead say them itself in
//   pullback(dy, x, u, stats …, params …)   a std::tuple of dy·∂map/∂ each argument after dy, kZero
//   where there is none
// and where it applies, all optional:
//   table(m, past)   a table that looks at the running statistics, see Past in formula_table.h;
//   with
//                    kDetaches = true it makes values of past.detached, which take no gradient
//   deviation(u, params …)   static; what Σ goes into m.m2 in place of u²
//   running()        the running statistics to keep; tracked(m) what beside the mean (the unbiased
//                    variance), given(tracked) the stats that follow from it in eval
//   advance, at_rest, control with kState   in place of a table, see formula_streaming.h
//   kCostly = true   the map holds an elementary function and its statistics live per channel:
//                    the first pass back keeps dy·∂f/∂x in dx, so that the second need not
//                    differentiate the map again
//   kApproximate = true   the backward is not the derivative of the forward
//   cut(domain)      lets options say more of the domain
//   learned(params)  lets options change what is learned
// For the loops of the kernels: everything they call becomes part of them, down to the formula. A
// call would pass every argument of the map through memory. They copy the block they are given: a
// store of an element may not change the copy, so that its pointers stay in registers.
// Not where every access is checked (the asan preset): such a loop takes many minutes to compile.
#if defined(__SANITIZE_ADDRESS__)
#define NORMA_FLATTEN
#else
#define NORMA_FLATTEN [[gnu::flatten]]
#endif

namespace norma {

// Moments of one domain. For uncentred statistics mean is 0 and m2 = Σx².
template <class N, class M, class D>
struct Moments {
  N n;
  M mean;
  D m2;
  auto variance() const { return m2 / n; }  // biased
  auto mean_square() const { return m2 / n; }
  // √Σx² of uncentred statistics, but at least `floor` > 0. Where both are equal the slope is that
  // of the root, as PyTorch's clamp_min.
  auto length(double floor) const {
    return clamp(sqrt(m2), D(floor), D(std::numeric_limits<double>::infinity()));
  }
};

// The derivative by an argument on which a map does not depend.
struct Zero {};
inline constexpr Zero kZero;

namespace formula {

template <class T>
using Vec = math::Vec<T>;

template <class R>
struct IsDual : std::false_type {};
template <class R>
struct IsDual<math::Dual<R>> : std::true_type {};

template <class F>
inline constexpr int kArguments = 2 + F::kStats + static_cast<int>(F::kParams.size());

// dy·slope; nothing for a derivative that is known to be zero.
template <class V, class S>
auto product(V dy, const S& slope) {
  if constexpr (std::is_same_v<S, Zero>)
    return kZero;
  else
    return dy * slope;
}
template <class V, class S>
void add(V& sum, const S& term) {
  if constexpr (!std::is_same_v<S, Zero>) sum += term;
}

template <bool seeded, class V>
auto argument(V value) {
  if constexpr (seeded)
    return math::Dual<V>(value, V(1));
  else
    return value;
}

template <class F, uint32_t seeds, class Arguments, size_t... i>
auto dual_slope(const Arguments& a, std::index_sequence<i...>) {
  const auto y = F::map(argument<((seeds >> i) & 1) != 0>(a[i])...);
  if constexpr (IsDual<std::remove_cvref_t<decltype(y)>>::value)
    return y.slope;
  else
    return kZero;
}

// Whether its table mixes domains, see formula_joint.h.
template <class F>
inline constexpr bool kMixes = requires {
  F::kMixing;
};

// How a formula is differentiated.
enum class By : uint8_t { kDual, kHand };

template <class F, class Indices>
inline constexpr bool kPullbackTakes = false;
template <class F, size_t... i>
inline constexpr bool kPullbackTakes<F, std::index_sequence<i...>> = requires(Vec<double> v) {
  F::pullback(v, (static_cast<void>(i), v)...);
};
template <class F>
inline constexpr bool kHasPullback = kPullbackTakes<F, std::make_index_sequence<kArguments<F>>>;

// All of dy·∂map/∂argument at the arguments a = {x, u, stats …, params …}, as a tuple.
template <class F, By by, class V, class Arguments>
auto pulled_back(V dy, const Arguments& a) {
  if constexpr (by == By::kHand) {
    return std::apply([&](auto... each) { return F::pullback(dy, each...); }, a);
  } else {
    constexpr auto kAll = std::make_index_sequence<kArguments<F>>{};
    return [&]<size_t... i>(std::index_sequence<i...>) {
      return std::tuple(product(dy, dual_slope<F, 1u << i>(a, kAll))...);
    }
    (kAll);
  }
}

// dy·∂map/∂x with u moving along, which is what passes straight from dy to dx.
template <class V, class Terms>
void add_direct(V& sum, const Terms& all) {
  add(sum, std::get<0>(all));
  add(sum, std::get<1>(all));
}

template <class F, class Arguments>
auto value(const Arguments& a) {
  return std::apply([](auto... each) { return F::map(each...); }, a);
}

// Runs body(constant) for constant = 0 … n-1, unrolled.
template <int n, class Body>
void unrolled(Body&& body) {
  [&]<int... i>(std::integer_sequence<int, i...>) { (body(std::integral_constant<int, i>{}), ...); }
  (std::make_integer_sequence<int, n>{});
}

// Registers in a line of the cache.
inline constexpr int kInLine = 64 / math::kVectorBytes;

// A register's worth of channels: all lanes real, or the last few of a row.
template <class T>
struct FullLanes {
  Vec<T> load(const T* p) const { return Vec<T>::load(p); }
  void store(Vec<T> v, T* p) const { v.store(p); }
  auto clean(auto term) const { return term; }
};
template <class T>
struct FirstLanes {
  int64_t n;
  Vec<T> load(const T* p) const { return Vec<T>::load_first(p, n); }
  void store(Vec<T> v, T* p) const { v.store_first(p, n); }
  // Padding lanes hold no data: whatever the formula makes of them must not enter a sum.
  Vec<T> clean(Vec<T> v) const { return select(math::Mask<T>::first(n), v, Vec<T>(T(0))); }
  Zero clean(Zero) const { return kZero; }
};

template <class T, class Body>
void over_channels(int64_t channels, Body&& body) {
  constexpr int64_t kLanes = Vec<T>::lanes;
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) body(c, FullLanes<T>{});
  if (c < channels) body(c, FirstLanes<T>{channels - c});
}

// The same along a row, telling of each register whether a line of the cache begins with it: what
// is asked for ahead comes by lines.
template <class T, class Body>
void along_row(int64_t channels, Body&& body) {
  constexpr int64_t kLanes = Vec<T>::lanes;
  int64_t c = 0;
  for (; c + kInLine * kLanes <= channels; c += kInLine * kLanes)
    unrolled<kInLine>(
        [&](auto k) { body(c + k * kLanes, FullLanes<T>{}, std::bool_constant<k() == 0>{}); });
  for (; c + kLanes <= channels; c += kLanes) body(c, FullLanes<T>{}, std::true_type{});
  if (c < channels) body(c, FirstLanes<T>{channels - c}, std::true_type{});
}

// Asks for memory that a walk down the rows comes to some rows later, so that it arrives while this
// row is computed: the processor's own prefetch stops at each page of 4 KiB, and it looks only as
// far ahead as a few registers of a long formula. Beyond the end it does no harm.
enum class For : uint8_t { kRead, kWrite };
inline constexpr int64_t kAheadBytes = 2048;
template <For use = For::kRead, class T>
void prefetch_ahead(const T* p, int64_t elements = kAheadBytes / static_cast<int64_t>(sizeof(T))) {
  __builtin_prefetch(p + elements, use == For::kWrite);
}

// How many rows or registers a loop takes together. Float64 is there to check float32 and runs in
// no race, so it takes one: half of the machine code, and of the time to compile it.
template <class T, int wanted>
inline constexpr int kTogether = std::is_same_v<T, double> ? 1 : wanted;

template <class F>
constexpr bool is_scalar(int param) {
  return F::kParams[static_cast<size_t>(param)].scalar;
}
template <class F>
inline constexpr int kParamCount = static_cast<int>(F::kParams.size());

// The arguments of the map for one register, except x and u.
template <class F, class T>
using Arguments = std::array<Vec<T>, static_cast<size_t>(kArguments<F>)>;

template <class F, class T, class Lanes>
void load_params(const kernels::NormBlock<T>& b, int64_t c, const Lanes& lanes,
                 Arguments<F, T>& a) {
  unrolled<kParamCount<F>>([&](auto j) {
    a[2 + F::kStats + j] = is_scalar<F>(j) ? Vec<T>(b.params[j][0]) : lanes.load(b.params[j] + c);
  });
}

// u = x − mean. In float64 the mean needs no second part.
template <class T>
Vec<T> centred(Vec<T> x, Vec<T> hi, Vec<T> lo) {
  if constexpr (std::is_same_v<T, double>)
    return x - hi;
  else
    return (x - hi) - lo;
}

}  // namespace formula
}  // namespace norma

#include "layers/norms/formula_channels.h"
#include "layers/norms/formula_rows.h"
#include "layers/norms/formula_streaming.h"
#include "layers/norms/formula_table.h"

namespace norma {

// Everything the machinery needs to know of formula F with its options set.
template <class F,
          formula::By by = formula::kHasPullback<F> ? formula::By::kHand : formula::By::kDual>
NormDefinition define_norm(const F& options) {
  NormDefinition made;
  made.domain = options.domain();
  if constexpr (requires { options.cut(made.domain); }) options.cut(made.domain);
  static_assert(F::kStats <= kernels::kMaxNormStats && F::kParams.size() <= kernels::kMaxNormParams,
                "more than the block kernels' arrays hold");
  made.centred = F::kCentred;
  made.stats = F::kStats;
  if constexpr (requires { F::kBounded; }) made.bounded = made.reads_scaled = F::kBounded;
  // A domain that does not depend on options is known now, and only its loop shape is compiled.
  constexpr bool kKnown = requires { std::bool_constant<F::domain().per_row()>{}; };
  const auto rows = [&] {
    made.float_kernels = formula::row_kernels<F, by, float>();
    made.double_kernels = formula::row_kernels<F, by, double>();
  };
  const auto channels = [&] {
    made.float_kernels = formula::channel_kernels<F, by, float>();
    made.double_kernels = formula::channel_kernels<F, by, double>();
  };
  if constexpr (kKnown) {
    if constexpr (F::domain().per_row())
      rows();
    else
      channels();
  } else {
    made.domain.per_row() ? rows() : channels();
  }
  if constexpr (formula::kStreams<F>) {
    made.streaming = std::make_shared<formula::Streaming<F>>(options);
    static_assert(F::kState.size() <= StateCopy::kMost);
    made.state.assign(F::kState.begin(), F::kState.end());
  } else if constexpr (F::kStats > 0 && !formula::kMixes<F>) {
    made.table = std::make_shared<formula::Table<F>>(options);
  }
  made.traits.mixes_domains = formula::kMixes<F>;
  for (const NormParam& param : F::kParams) made.params.push_back(param);
  if constexpr (requires { options.learned(made.params); }) options.learned(made.params);
  if constexpr (requires { options.running(); }) made.running = options.running();
  if constexpr (requires { F::kApproximate; }) made.traits.approximate_backward = F::kApproximate;
  if constexpr (requires { F::kDetaches; }) made.traits.detaches = F::kDetaches;
  if constexpr (requires { options.partial; }) made.partial = options.partial;
  return made;
}

}  // namespace norma
