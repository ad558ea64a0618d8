// Norms whose statistics stream from sample to sample, on the tape: see kernels::NormStreaming.
#include <algorithm>

#include "layers/norms/column_norm_op.h"
#include "layers/norms/state_copy.h"

namespace norma {
namespace {

// The moments of one sample, a cell a channel.
kernels::NormCells cells_of(const ColumnNormOp& op, int64_t sample, const Tensor& counts) {
  const int64_t channels = op.domains();
  std::fill_n(counts.data<double>(), channels, op.positions.data<double>()[sample]);
  return {channels, counts.data<double>(), op.mean.data<double>() + sample * channels,
          op.m2.data<double>() + sample * channels};
}

}  // namespace

void Norm::stream(Context& ctx, ColumnNormOp& op) {
  const BatchPart part = op.cut.part(0);
  with_float_type(op.x.dtype(),
                  [&]<class T>() { columns_moments(op.driver<T>(part), op.state(part)); });
  op.streams = true;
  op.given_centre = Tensor::empty({part.samples, channels_}, DType::kFloat64);
  op.given_stats = Tensor::empty({part.samples, definition_.stats, channels_}, DType::kFloat64);
  const Tensor counts = Tensor::empty({channels_}, DType::kFloat64);
  const StateCopy state(state_);
  const double updates = 1 + *batches_->value.data<int32_t>();
  for (int64_t n = 0; n < part.samples; ++n)
    definition_.streaming->advance(
        cells_of(op, n, counts), updates, state.rows(),
        op.given_centre.data<double>() + n * channels_,
        op.given_stats.data<double>() + n * definition_.stats * channels_);
  ctx.commit([&] {
    state.write_back();
    ++*batches_->value.data<int32_t>();
  });
  with_float_type(op.x.dtype(), [&]<class T>() {
    columns_map(op.driver<T>(part), op.y.data<T>(), op.state(part));
  });
}

void ColumnNormOp::control(const Tensor& sums, const Tensor& along) const {
  const int64_t channels = domains(), samples = along.shape()[1];
  const int64_t stats = norm->definition().stats;
  const Tensor counts = Tensor::empty({channels}, DType::kFloat64);
  const StateCopy copy(norm->state_);
  for (int64_t n = 0; n < samples; ++n) {
    double* const along_one = along.data<double>() + n * channels;
    norm->definition().streaming->control(cells_of(*this, n, counts),
                                          given_centre.data<double>() + n * channels,
                                          given_stats.data<double>() + n * stats * channels,
                                          sums.data<double>() + n * (stats + 1) * channels,
                                          copy.rows(), along_one, along_one + samples * channels);
  }
  copy.write_back();
}

}  // namespace norma
