// How a norm's running statistics follow those of batches, and stand in for them in eval.
#include <algorithm>

#include "core/pool.h"
#include "layers/norms/norm.h"
#include "layers/norms/population.h"
#include "layers/norms/state_copy.h"

namespace norma {

bool Norm::from_batch(const Context& ctx) const {
  if (definition_.streaming) return ctx.training;
  if (!running_mean_) return true;
  return !definition_.running->frozen && (ctx.training || ctx.population);
}

void Norm::given(double* centre, double* stats) const {
  if (definition_.streaming) {
    const StateCopy state(state_);
    definition_.streaming->at_rest(channels_, state.rows(), centre, stats);
    return;
  }
  const Tensor mean = running_mean_->value.to(DType::kFloat64);
  const Tensor second = running_second_->value.to(DType::kFloat64);
  std::copy_n(mean.data<double>(), channels_, centre);
  kernels::NormCells cells{channels_, nullptr, mean.data<double>(), second.data<double>()};
  definition_.table->given(cells, stats);
}

bool Norm::merges() const {
  return definition_.domain.kind == Domain::Kind::kChannel && !definition_.double_kernels.deviation;
}

void Norm::tracked(double count, const double* mean, const double* m2, double* second) const {
  const Storage memory(static_cast<size_t>(channels_) * sizeof(double));
  double* const n = reinterpret_cast<double*>(memory.data());
  std::fill_n(n, channels_, count);
  definition_.table->tracked({channels_, n, mean, m2}, second);
}

void Norm::track(Context& ctx, int64_t rows, const kernels::ColumnState& moments) {
  if (ctx.population) return ctx.population->add(*this, rows, moments);
  show_statistics(ctx, rows, moments);
  ctx.commit([&] {
    const Storage memory(static_cast<size_t>(3 * channels_) * sizeof(double));
    double* const mean = reinterpret_cast<double*>(memory.data());
    double* const second = mean + channels_;
    double* const of_row = second + channels_;
    // Ghost batches are steps of their own; samples that have statistics of their own (instance
    // norm) count equally, as one step.
    const bool one_by_one = definition_.domain.kind == Domain::Kind::kChannel;
    const auto start = [&] { std::fill_n(mean, 2 * channels_, 0.0); };
    const auto end = [&](double counted) {
      if (counted > 0) update(counted, mean, second);
      start();
    };
    double counted = 0;
    start();
    for (int64_t r = 0; r < rows; ++r) {
      // Padding leaves nothing to track, and a single value has no variance.
      if (moments.positions[r] <= 1) continue;
      const double* const row_mean = moments.mean + r * channels_;
      tracked(moments.positions[r], row_mean, moments.m2 + r * channels_, of_row);
      for (int64_t c = 0; c < channels_; ++c) {
        mean[c] += row_mean[c];
        second[c] += of_row[c];
      }
      ++counted;
      if (one_by_one) {
        end(counted);
        counted = 0;
      }
    }
    end(counted);
  });
}

void Norm::update(double counted, const double* mean, const double* second) {
  int32_t& batches = *batches_->value.data<int32_t>();
  ++batches;
  const double weight = definition_.running->momentum.value_or(1.0 / batches);
  with_float_type(running_mean_->value.dtype(), [&]<class T>() {
    const auto move = [&](const Buffer& buffer, const double* sums) {
      T* const running = buffer.value.data<T>();
      for (int64_t c = 0; c < channels_; ++c)
        running[c] +=
            static_cast<T>(weight * (sums[c] / counted - static_cast<double>(running[c])));
    };
    move(*running_mean_, mean);
    move(*running_second_, second);
  });
}

}  // namespace norma
