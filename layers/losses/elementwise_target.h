#pragma once

#include "core/context.h"

namespace norma {

// The target in the dtype of x; throws unless it has as many elements.
Tensor elementwise_target(const Context& ctx, const char* loss, const Tensor& x,
                          const Tensor& target);

}  // namespace norma
