#include "apps/trainer/tensorboard.h"

#include <nlohmann/json.hpp>

namespace norma {
namespace {

// The split that an evaluation's line is about; empty for a step's line.
std::string split_of(const Json& line) {
  for (const char* split : {"val", "test"})
    if (line.contains(std::string(split) + "/loss")) return split;
  return "";
}

io::Histogram histogram_of(const Tensor& tensor, double scale) {
  std::vector<double> values = tensor.to_vector();
  for (double& value : values) value *= scale;
  return io::histogram_of(std::span<const double>(values));
}

}  // namespace

void TensorBoard::rewind(const Json& position, int64_t step) {
  if (!position.is_null())
    position_ = {position.at("file").get<std::string>(), position.at("bytes").get<int64_t>()};
  io::rewind_events(folder_, position_);
  goes_on_at_ = step;
}

void TensorBoard::open() {
  if (options_.tensorboard) events_.emplace(folder_, goes_on_at_);
}

void TensorBoard::add_line(const Json& line) {
  if (!events_) return;
  const std::string split = split_of(line);
  std::vector<std::pair<std::string, double>> scalars;
  for (const auto& [name, value] : line.items())
    if (value.is_number() && name != "step")
      scalars.emplace_back(name == "ms" && !split.empty() ? split + "/ms" : name,
                           value.get<double>());
  events_->write_scalars(line.at("step").get<int64_t>(), scalars);
}

void TensorBoard::add_parameters(int64_t step, const ParamSet& params, double grad_scale) {
  if (!events_ || !options_.histograms) return;
  for (const Param& param : params.params()) {
    events_->write_histogram(step, "params/" + param.name, histogram_of(param.value, 1));
    events_->write_histogram(step, "grads/" + param.name, histogram_of(param.grad, grad_scale));
  }
}

void TensorBoard::sync() {
  if (!events_) return;
  events_->sync();
  position_ = events_->position();
}

Json TensorBoard::position() const {
  if (!position_) return nullptr;
  return {{"file", position_->name}, {"bytes", position_->bytes}};
}

}  // namespace norma
