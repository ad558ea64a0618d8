#pragma once

// A formula whose statistics stream from sample to sample, in double, channel by channel. Included
// by formula.h.
#include "layers/norms/formula.h"

namespace norma::formula {

// F says, of one channel whose state are the numbers s[0 …] declared in kState:
//   advance(m, s, updates)   At that normalizes the next sample, of moments m, which move s
//   at_rest(s)               At in eval
//   control(m, at, sums, s)  Along: what the sample's dx has besides dy·∂map/∂x; moves s
template <int stats>
struct At {
  double centre;
  double stat[stats];
};
// Σ dy·∂map/∂stat and Σ dy·∂map/∂u over a sample.
template <int stats>
struct Sums {
  double by_stat[stats], by_u;
};
struct Along {
  double one, u;
};

template <class F>
inline constexpr bool kStreams = requires {
  F::kState;
};

template <class F>
class Streaming final : public kernels::NormStreaming {
 public:
  explicit Streaming(const F& options) : formula_(options) {}

  void advance(const kernels::NormCells& cells, double updates, double* const* state,
               double* centre, double* stats) const override {
    for (int64_t c = 0; c < cells.cells; ++c)
      with_state(state, c, [&](double* s) {
        // A sample that is all padding leaves the state as it is.
        const At<F::kStats> at =
            cells.n[c] > 0 ? formula_.advance(moments(cells, c), s, updates) : formula_.at_rest(s);
        put(at, cells.cells, c, centre, stats);
      });
  }

  void at_rest(int64_t cells, double* const* state, double* centre, double* stats) const override {
    for (int64_t c = 0; c < cells; ++c)
      with_state(state, c, [&](double* s) { put(formula_.at_rest(s), cells, c, centre, stats); });
  }

  void control(const kernels::NormCells& cells, const double* centre, const double* stats,
               const double* sums, double* const* state, double* along_one,
               double* along_u) const override {
    for (int64_t c = 0; c < cells.cells; ++c) {
      Along along{0, 0};
      if (cells.n[c] > 0)
        with_state(state, c, [&](double* s) {
          At<F::kStats> at{centre[c], {}};
          Sums<F::kStats> of{{}, sums[F::kStats * cells.cells + c]};
          for (int k = 0; k < F::kStats; ++k) {
            at.stat[k] = stats[k * cells.cells + c];
            of.by_stat[k] = sums[k * cells.cells + c];
          }
          along = formula_.control(moments(cells, c), at, of, s);
        });
      along_one[c] = along.one;
      along_u[c] = along.u;
    }
  }

 private:
  static Moments<double, double, double> moments(const kernels::NormCells& cells, int64_t c) {
    return {cells.n[c], cells.mean[c], cells.m2[c]};
  }
  // Runs body on the state of one channel, side by side.
  template <class Body>
  static void with_state(double* const* state, int64_t c, Body body) {
    double s[F::kState.size()];
    for (size_t i = 0; i < F::kState.size(); ++i) s[i] = state[i][c];
    body(s);
    for (size_t i = 0; i < F::kState.size(); ++i) state[i][c] = s[i];
  }
  static void put(const At<F::kStats>& at, int64_t cells, int64_t c, double* centre,
                  double* stats) {
    centre[c] = at.centre;
    for (int k = 0; k < F::kStats; ++k) stats[k * cells + c] = at.stat[k];
  }

  F formula_;
};

}  // namespace norma::formula
