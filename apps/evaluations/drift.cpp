#include "apps/evaluations/drift.h"

#include <algorithm>
#include <cmath>

#include "apps/trainer/training.h"
#include "core/kernels/norm/moments.h"

namespace norma {

void ActivationMoments::on_forward(const std::string& path, const char*, const Tensor& output) {
  const bool is_activation =
      output.shape().rank() > 1 && path != Training::kLossPath &&
      (output.dtype() == DType::kFloat32 || output.dtype() == DType::kFloat64);
  if (is_activation) outputs_[path] = output;
}

namespace {

// Rows that a first-level cache holds.
int64_t block_rows(int64_t channels) {
  constexpr int64_t kNumbers = 2048;
  return std::max<int64_t>(kNumbers / channels, 1);
}

// The end of the run of rows that starts at `begin`: all valid or all padding.
int64_t run_end(const uint8_t* valid, int64_t begin, int64_t rows) {
  if (!valid) return rows;
  return std::find_if(valid + begin, valid + rows,
                      [&](uint8_t v) { return (v != 0) != (valid[begin] != 0); }) -
         valid;
}

void add_moments(const Tensor& output, const Tensor& mask, ActivationMoments::Moments& moments) {
  const int64_t channels = output.shape().back(), rows = output.rows();
  moments.mean.resize(static_cast<size_t>(channels));
  moments.m2.resize(static_cast<size_t>(channels));
  kernels::ColumnMoments sums{moments.mean.data(), moments.m2.data(), moments.count};
  const uint8_t* const valid = mask && mask.numel() == rows ? mask.data<uint8_t>() : nullptr;
  with_float_type(output.dtype(), [&]<class T>() {
    std::vector<T> scratch(static_cast<size_t>(2 * channels));
    for (int64_t begin = 0; begin < rows;) {
      const int64_t end = std::min(run_end(valid, begin, rows), begin + block_rows(channels));
      if (!valid || valid[begin])
        kernels::add_block_moments(output.data<T>() + begin * channels, channels, end - begin,
                                   channels, true, scratch.data(), sums);
      begin = end;
    }
  });
  moments.count = sums.count;
}

}  // namespace

void ActivationMoments::end_forward(const Tensor& mask) {
  for (const auto& [path, output] : outputs_) add_moments(output, mask, modules_[path]);
  outputs_.clear();
}

namespace {

// A mean of what is there, and of nothing 0.
struct Mean {
  double sum = 0, count = 0;
  void add(double value) { sum += value, ++count; }
  double value() const { return count > 0 ? sum / count : 0; }
};

}  // namespace

Drift drift_between(const ActivationMoments& from, const ActivationMoments& to) {
  Mean mean, log_std;
  for (const auto& [path, a] : from.modules()) {
    const auto found = to.modules().find(path);
    if (found == to.modules().end()) continue;
    const ActivationMoments::Moments& b = found->second;
    Mean of_mean, of_log_std;
    for (size_t c = 0; c < a.mean.size(); ++c) {
      const double var_a = a.m2[c] / a.count, var_b = b.m2[c] / b.count;
      const double var = (var_a + var_b) / 2;
      if (var != 0) of_mean.add(std::abs(b.mean[c] - a.mean[c]) / std::sqrt(var));
      if (var_a != 0 && var_b != 0) of_log_std.add(std::abs(std::log(var_b / var_a)) / 2);
    }
    if (of_mean.count > 0) mean.add(of_mean.value());
    if (of_log_std.count > 0) log_std.add(of_log_std.value());
  }
  return {.mean = mean.value(), .log_std = log_std.value()};
}

}  // namespace norma
