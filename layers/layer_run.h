#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "layers/layer_registry.h"

namespace norma {

using NamedTensors = std::map<std::string, Tensor>;

struct LayerRunOptions {
  DType dtype = DType::kFloat32;
  bool training = true;
  int64_t repeat = 1;          // forwards in a row: running statistics, power iterations
  HeldValues* held = nullptr;  // of a gradient check, see core/context.h
  TapeObserver* observer = nullptr;
};

// Runs one layer forward and backward on named tensors, laid out as PyTorch lays them out (images
// NCHW): the surface on which a layer is compared with other libraries.
//   in:  `input`; optionally `mask`, `cond`, `segmentation`, `memory`, `memory_mask`, `target`,
//        `grad_output`, `param.<name>`, `buffer.<name>`
//   out: `output`, `buffer.<name>`, and `loss.<name>` where the layer adds a term to the training
//        loss; with `grad_output` also `grad_input`, `grad_cond`, `grad_segmentation`,
//        `grad_memory` and `grad_param.<name>`, to which such terms add their part
// Floating-point tensors are computed in options.dtype. Throws Error naming a tensor that the layer
// does not have, or whose shape is wrong.
NamedTensors run_layer(const Spec& spec, const NamedTensors& in, const LayerRunOptions& options);

// The same of any module, made for inputs of the given shapes (images channels-last).
using MakeForInput = std::function<std::unique_ptr<Module>(const Scope&, const LayerInput&)>;
NamedTensors run_module(const MakeForInput& make, const NamedTensors& in,
                        const LayerRunOptions& options);

// (B,C,H,W) ↔ (B,H,W,C); tensors of another rank are returned as they are.
Tensor channels_last(const Tensor& nchw);
Tensor channels_first(const Tensor& nhwc);

}  // namespace norma
