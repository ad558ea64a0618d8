#pragma once

#include <vector>

#include "tests/gradcheck.h"

namespace norma {

// A mask (B,time): 1 at the first `length` positions of each sample.
Tensor first_positions(const std::vector<int64_t>& lengths, int64_t time);

// Runs a model of tokens below `vocab` in float64 on samples of 5, 3 and 1 tokens, padded to 5 and
// to 8 positions with different tokens, with random parameters: outputs of the valid positions and
// all gradients must agree to 1e-12. Each fault is a failed assertion of the running test.
void check_padding(const MakeModule& make, int32_t vocab);

}  // namespace norma
