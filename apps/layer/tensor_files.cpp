#include "apps/layer/tensor_files.h"

#include <cstring>

#include "core/io/safetensors.h"

namespace norma {

NamedTensors read_tensors(const std::filesystem::path& path) {
  const io::SafetensorsFile file = io::SafetensorsFile::open(path);
  NamedTensors tensors;
  for (const auto& [name, view] : file.tensors()) {
    const Tensor copy = Tensor::empty(Shape(std::span<const int64_t>(view.shape)), view.dtype);
    std::memcpy(copy.raw(), view.data, view.bytes);
    tensors[name] = copy;
  }
  return tensors;
}

void write_tensors(const std::filesystem::path& path, const NamedTensors& tensors) {
  std::vector<io::TensorView> views;
  for (const auto& [name, tensor] : tensors)
    views.push_back({name, tensor.dtype(), tensor.shape().vec(), tensor.raw(), tensor.bytes()});
  io::write_safetensors(path, views);
}

}  // namespace norma
