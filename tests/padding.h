#pragma once

#include <cstdint>
#include <vector>

#include "tests/gradcheck.h"

// What stands in padding changes nothing. Each fault is a failed assertion of the running test.
namespace norma {

// The first `length` positions of each sample of x (B,T,C) in a tensor (B,time,C) that holds
// `padding` everywhere else.
Tensor with_padding(const Tensor& x, const std::vector<int64_t>& lengths, int64_t time,
                    double padding);

// Tokens below `vocab`, those of each sample's first positions its own, `padding` everywhere else.
Tensor padded_tokens(const std::vector<int64_t>& lengths, int64_t time, int32_t vocab,
                     int32_t padding);

// Runs a model of tokens below `vocab` in float64 on samples of 5, 3 and 1 tokens, padded to 5 and
// to 8 positions with different tokens, with random parameters: outputs of the valid positions and
// all gradients must agree to 1e-12.
void check_padding(const MakeModule& make, int32_t vocab);

enum class Padded : uint8_t {
  kInput,   // and the output with it, where padding must come out as 0
  kMemory,  // what the module attends to besides
};

// Runs a module in float64 on samples of 4 and 2 positions of `width` numbers, padded to 4 with 0
// and to 9 with NaN: outputs, gradients of what was padded and of all parameters, and terms of the
// loss must agree to 1e-12 where positions are valid.
void check_nan_padding(const MakeModule& make, int64_t width, Padded padded = Padded::kInput);

}  // namespace norma
