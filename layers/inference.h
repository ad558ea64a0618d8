#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "core/tensor.h"

namespace norma {

// The keys (already rotated) and values of the positions that one attention module has seen.
struct KeyValueCache {
  Tensor keys, values;  // (B, capacity, kv_heads·head_width)
};

// What one recurrent module has come to.
struct RecurrentState {
  Tensor h, c;  // (B, hidden)
};

// What a generation keeps between forwards, so that each new token costs one position. Point
// `Context::inference` to it, run the prompt, then one token after the other, and after each
// forward add to `position` what it was given. Setting `position` back forgets what came after
// where there are keys and values alone; a recurrent state holds all it has seen and can only start
// anew, with `position` at 0.
struct Inference {
  int64_t capacity = 0;   // the most positions a cache can hold
  int64_t position = 0;   // positions seen by earlier forwards
  Tensor condition = {};  // (B,C) what the first position left for all, where a model has it so
  std::unordered_map<std::string, KeyValueCache> caches = {};   // by the attention's module path
  std::unordered_map<std::string, RecurrentState> states = {};  // starts anew where position is 0
};

}  // namespace norma
