#pragma once

// The table of a formula over arrays of domains, in double. Included by formula.h.
#include "layers/norms/formula.h"

namespace norma::formula {

// What a table that looks back takes as its second argument: the running statistics before this
// step, and the batch's moments as plain numbers, for values that take no gradient.
template <class V>
struct Past {
  V mean, second;
  double updates;  // of the running statistics so far
  Moments<V, V, V> detached;
};

template <class F>
class Table final : public kernels::NormTable {
 public:
  explicit Table(const F& options) : formula_(options) {}

  void forward(const kernels::NormCells& cells, double* stats) const override {
    over_channels<double>(cells.cells, [&](int64_t i, const auto& lanes) {
      store(cells, i, lanes, evaluated(moments(cells, i, lanes), cells, i, lanes), stats);
    });
  }

  void backward(const kernels::NormCells& cells, const double* dstats, double* dmean,
                double* dm2) const override {
    over_channels<double>(cells.cells, [&](int64_t i, const auto& lanes) {
      const auto m = moments(cells, i, lanes);
      const Dual mean(m.mean, V(1.0)), m2(m.m2, V(1.0));
      const auto by_mean = evaluated(Moments<V, Dual, V>{m.n, mean, m.m2}, cells, i, lanes);
      const auto by_m2 = evaluated(Moments<V, V, Dual>{m.n, m.mean, m2}, cells, i, lanes);
      V along_mean(0.0), along_m2(0.0);
      unrolled<F::kStats>([&](auto k) {
        const V dstat = lanes.load(dstats + k * cells.cells + i);
        add_slope(along_mean, dstat, std::get<k()>(by_mean));
        add_slope(along_m2, dstat, std::get<k()>(by_m2));
      });
      lanes.store(along_mean, dmean + i);
      lanes.store(along_m2, dm2 + i);
    });
  }

  // The unbiased variance, unless the formula says what it tracks.
  void tracked(const kernels::NormCells& cells, double* second) const override {
    over_channels<double>(cells.cells, [&](int64_t i, const auto& lanes) {
      const auto m = moments(cells, i, lanes);
      if constexpr (requires { formula_.tracked(m); })
        lanes.store(formula_.tracked(m), second + i);
      else
        lanes.store(m.m2 / (m.n - 1), second + i);
    });
  }

  void given(const kernels::NormCells& cells, double* stats) const override {
    over_channels<double>(cells.cells, [&](int64_t i, const auto& lanes) {
      const V second = lanes.load(cells.m2 + i);
      if constexpr (requires { formula_.given(second); })
        store(cells, i, lanes, as_tuple(formula_.given(second)), stats);
      else if constexpr (!kLooksBack)
        store(cells, i, lanes,
              evaluated(Moments<V, V, V>{V(1.0), lanes.load(cells.mean + i), second}, cells, i,
                        lanes),
              stats);
    });
  }

  bool looks_back() const override { return kLooksBack; }

 private:
  using V = Vec<double>;
  using Dual = math::Dual<V>;

  template <class Lanes>
  static Moments<V, V, V> moments(const kernels::NormCells& cells, int64_t i, const Lanes& lanes) {
    return {lanes.load(cells.n + i), lanes.load(cells.mean + i), lanes.load(cells.m2 + i)};
  }
  static constexpr bool kLooksBack = requires(const F& formula, Moments<V, V, V> m, Past<V> past) {
    formula.table(m, past);
  };

  // The formula's table as a tuple.
  template <class M, class Lanes>
  auto evaluated(const M& m, const kernels::NormCells& cells, int64_t i, const Lanes& lanes) const {
    if constexpr (kLooksBack) {
      const V n = lanes.load(cells.n + i);
      const double* const mean = cells.held_mean ? cells.held_mean : cells.mean;
      const double* const m2 = cells.held_m2 ? cells.held_m2 : cells.m2;
      return as_tuple(formula_.table(m, Past<V>{lanes.load(cells.past_mean + i),
                                                lanes.load(cells.past_second + i),
                                                cells.updates,
                                                {n, lanes.load(mean + i), lanes.load(m2 + i)}}));
    } else {
      return as_tuple(formula_.table(m));
    }
  }
  template <class Lanes, class S>
  static void store(const kernels::NormCells& cells, int64_t i, const Lanes& lanes, const S& stats,
                    double* to) {
    unrolled<F::kStats>(
        [&](auto k) { lanes.store(std::get<k()>(stats), to + k * cells.cells + i); });
  }
  template <class S>
  static auto as_tuple(const S& stats) {
    if constexpr (
        requires { stats[0].value; } || requires { std::tuple_size<S>::value; })
      return stats;
    else
      return std::tuple(stats);
  }
  template <class S>
  static void add_slope(V& sum, V dstat, const S& stat) {
    if constexpr (IsDual<S>::value) sum += dstat * stat.slope;
  }

  F formula_;
};

}  // namespace norma::formula
