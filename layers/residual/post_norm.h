#pragma once

#include "layers/residual/placement.h"

namespace norma {

// N(x + F(x)).
class PostNorm : public SublayerPlacement {
 public:
  PostNorm(const Options&, const SublayerSite& site)
      : SublayerPlacement(site), norm_(site.make_norm()) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Tensor dropped = drop(ctx, x);
    const Stream sum = add_branch(ctx, resolved(x), sublayer(ctx, x), 1, dropped);
    return resolved(norm_->on_stream(ctx, sum).second);
  }

 private:
  std::unique_ptr<Norm> norm_;
};

}  // namespace norma
