#include "apps/gauges/norm_outputs.h"

#include <algorithm>
#include <cmath>

namespace norma {

NormOutputs::Site* NormOutputs::find(const std::string& path) {
  const auto found = std::ranges::find(sites_, path, &Site::path);
  return found == sites_.end() ? nullptr : &*found;
}

void NormOutputs::on_forward(const std::string& path, const char* op, const Tensor& output) {
  Site* site = find(path);
  const bool goes_on = site && path == forward_at_;  // its sum with the stream, or its activation
  forward_at_ = path;
  if (!site && std::string_view(op) == "norm") site = &sites_.emplace_back(Site{path, {}, {}});
  if (!site) return;
  const double value = of_output(output);
  site->output.take(value, goes_on);
}

void NormOutputs::on_backward(const std::string& path, const char* op, const Tensor& grad) {
  const bool goes_on = path == backward_at_;
  const bool same_op = goes_on && backward_op_ == op;
  backward_at_ = path;
  if (!goes_on) backward_op_ = op;
  Site* const site = find(path);
  if (!site || (goes_on && !same_op)) return;  // the norm behind its activation
  const double value = of_gradient(grad);
  site->gradient.take(value, goes_on);
}

std::vector<double> NormOutputs::from_outputs() const {
  std::vector<double> values;
  for (const Site& site : sites_) values.push_back(site.output.value());
  return values;
}

std::vector<double> NormOutputs::from_gradients() const {
  std::vector<double> values;
  for (const Site& site : sites_) values.push_back(site.gradient.value());
  return values;
}

// Σ over pairs a ≠ b of cos(a, b) is ‖Σ of the samples, each at length 1‖² − B.
double mean_cosine(const Tensor& x) {
  const auto samples = static_cast<size_t>(x.shape()[0]);
  const std::vector<double> values = x.to_vector();
  const size_t size = values.size() / samples;
  std::vector<double> sum(size);
  double counted = 0;  // samples of zeros have no direction
  for (size_t n = 0; n < samples; ++n) {
    const double* const sample = values.data() + n * size;
    double squares = 0;
    for (size_t i = 0; i < size; ++i) squares += sample[i] * sample[i];
    if (squares == 0) continue;
    ++counted;
    for (size_t i = 0; i < size; ++i) sum[i] += sample[i] / std::sqrt(squares);
  }
  double squares = 0;
  for (const double each : sum) squares += each * each;
  return (squares - counted) / (counted * (counted - 1));
}

}  // namespace norma
