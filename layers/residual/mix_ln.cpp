// The first blocks N(x + F(x)), whose gradients grow with depth, the others x + F(N(x)), whose
// gradients fade with it. Li, Yin, Liu 2024, arXiv:2412.13795.
#include "layers/residual/post_norm.h"
#include "layers/residual/pre_norm.h"

namespace norma {
namespace {

class MixLn final : public Placement {
 public:
  struct Options {
    std::optional<int64_t> post_blocks;
    void describe(Fields& f) {
      f.maybe_integer("post_blocks", post_blocks,
                      "how many of the first blocks are N(x + F(x)); null = a quarter of all, "
                      "rounded up",
                      {.min = 0});
    }
    int64_t count(int64_t layers) const { return post_blocks.value_or((layers + 3) / 4); }
  };
  MixLn(const Options& options, const BlockSite& site) {
    const int64_t post = options.count(site.stack.layers);
    if (post > site.stack.layers)
      throw Error("[mix_ln] post_blocks is " + std::to_string(post) + ", but there are only " +
                  std::to_string(site.stack.layers) + " blocks");
    if (site.layer < post)
      chosen_ = std::make_unique<OneByOne<PostNorm>>(PostNorm::Options{}, site);
    else
      chosen_ = std::make_unique<OneByOne<PreNorm>>(PreNorm::Options{}, site);
  }
  Stream join(Context& ctx, const Stream& stream, Sublayer attention, Sublayer ffn) override {
    return chosen_->join(ctx, stream, attention, ffn);
  }

 private:
  std::unique_ptr<Placement> chosen_;
};

Recipe mix_ln_recipe(const MixLn::Options& options, const Stack& stack) {
  const int64_t post = options.count(stack.layers);
  Recipe made{.init = InitialDeviations::depth_scaled(stack), .final_norm = post < stack.layers};
  if (post > stack.layers)
    made.unmet = "post_blocks at most " + std::to_string(stack.layers) + ", the number of blocks";
  return made;
}

const RegisterPlacement<MixLn> registered_mix_ln(
    "mix_ln", "the first blocks N(x + F(x)), the others x + F(N(x))",
    "Li, Yin, Liu 2024, arXiv:2412.13795", mix_ln_recipe);

}  // namespace
}  // namespace norma
