#include "apps/gauges/norm_outputs.h"

#include <algorithm>

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

}  // namespace norma
