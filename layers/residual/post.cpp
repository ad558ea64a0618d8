// N(x + F(x)): the original transformer. Vaswani et al. 2017, arXiv:1706.03762.
#include "layers/residual/placement.h"

namespace norma {
namespace {

class PostNorm final : public Placement {
 public:
  PostNorm(const SublayerSite& site, const Spec& norm)
      : Placement(site),
        norm_(make_norm(site.block / (std::string(site.name) + "_norm"), norm, site.width)) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const Var x = resolve(ctx, stream);
    const Stream whole{.base = x, .branch = {}, .drop = {}};
    const Stream sum = add_branch(ctx, whole, sublayer(ctx, x), 1, drop(ctx, whole));
    return Stream{.base = norm_->on_stream(ctx, sum).second, .branch = {}, .drop = {}};
  }

 private:
  std::unique_ptr<Norm> norm_;
};

const RegisterPlacement<PostNorm> registered("post", "N(x + F(x))",
                                             "Vaswani et al. 2017, arXiv:1706.03762", false);

}  // namespace
}  // namespace norma
