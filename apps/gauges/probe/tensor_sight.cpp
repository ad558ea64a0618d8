#include "apps/gauges/probe/tensor_sight.h"

#include <algorithm>
#include <cmath>

#include "core/kernels/norm/moments.h"
#include "core/singular_values.h"

namespace norma {
namespace {

// exp(−Σ p ln p) of the singular values as shares of their sum. Roy, Vetterli 2007, "The effective
// rank".
double effective_rank_of(const std::vector<double>& singular) {
  double sum = 0, entropy = 0;
  for (const double each : singular) sum += each;
  if (sum == 0) return 0;
  for (const double each : singular)
    if (each != 0) entropy -= each / sum * std::log(each / sum);
  return std::exp(entropy);
}

}  // namespace

void TensorSight::add(const Tensor& x, const Parts& parts) {
  ++batches_;
  with_float_type(x.dtype(), [&]<class T>() {
    const T* const values = x.data<T>();
    moments_.merge(kernels::moments_of(values, x.numel()));
    if (parts.octaves) kernels::count_octaves(values, x.numel(), std::span(octaves_));
    const int64_t samples = x.shape()[0];
    if (parts.cosine) cosine_ += kernels::mean_cosine(values, samples, x.numel() / samples);
  });
  if (parts.channels) add_channels(x);
  if (parts.rank) rank_ += effective_rank_of(singular_values_of_some_rows(x, kRankRows));
}

void TensorSight::add_channels(const Tensor& x) {
  const int64_t channels = x.shape().back();
  const size_t each = static_cast<size_t>(channels);
  std::vector<double> mean(each), m2(each);
  std::vector<uint8_t> alive(each);
  with_float_type(x.dtype(), [&]<class T>() {
    kernels::channel_moments(x.data<T>(), x.rows(), channels, mean.data(), m2.data(), alive.data());
  });
  channel_mean_.resize(each);
  channel_m2_.resize(each);
  alive_.resize(each);
  const double rows = static_cast<double>(x.rows());
  for (size_t c = 0; c < each; ++c) {
    double before = rows_;
    kernels::merge_moments(before, channel_mean_[c], channel_m2_[c], rows, mean[c], m2[c]);
    alive_[c] |= alive[c];
  }
  rows_ += rows;
}

void TensorSight::scale_by(double factor) {
  const double square = factor * factor;
  moments_.mean *= factor;
  moments_.m2 *= square;
  moments_.m3 *= square * factor;
  moments_.m4 *= square * square;
  moments_.largest *= std::abs(factor);
  for (double& mean : channel_mean_) mean *= factor;
  for (double& m2 : channel_m2_) m2 *= square;
}

double TensorSight::channel_variance() const {
  double sum = 0;
  for (const double m2 : channel_m2_) sum += m2 / rows_;
  return sum / static_cast<double>(channel_m2_.size());
}

double TensorSight::dead_share() const {
  const auto dead = std::count(alive_.begin(), alive_.end(), uint8_t{0});
  return static_cast<double>(dead) / static_cast<double>(alive_.size());
}

}  // namespace norma
