#pragma once

#include <algorithm>
#include <array>

#include "core/kernels/norm/joint_table.h"
#include "core/kernels/norm/moments.h"
#include "layers/norms/formula.h"

// Formulas whose table mixes domains. Such a struct F is a formula of domain sample_channel() with,
// in the place of table(m),
//   kMixing   std::array of TableParam: numbers that the table itself learns, m.learned in order
//   mix(m)    from JointMoments to the stat, or a std::array of kStats
// and where it applies
//   pool(m)   from the Moments of a sample's channel to a number, whose mean over the sample's
//             channels is m.pooled
//   kUnbiased = true: the variance of a sample's channel is Σ(x − mean)²/(n − 1), also where it
//             enters the variance of a larger domain. The running variance is then that of the
//             batch as merged; without it, unbiased.
namespace norma {

template <class R>
struct JointMoments {
  Moments<R, R, R> instance;  // a channel of a sample
  Moments<R, R, R> layer;     // all channels of a sample
  Moments<R, R, R> batch;     // a channel of all samples, in eval from the running statistics
  R pooled;
  static constexpr int kMostLearned = 8;
  std::array<R, kMostLearned> learned;
};

// A small tensor that a table learns.
struct TableParam {
  const char* name;
  int64_t numbers;
  double initial;
};

namespace formula {

template <class F>
constexpr int learned_numbers() {
  int64_t count = 0;
  for (const TableParam& param : F::kMixing) count += param.numbers;
  return static_cast<int>(count);
}

template <class F>
class MixedTable final : public kernels::JointTable {
  using Cells = kernels::JointCells;
  using V = Vec<double>;
  using Dual = math::Dual<V>;
  // What a cell's stats follow from: mean and m2 of the three domains, pooled, learned.
  static constexpr int kInputs = 7 + learned_numbers<F>();
  static_assert(learned_numbers<F>() <= JointMoments<V>::kMostLearned);
  static constexpr bool kUnbiased = requires { requires F::kUnbiased; };
  static constexpr bool kPools = requires(const F& f, Moments<V, V, V> m) { f.pool(m); };

 public:
  explicit MixedTable(const F& options) : formula_(options) {}

  void forward(const Cells& cells, double* stats) const override {
    const Merged merged(*this, cells);
    for (int64_t s = 0; s < cells.samples; ++s)
      over_channels<double>(cells.channels, [&](int64_t c, const auto& lanes) {
        const auto all = as_array(formula_.mix(moments<V>(merged.inputs(s, c, lanes), merged, s)));
        unrolled<F::kStats>(
            [&](auto k) { lanes.store(all[k], stats + (s * F::kStats + k) * cells.channels + c); });
      });
  }

  void backward(const Cells& cells, const double* sums, double* along_one, double* along_u,
                double* dlearned) const override {
    const Merged merged(*this, cells);
    Merged grads(*this, cells, Merged::kZero);
    for (int64_t s = 0; s < cells.samples; ++s) {
      if (cells.positions[s] == 0) continue;
      over_channels<double>(cells.channels, [&](int64_t c, const auto& lanes) {
        const std::array<V, kInputs> d = slopes(merged, sums, s, c, lanes);
        lanes.store(d[0], along_one + s * cells.channels + c);
        lanes.store(d[1], along_u + s * cells.channels + c);
        grads.layer_mean[s] += sum(lanes.clean(d[2]));
        grads.layer_m2[s] += sum(lanes.clean(d[3]));
        lanes.store(lanes.load(grads.batch_mean + c) + d[4], grads.batch_mean + c);
        lanes.store(lanes.load(grads.batch_m2 + c) + d[5], grads.batch_m2 + c);
        grads.pooled[s] += sum(lanes.clean(d[6]));
        for (int i = 7; i < kInputs; ++i)
          dlearned[i - 7] += sum(lanes.clean(d[static_cast<size_t>(i)]));
      });
    }
    for (int64_t s = 0; s < cells.samples; ++s)
      over_channels<double>(cells.channels, [&](int64_t c, const auto& lanes) {
        through_merges(merged, grads, sums, s, c, lanes, along_one, along_u);
      });
  }

  double merged(const Cells& cells, double* mean, double* m2) const override {
    const Merged all(*this, cells);
    std::copy_n(all.batch_mean, cells.channels, mean);
    std::copy_n(all.batch_m2, cells.channels, m2);
    return all.batch_n;
  }
  void tracked(double n, int64_t channels, const double* m2, double* variance) const override {
    for (int64_t c = 0; c < channels; ++c) variance[c] = m2[c] / (kUnbiased ? n : n - 1);
  }

 private:
  // The larger domains, or the gradients of their moments.
  struct Merged {
    enum Zero { kZero };
    Merged(const MixedTable& table, const Cells& cells, Zero) : table(table), cells(cells) {
      std::fill_n(layer_mean, 3 * cells.samples + 2 * cells.channels, 0.0);
    }
    Merged(const MixedTable& table, const Cells& cells) : Merged(table, cells, kZero) {
      for (int64_t s = 0; s < cells.samples; ++s) merge_sample(s);
      batch_n = 0;
      for (int64_t s = 0; s < cells.samples; ++s) batch_n += cells.positions[s];
      if (!cells.given_mean) return;
      // As the moments of one element, whose variance is m2.
      batch_n = 1;
      std::copy_n(cells.given_mean, cells.channels, batch_mean);
      std::copy_n(cells.given_variance, cells.channels, batch_m2);
    }
    void merge_sample(int64_t s) {
      const double n = cells.positions[s];
      double layer_n = 0, n_before = 0;
      for (int64_t before = 0; before < s; ++before) n_before += cells.positions[before];
      for (int64_t c = 0; c < cells.channels; ++c) {
        const int64_t i = s * cells.channels + c;
        const double m2 = cells.m2[i] * table.factor(n);
        kernels::merge_moments(layer_n, layer_mean[s], layer_m2[s], n, cells.mean[i], m2);
        double batch = n_before;
        kernels::merge_moments(batch, batch_mean[c], batch_m2[c], n, cells.mean[i], m2);
      }
      if constexpr (kPools)
        over_channels<double>(cells.channels, [&](int64_t c, const auto& lanes) {
          pooled[s] += sum(lanes.clean(table.formula_.pool(instance(s, c, lanes)))) /
                       static_cast<double>(cells.channels);
        });
    }
    template <class Lanes>
    Moments<V, V, V> instance(int64_t s, int64_t c, const Lanes& lanes) const {
      const int64_t i = s * cells.channels + c;
      const double n = cells.positions[s];
      return {V(n), lanes.load(cells.mean + i), lanes.load(cells.m2 + i) * table.factor(n)};
    }
    template <class Lanes>
    std::array<V, kInputs> inputs(int64_t s, int64_t c, const Lanes& lanes) const {
      const Moments<V, V, V> own = instance(s, c, lanes);
      std::array<V, kInputs> all{own.mean,
                                 own.m2,
                                 V(layer_mean[s]),
                                 V(layer_m2[s]),
                                 lanes.load(batch_mean + c),
                                 lanes.load(batch_m2 + c),
                                 V(pooled[s])};
      for (int i = 7; i < kInputs; ++i) all[static_cast<size_t>(i)] = V(cells.learned[i - 7]);
      return all;
    }

    const MixedTable& table;
    const Cells& cells;
    Storage memory{static_cast<size_t>(3 * cells.samples + 2 * cells.channels) * sizeof(double)};
    double* layer_mean = reinterpret_cast<double*>(memory.data());
    double* layer_m2 = layer_mean + cells.samples;
    double* pooled = layer_m2 + cells.samples;
    double* batch_mean = pooled + cells.samples;
    double* batch_m2 = batch_mean + cells.channels;
    double batch_n = 0;
  };

  // From a cell's Σ(x − mean)² to the m2 that the formula sees.
  static double factor(double n) { return kUnbiased && n > 1 ? n / (n - 1) : 1; }

  template <class R>
  static JointMoments<R> moments(const std::array<R, kInputs>& in, const Merged& merged,
                                 int64_t s) {
    const double n = merged.cells.positions[s],
                 channels = static_cast<double>(merged.cells.channels);
    JointMoments<R> m{{R(V(n)), in[0], in[1]},
                      {R(V(n * channels)), in[2], in[3]},
                      {R(V(merged.batch_n)), in[4], in[5]},
                      in[6],
                      {}};
    for (int i = 7; i < kInputs; ++i)
      m.learned[static_cast<size_t>(i - 7)] = in[static_cast<size_t>(i)];
    return m;
  }

  // Σ_k dstat_k·∂stat_k/∂input for each input.
  template <class Lanes>
  std::array<V, kInputs> slopes(const Merged& merged, const double* sums, int64_t s, int64_t c,
                                const Lanes& lanes) const {
    const int64_t channels = merged.cells.channels;
    const std::array<V, kInputs> at = merged.inputs(s, c, lanes);
    std::array<V, kInputs> d;
    for (size_t i = 0; i < kInputs; ++i) {
      std::array<Dual, kInputs> seeded;
      for (size_t j = 0; j < kInputs; ++j) seeded[j] = Dual(at[j], V(i == j ? 1.0 : 0.0));
      const auto all = as_array(formula_.mix(moments<Dual>(seeded, merged, s)));
      d[i] = V(0.0);
      for (int k = 0; k < F::kStats; ++k)
        d[i] += lanes.load(sums + (s * (F::kStats + 1) + k) * channels + c) *
                all[static_cast<size_t>(k)].slope;
    }
    return d;
  }

  // From the gradients of all domains' moments to the coefficients of 1 and u in dx. A merged mean
  // moves with a cell's by its share of elements, a merged m2 by 2n(mean − merged mean).
  template <class Lanes>
  void through_merges(const Merged& merged, const Merged& grads, const double* sums, int64_t s,
                      int64_t c, const Lanes& lanes, double* along_one, double* along_u) const {
    const Cells& cells = merged.cells;
    const double n = cells.positions[s], channels = static_cast<double>(cells.channels);
    const int64_t i = s * cells.channels + c;
    if (n == 0) {
      lanes.store(V(0.0), along_one + i);
      lanes.store(V(0.0), along_u + i);
      return;
    }
    const Moments<V, V, V> own = merged.instance(s, c, lanes);
    V dmean = lanes.load(along_one + i), dm2 = lanes.load(along_u + i);
    dmean += V(grads.layer_mean[s]) / channels +
             (own.mean - merged.layer_mean[s]) * (2 * n * grads.layer_m2[s]);
    dm2 += V(grads.layer_m2[s]);
    if (!cells.given_mean) {
      const V batch_mean = lanes.load(merged.batch_mean + c), m2 = lanes.load(grads.batch_m2 + c);
      dmean += lanes.load(grads.batch_mean + c) * (n / merged.batch_n) +
               (own.mean - batch_mean) * m2 * (2 * n);
      dm2 += m2;
    }
    if constexpr (kPools) {
      const V share(grads.pooled[s] / channels);
      dm2 +=
          share * formula_.pool(Moments<V, V, Dual>{own.n, own.mean, Dual(own.m2, V(1.0))}).slope;
    }
    const V dcentre = lanes.load(sums + (s * (F::kStats + 1) + F::kStats) * cells.channels + c);
    lanes.store(F::kCentred ? (dmean - dcentre) / n : V(0.0), along_one + i);
    lanes.store(dm2 * (2 * factor(n)), along_u + i);
  }

  template <class S>
  static auto as_array(const S& stats) {
    if constexpr (requires { std::tuple_size<S>::value; })
      return stats;
    else
      return std::array<S, 1>{stats};
  }

  F formula_;
};

}  // namespace formula
}  // namespace norma
