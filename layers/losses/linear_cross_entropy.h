#pragma once

#include "core/kernels/softmax_cross_entropy.h"
#include "layers/logits.h"
#include "layers/loss.h"

namespace norma {

// Throws the Error of `operation` where a target does not hold one class for each row of logits of
// this shape.
void check_class_target(const Context& ctx, const char* operation, const Shape& logits,
                        const Tensor& target);

// Whether `linear_cross_entropy` can do for these logits. Not where something else follows the
// product or derives its weight; where somebody looks on, who is to see the logits; nor where the
// loss is differentiated with a gradient that only its backward will know.
bool walks_over_rows(const Context& ctx, const Logits& logits);

// Cross-entropy of logits that are never all there: chunk after chunk of rows is multiplied out,
// turned into its loss and gradient in place, and multiplied back, in the forward already. The
// backward hands over what waits. Rows that do not count are left out of every product.
LossResult linear_cross_entropy(Context& ctx, Logits logits, const Tensor& target,
                                const kernels::CrossEntropyOptions& options);

}  // namespace norma
