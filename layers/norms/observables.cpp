// What an observer may ask of a norm besides its output.
#include <algorithm>

#include "layers/norms/norm.h"

namespace norma {

void Norm::show_curve_input(const Context& ctx, const Tensor& x) const {
  if (!definition_.reads_scaled) return;
  ctx.show("curve_input", [&] {
    double slope = 1, shift = 0;
    for (size_t i = 0; i < definition_.params.size(); ++i) {
      const Tensor& value = params_[i] ? params_[i]->value : constants_[i];
      if (definition_.params[i].name == std::string_view("alpha")) slope = value.item();
      if (definition_.params[i].name == std::string_view("shift")) shift = value.item();
    }
    const Tensor z = x.to(DType::kFloat64);
    double* const values = z.data<double>();
    for (int64_t i = 0; i < z.numel(); ++i) values[i] = values[i] * slope + shift;
    return z;
  });
}

void Norm::show_statistics(const Context& ctx, int64_t rows,
                           const kernels::ColumnState& moments) const {
  ctx.show("norm_statistics", [&] {
    const Tensor all = Tensor::zeros({4, channels_}, DType::kFloat64);
    double *const mean = all.data<double>(), *const second = mean + channels_;
    std::vector<double> of_row(static_cast<size_t>(channels_));
    int64_t counted = 0;
    for (int64_t r = 0; r < rows; ++r) {
      if (moments.positions[r] <= 1) continue;
      const double* const row_mean = moments.mean + r * channels_;
      tracked(moments.positions[r], row_mean, moments.m2 + r * channels_, of_row.data());
      for (int64_t c = 0; c < channels_; ++c) {
        mean[c] += row_mean[c];
        second[c] += of_row[static_cast<size_t>(c)];
      }
      ++counted;
    }
    for (int64_t i = 0; i < 2 * channels_; ++i) mean[i] /= static_cast<double>(counted);
    const Tensor past_mean = running_mean_->value.to(DType::kFloat64);
    const Tensor past_second = running_second_->value.to(DType::kFloat64);
    std::copy_n(past_mean.data<double>(), channels_, second + channels_);
    std::copy_n(past_second.data<double>(), channels_, second + 2 * channels_);
    return all;
  });
}

}  // namespace norma
