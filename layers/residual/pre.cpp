// x + F(N(x)): the stream itself is never normalized. Wang et al. 2019, arXiv:1906.01787; Xiong et
// al. 2020, arXiv:2002.04745.
#include "layers/residual/placement.h"

namespace norma {
namespace {

class PreNorm final : public Placement {
 public:
  PreNorm(const SublayerSite& site, const Spec& norm)
      : Placement(site),
        norm_(make_norm(site.block / (std::string(site.name) + "_norm"), norm, site.width)) {}

 protected:
  Stream join(Context& ctx, const Stream& stream, Sublayer sublayer) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    return add_branch(ctx, sum, sublayer(ctx, y), 1, drop(ctx, sum));
  }

 private:
  std::unique_ptr<Norm> norm_;
};

const RegisterPlacement<PreNorm> registered("pre", "x + F(N(x))",
                                            "Wang et al. 2019, arXiv:1906.01787", true);

}  // namespace
}  // namespace norma
