#pragma once

#include <filesystem>

#include "layers/layer_run.h"

namespace norma {

// Tensors of a safetensors file, copied into the pool; and back.
NamedTensors read_tensors(const std::filesystem::path& path);
void write_tensors(const std::filesystem::path& path, const NamedTensors& tensors);

}  // namespace norma
