#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace norma {

// What one row of logits says of its target, by probabilities p = softmax(logits) in double.
struct RowScore {
  bool counted = false;    // false where nothing is asked; the rest is then meaningless
  bool correct = false;    // the target has the largest logit, and no earlier class as large a one
  double nll = 0;          // −log p[target]
  double confidence = 0;   // the largest p
  double distance = 0;     // Σ_k (p_k − [k = target])²
  int64_t predicted = -1;  // the class of the largest p; -1 where the logits are not numbers
};

// logits (…, K), target int32 with one class a row, kIgnored or `ignored` where nothing is asked.
std::vector<RowScore> row_scores(const Tensor& logits, const Tensor& target, int64_t ignored);

}  // namespace norma
