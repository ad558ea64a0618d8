#pragma once

#include "layers/weights/reparam.h"

namespace norma {

// What an operation says that maps the channels of its first input linearly, y = W x + b: for those
// who rewrite a trained model.
struct LinearMap {
  WeightUse weight;       // outputs first, then inputs
  Param* bias = nullptr;  // null: none
  bool mixes_all = true;  // every output reads every input channel (no groups)
  bool pads = false;      // some outputs read zeros in the place of inputs
};

class LinearMapOp {
 public:
  virtual ~LinearMapOp() = default;
  virtual LinearMap linear_map() const = 0;
};

}  // namespace norma
