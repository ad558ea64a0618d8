#pragma once

#include "layers/residual/gained_add.h"
#include "layers/residual/placement.h"

namespace norma {

// x + αF(x) without any norm, α one learned number.
class GainedBranch : public SublayerPlacement {
 public:
  GainedBranch(const SublayerSite& site, Param& alpha) : SublayerPlacement(site), alpha_(alpha) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Tensor dropped = drop(ctx, x);
    return resolved(gained_add(ctx, x, sublayer(ctx, x), alpha_, dropped));
  }

 private:
  Param& alpha_;
};

}  // namespace norma
