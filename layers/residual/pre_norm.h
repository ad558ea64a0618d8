#pragma once

#include "layers/residual/placement.h"

namespace norma {

// x + F(N(x)).
class PreNorm : public SublayerPlacement {
 public:
  PreNorm(const Options&, const SublayerSite& site)
      : SublayerPlacement(site), norm_(site.make_norm()) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    const Tensor dropped = drop(ctx, y);
    return add_branch(ctx, sum, sublayer(ctx, y), 1, dropped);
  }

 private:
  std::unique_ptr<Norm> norm_;
};

}  // namespace norma
