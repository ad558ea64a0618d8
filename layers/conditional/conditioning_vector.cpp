#include "layers/conditional/conditioning_vector.h"

#include "layers/layer_error.h"

namespace norma {

const Var& conditioning_vector(const Context& ctx, const char* operation, const Var& x) {
  const Var& cond = ctx.cond;
  if (!cond.value || cond.shape().rank() != 2 || cond.shape()[0] != x.shape()[0])
    layer_error(ctx, operation,
                "expects a conditioning vector `cond` a sample of the input " + x.shape().str() +
                    ", found " + (cond.value ? cond.shape().str() : "none"));
  return cond;
}

}  // namespace norma
