#include "layers/losses/elementwise_target.h"

#include "layers/layer_error.h"

namespace norma {

Tensor elementwise_target(const Context& ctx, const char* loss, const Tensor& x,
                          const Tensor& target) {
  if (!target) layer_error(ctx, loss, "has no target to compare with");
  if (target.numel() != x.numel())
    layer_error(ctx, loss,
                "expects one target for each of the outputs " + x.shape().str() +
                    ", found targets of shape " + target.shape().str());
  return target.dtype() == x.dtype() ? target : target.to(x.dtype());
}

}  // namespace norma
