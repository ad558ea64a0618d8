// x + F(N(x)) + G(N(x)): attention and feed-forward read the same stream. Wang, Komatsuzaki 2021
// (GPT-J-6B); Chowdhery et al. 2022 (PaLM), arXiv:2204.02311; with a norm for each: Black et al.
// 2022 (GPT-NeoX-20B), arXiv:2204.06745.
#include "layers/residual/placement.h"

namespace norma {
namespace {

class Parallel final : public Placement {
 public:
  struct Options {
    bool shared_norm = true;
    void describe(Fields& f) {
      f.flag("shared_norm", shared_norm, "one norm for both; else each has its own");
    }
  };
  Parallel(const Options& options, const BlockSite& site)
      : attention_(site, "attn"), ffn_(site, "ffn") {
    const Spec& norm = site.norm.at("attn", site.layer);
    if (options.shared_norm) {
      if (norm != site.norm.at("ffn", site.layer))
        throw Error("[parallel " + site.block.path() +
                    "] one norm serves attn and ffn, which ask for different ones; expected the "
                    "same, or \"shared_norm\": false");
      norm_ = make_norm(site.block / "norm", norm, site.width);
    } else {
      norm_ = SublayerSite(site, "attn").make_norm();
      ffn_norm_ = SublayerSite(site, "ffn").make_norm();
    }
  }

  Stream join(Context& ctx, const Stream& stream, Sublayer attention, Sublayer ffn) override {
    const auto [sum, y] = norm_->on_stream(ctx, stream);
    const Stream attended = attention_.add(ctx, sum, attention, y);
    const Var ffn_input = ffn_norm_ ? (*ffn_norm_)(ctx, sum.base) : y;
    return ffn_.add(ctx, attended, ffn, ffn_input);
  }

 private:
  Branch attention_, ffn_;
  std::unique_ptr<Norm> norm_, ffn_norm_;
};

Recipe parallel_recipe(const Parallel::Options& options, const Stack& stack) {
  return {.init = InitialDeviations::depth_scaled(stack), .one_norm = options.shared_norm};
}

const RegisterPlacement<Parallel> registered_parallel(
    "parallel", "x + F(N(x)) + G(N(x)), attention beside feed-forward",
    "Chowdhery et al. 2022 (PaLM), arXiv:2204.02311", parallel_recipe);

}  // namespace
}  // namespace norma
