#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "core/context.h"
#include "layers/inference.h"
#include "layers/module.h"

namespace norma {

// How the next token is chosen.
struct SamplingOptions {
  double temperature = 1;  // 0: always the likeliest token
  int64_t top_k = 0;       // only the k likeliest; 0 = all
  double top_p = 1;        // only the likeliest that together reach this probability; at least one
};

// Draws a token from logits. `uniform` is a random number in [0, 1).
int32_t choose_token(const std::vector<double>& logits, const SamplingOptions& options,
                     double uniform);

// Continues `tokens` (not empty) by `count` more, telling `on_token` each. Keys and values of what
// was read are kept; when the model's context is full, the later half of it is read again.
void generate(Module& model, DType dtype, int64_t context, std::vector<int32_t> tokens,
              int64_t count, uint64_t seed, const SamplingOptions& options,
              const std::function<void(int32_t)>& on_token);

}  // namespace norma
