// What a training saves and how it is restored: checkpoints and files of weights.
#include <cstring>
#include <nlohmann/json.hpp>

#include "apps/trainer/training.h"

namespace norma {
namespace {

io::TensorView view_of(std::string name, const Tensor& tensor) {
  return {std::move(name), tensor.dtype(), tensor.shape().vec(), tensor.raw(), tensor.bytes()};
}

// What an optimizer's slab holds for one parameter.
Tensor part_of(const Tensor& slab, const Param& param) {
  return slab.slice(param.offset, param.shape);
}

// Copies a stored tensor into `target`, converting between float types; adds a complaint instead
// when it is missing or of another shape.
void take(const io::SafetensorsFile& file, const std::string& name, const Tensor& target,
          std::string& complaints) {
  const io::TensorView* const stored = file.find(name);
  if (!stored) {
    complaints += "\n  " + name + " " + target.shape().str() + " is missing";
    return;
  }
  const Shape shape{std::span<const int64_t>(stored->shape)};
  if (shape.numel() != target.numel() || !(shape == target.shape())) {
    complaints +=
        "\n  " + name + " has the shape " + shape.str() + ", expected " + target.shape().str();
    return;
  }
  const Tensor copy = Tensor::empty(shape, stored->dtype);
  std::memcpy(copy.raw(), stored->data, stored->bytes);
  target.copy_from(copy);
}

void refuse(const std::string& where, const std::string& complaints) {
  if (!complaints.empty()) throw Error(where + " does not fit the model:" + complaints);
}

}  // namespace

std::vector<io::TensorView> Training::weights() const {
  std::vector<io::TensorView> views;
  for (const Param& param : params_.params())
    views.push_back(
        view_of(param.name, average_ ? part_of(average_->average(), param) : param.value));
  for (const Buffer& buffer : params_.buffers())
    views.push_back(view_of(buffer.name, buffer.value));
  return views;
}

io::CheckpointContent Training::snapshot() const {
  io::CheckpointContent content;
  content.step = steps_;
  auto& model = content.tensors["model"];
  for (const Param& param : params_.params()) model.push_back(view_of(param.name, param.value));
  for (const Buffer& buffer : params_.buffers())
    model.push_back(view_of(buffer.name, buffer.value));
  auto& optimizer = content.tensors["optimizer"];
  for (const auto& [slot, slab] : optimizer_->state())
    for (const Param& param : params_.params())
      optimizer.push_back(view_of(slot + "." + param.name, part_of(slab, param)));
  if (average_)
    for (const Param& param : params_.params())
      content.tensors["average"].push_back(
          view_of(param.name, part_of(average_->average(), param)));
  content.state_json =
      Json{{"step", steps_}, {"optimizer_steps", optimizer_->steps()}, {"seed", config_.train.seed}}
          .dump();
  return content;
}

void Training::restore(const io::LoadedCheckpoint& checkpoint) {
  const Json state = Json::parse(checkpoint.state_json);
  const auto file = [&](const char* name) -> const io::SafetensorsFile& {
    const auto found = checkpoint.tensors.find(name);
    if (found == checkpoint.tensors.end())
      throw Error(checkpoint.folder.string() + " has no " + name + ".safetensors");
    return found->second;
  };
  std::string complaints;
  for (const Param& param : params_.params())
    take(file("model"), param.name, param.value, complaints);
  for (const Buffer& buffer : params_.buffers())
    take(file("model"), buffer.name, buffer.value, complaints);
  for (const auto& [slot, slab] : optimizer_->state())
    for (const Param& param : params_.params())
      take(file("optimizer"), slot + "." + param.name, part_of(slab, param), complaints);
  if (average_)
    for (const Param& param : params_.params())
      take(file("average"), param.name, part_of(average_->average(), param), complaints);
  refuse(checkpoint.folder.string(), complaints);
  steps_ = checkpoint.step;
  optimizer_->set_steps(state.at("optimizer_steps").get<int64_t>());
  params_.touch();
}

void load_weights(ParamSet& params, const std::filesystem::path& path) {
  const io::SafetensorsFile file = io::SafetensorsFile::open(path);
  std::string complaints;
  for (const Param& param : params.params()) take(file, param.name, param.value, complaints);
  // Running statistics may be absent: a file of weights alone starts them afresh.
  for (const Buffer& buffer : params.buffers())
    if (file.find(buffer.name)) take(file, buffer.name, buffer.value, complaints);
  for (const std::string& name : file.names())
    if (!params.find(name) && !params.find_buffer(name))
      complaints += "\n  " + name + " is not known";
  refuse(path.string(), complaints);
  params.touch();
}

}  // namespace norma
