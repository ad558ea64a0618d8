#pragma once

// The table of a formula over arrays of domains, in double. Included by formula.h.
#include "layers/norms/formula.h"

namespace norma::formula {

template <class F>
class Table final : public kernels::NormTable {
 public:
  explicit Table(const F& options) : formula_(options) {}

  void forward(const kernels::NormCells& cells, double* stats) const override {
    over_channels<double>(cells.cells, [&](int64_t i, const auto& lanes) {
      const auto all = as_array(formula_.table(moments(cells, i, lanes)));
      unrolled<F::kStats>([&](auto k) { lanes.store(all[k], stats + k * cells.cells + i); });
    });
  }

  void backward(const kernels::NormCells& cells, const double* dstats, double* dmean,
                double* dm2) const override {
    over_channels<double>(cells.cells, [&](int64_t i, const auto& lanes) {
      const auto m = moments(cells, i, lanes);
      const Dual mean(m.mean, V(1.0)), m2(m.m2, V(1.0));
      const auto by_mean = as_array(formula_.table(Moments<V, Dual, V>{m.n, mean, m.m2}));
      const auto by_m2 = as_array(formula_.table(Moments<V, V, Dual>{m.n, m.mean, m2}));
      V along_mean(0.0), along_m2(0.0);
      unrolled<F::kStats>([&](auto k) {
        const V dstat = lanes.load(dstats + k * cells.cells + i);
        add_slope(along_mean, dstat, by_mean[k]);
        add_slope(along_m2, dstat, by_m2[k]);
      });
      lanes.store(along_mean, dmean + i);
      lanes.store(along_m2, dm2 + i);
    });
  }

 private:
  using V = Vec<double>;
  using Dual = math::Dual<V>;

  template <class Lanes>
  static Moments<V, V, V> moments(const kernels::NormCells& cells, int64_t i, const Lanes& lanes) {
    return {lanes.load(cells.n + i), lanes.load(cells.mean + i), lanes.load(cells.m2 + i)};
  }
  template <class S>
  static auto as_array(const S& stats) {
    if constexpr (
        requires { stats[0].value; } || requires { std::tuple_size<S>::value; })
      return stats;
    else
      return std::array<S, 1>{stats};
  }
  template <class S>
  static void add_slope(V& sum, V dstat, const S& stat) {
    if constexpr (IsDual<S>::value) sum += dstat * stat.slope;
  }

  F formula_;
};

}  // namespace norma::formula
