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

// One sample of a norm.
struct WideSample {
  WideSample(const ColumnNorm<float>& from, int64_t sample, const ColumnState& state)
      : count(from.positions * from.channels),
        first(sample * count),
        x(from.x + first, count),
        shortcut(from.shortcut ? from.shortcut + first : nullptr, count),
        program(from.program, from.channels) {
    const int64_t cells = sample * from.domains();
    norm.program = program.program();
    norm.samples = 1;
    norm.positions = from.positions;
    norm.channels = from.channels;
    norm.merge = from.merge;
    norm.mask = from.mask ? from.mask + sample * from.positions : nullptr;
    norm.x = x.data();
    norm.given = from.given;
    if (from.given.each_sample) {
      const auto step = [&](const double*& array, int64_t width) {
        if (array) array += sample * width * from.channels;
      };
      step(norm.given.centre, 1);
      step(norm.given.stats, from.program.stats);
      step(norm.given.along_one, 1);
      step(norm.given.along_u, 1);
    }
    norm.past_mean = from.past_mean;
    norm.past_second = from.past_second;
    norm.updates = from.updates;
    norm.held_mean = from.held_mean ? from.held_mean + cells : nullptr;
    norm.held_m2 = from.held_m2 ? from.held_m2 + cells : nullptr;
    norm.shortcut = shortcut.data_or_null();
    norm.activation = from.activation;
    here = {state.mean + cells, state.m2 + cells, state.positions + sample,
            state.slope ? state.slope + cells : nullptr};
  }
  int64_t count, first;
  Wide x, shortcut;
  WideProgram program;
  ColumnNorm<double> norm;
  ColumnState here;
};

// A sample's backward buffers. What it leaves is carried over where it ends.
struct WideGrads {
  WideGrads(const ColumnGrads<float>& from, int64_t first, int64_t count)
      : from(from),
        first(first),
        y(from.y ? from.y + first : nullptr, count),
        dy(from.dy + first, count),
        dx(count),
        dshortcut(from.dshortcut ? from.dshortcut + first : nullptr, count) {
    grads = {y.data_or_null(), dy.data(), dx.data(), dshortcut.data_or_null()};
  }
  void leave_dshortcut() const {
    if (from.dshortcut) dshortcut.narrow_to(from.dshortcut + first);
  }
  const ColumnGrads<float>& from;
  int64_t first;
  Wide y, dy, dx, dshortcut;
  ColumnGrads<double> grads;
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

void wide_columns_moments(const ColumnNorm<float>& norm, int64_t sample, const ColumnState& state) {
  const WideSample wide(norm, sample, state);
  columns_moments(wide.norm, wide.here);
}

void wide_columns_map(const ColumnNorm<float>& norm, int64_t sample, float* y,
                      const ColumnState& state) {
  const WideSample wide(norm, sample, state);
  const Wide out(wide.count);
  columns_map(wide.norm, out.data(), wide.here);
  out.narrow_to(y + wide.first);
}

void wide_columns_sums(const ColumnNorm<float>& norm, int64_t sample, const ColumnState& state,
                       const ColumnGrads<float>& grads, double* sums,
                       const ParamLayout<float>& layout, Partials<float>::Chunk& params) {
  const WideSample wide(norm, sample, state);
  const WideGrads buffers(grads, wide.first, wide.count);
  columns_sums(wide.norm, wide.here, buffers.grads, sums);
  wide.program.add_grads(layout, params);
  buffers.leave_dshortcut();
}

void wide_columns_apply(const ColumnNorm<float>& norm, int64_t sample, const ColumnState& state,
                        const ColumnGrads<float>& grads, const double* sums) {
  const WideSample wide(norm, sample, state);
  const WideGrads buffers(grads, wide.first, wide.count);
  if (wide.norm.program.kernels->keeps_direct) {
    // What the sums of this sample left in dx had no place to wait.
    const Wide again(wide.norm.sums());
    columns_sums(wide.norm, wide.here, buffers.grads, again.data());
  }
  columns_apply(wide.norm, wide.here, buffers.grads, sums);
  buffers.dx.narrow_to(grads.dx + wide.first);
  buffers.leave_dshortcut();
}

}  // namespace norma::kernels
