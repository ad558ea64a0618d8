#include "core/kernels/norm/wide.h"

#include <algorithm>

namespace norma::kernels {
namespace {

// Floats as doubles, and back; or just room for doubles.
class Wide {
 public:
  explicit Wide(int64_t count)
      : count_(count), memory_(static_cast<size_t>(count) * sizeof(double)) {
    std::fill_n(data(), count, 0.0);
  }
  Wide(const float* from, int64_t count) : Wide(from ? count : 0) {
    for (int64_t i = 0; i < count_; ++i) data()[i] = widened(from[i]);
  }
  double* data() const { return reinterpret_cast<double*>(memory_.data()); }
  double* data_or_null() const { return count_ ? data() : nullptr; }
  void narrow_to(float* target) const {
    if (!target) return;
    for (int64_t i = 0; i < count_; ++i) target[i] = static_cast<float>(data()[i]);
  }

 private:
  int64_t count_;
  Storage memory_;
};

// A program with its parameters in float64.
class WideProgram {
 public:
  WideProgram(const NormProgram<float>& program, int64_t channels)
      : params_(kMaxNormParams * channels), grads_(kMaxNormParams * channels) {
    made_.kernels = program.wide;
    made_.table = program.table;
    made_.stats = program.stats;
    made_.params = program.params;
    made_.centred = program.centred;
    for (int j = 0; j < program.params; ++j) {
      const int64_t count = program.scalar_param[j] ? 1 : channels;
      made_.scalar_param[j] = program.scalar_param[j];
      for (int64_t c = 0; c < count; ++c)
        params_.data()[j * channels + c] = widened(program.param[j][c]);
      made_.param[j] = params_.data() + j * channels;
      made_.dparam[j] = grads_.data() + j * channels;
    }
  }
  const NormProgram<double>& program() const { return made_; }
  void add_grads(const ParamLayout<float>& layout, Partials<float>::Chunk& sums) const {
    for (int j = 0; j < made_.params; ++j)
      for (int64_t c = 0; c < (made_.scalar_param[j] ? 1 : layout.channels); ++c)
        sums.add(layout.offset[j] + c, made_.dparam[j][c]);
  }

 private:
  Wide params_, grads_;
  NormProgram<double> made_;
};

// One row of a norm.
struct WideRow {
  WideRow(const RowNorm<float>& from, int64_t row)
      : x(from.x + row * from.channels, from.channels), program(from.program, from.channels) {
    norm.program = program.program();
    norm.rows = 1;
    norm.channels = from.channels;
    norm.entering = from.entering;
    norm.x = x.data();
  }
  Wide x;
  WideProgram program;
  RowNorm<double> norm;
};

// Some samples of a norm.
struct WideColumns {
  WideColumns(const ColumnNorm<float>& from, int64_t first_sample, int64_t samples)
      : count(samples * from.positions * from.channels),
        first(first_sample * from.positions * from.channels),
        x(from.x + first, count),
        shortcut(from.shortcut ? from.shortcut + first : nullptr, count),
        program(from.program, from.channels) {
    norm.program = program.program();
    norm.samples = samples;
    norm.positions = from.positions;
    norm.channels = from.channels;
    norm.merge = from.merge;
    norm.mask = from.mask ? from.mask + first_sample * from.positions : nullptr;
    norm.x = x.data();
    norm.past_mean = from.past_mean;
    norm.past_second = from.past_second;
    norm.updates = from.updates;
    const int64_t cells = first_sample * from.domains();
    norm.held_mean = from.held_mean ? from.held_mean + cells : nullptr;
    norm.held_m2 = from.held_m2 ? from.held_m2 + cells : nullptr;
    norm.shortcut = shortcut.data_or_null();
    norm.activation = from.activation;
  }
  ColumnState of(const ColumnState& state, int64_t first_sample) const {
    const int64_t cells = first_sample * norm.domains();
    return {state.mean + cells, state.m2 + cells, state.positions + first_sample,
            state.slope ? state.slope + cells : nullptr};
  }
  int64_t count, first;
  Wide x, shortcut;
  WideProgram program;
  ColumnNorm<double> norm;
};

}  // namespace

void wide_row_forward(const RowNorm<float>& norm, int64_t row, float* y, double* mean, double* m2) {
  const WideRow wide(norm, row);
  const Wide out(norm.channels);
  rows_forward(wide.norm, out.data(), mean + row, m2 + row);
  out.narrow_to(y + row * norm.channels);
}

void wide_row_backward(const RowNorm<float>& norm, int64_t row, const float* dy, const double* mean,
                       const double* m2, float* dx, const ParamLayout<float>& layout,
                       Partials<float>::Chunk& sums) {
  const WideRow wide(norm, row);
  const Wide wide_dy(dy + row * norm.channels, norm.channels), wide_dx(norm.channels);
  const double* const no_sum = nullptr;
  rows_backward(wide.norm, wide_dy.data(), no_sum, mean + row, m2 + row, wide_dx.data());
  wide_dx.narrow_to(dx + row * norm.channels);
  wide.program.add_grads(layout, sums);
}

void wide_columns_forward(const ColumnNorm<float>& norm, int64_t first, int64_t samples, float* y,
                          const ColumnState& state) {
  const WideColumns wide(norm, first, samples);
  const Wide out(wide.count);
  columns_forward(wide.norm, out.data(), wide.of(state, first));
  out.narrow_to(y + wide.first);
}

void wide_columns_backward(const ColumnNorm<float>& norm, int64_t first, int64_t samples,
                           const ColumnState& state, const ColumnGrads<float>& grads,
                           const ParamLayout<float>& layout, Partials<float>::Chunk& sums) {
  const WideColumns wide(norm, first, samples);
  const Wide y(grads.y ? grads.y + wide.first : nullptr, wide.count);
  const Wide dy(grads.dy + wide.first, wide.count);
  const Wide dx(wide.count), dshortcut(grads.dshortcut ? wide.count : 0);
  columns_backward(wide.norm, wide.of(state, first),
                   ColumnGrads<double>{.y = y.data_or_null(),
                                       .dy = dy.data(),
                                       .dx = dx.data(),
                                       .dshortcut = dshortcut.data_or_null()});
  dx.narrow_to(grads.dx + wide.first);
  dshortcut.narrow_to(grads.dshortcut ? grads.dshortcut + wide.first : nullptr);
  wide.program.add_grads(layout, sums);
}

}  // namespace norma::kernels
