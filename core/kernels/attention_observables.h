#pragma once

#include "core/kernels/attention.h"

namespace norma::kernels {

// What a fused attention never holds, from its inputs and `lse` again, in double: for each row of
// (batch, heads, queries) the entropy −Σ p·ln p of its probabilities in nats, and the largest logit
// that it sees (behind bias and cap). A row that sees no key has entropy 0 and logit -infinity.
template <class T>
void attention_observables(const AttentionShape& shape, const AttentionOptions& options,
                           AttentionView<const T> q, AttentionView<const T> k, const T* lse,
                           const T* bias, double* entropy, double* largest);

}  // namespace norma::kernels
