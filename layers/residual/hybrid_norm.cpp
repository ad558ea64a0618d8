// Attention x + A(x) on normalized queries, keys and values, each head by itself; feed-forward
// y + F(y) on y = N(x), which the stream goes on from. Zhuo et al. 2025 (HybridNorm),
// arXiv:2503.04598; `first_pre` is its variant HybridNorm*, whose first block reads x + A(N(x)) and
// x + F(N(x)).
#include <tuple>

#include "layers/residual/placement.h"

namespace norma {
namespace {

class HybridNorm final : public Placement {
 public:
  struct Options {
    bool first_pre = false;
    void describe(Fields& f) {
      f.flag("first_pre", first_pre, "the first block is x + A(N(x)), x + F(N(x)) (HybridNorm*)");
    }
  };
  HybridNorm(const Options& options, const BlockSite& site)
      : attention_(site, "attn"),
        ffn_(site, "ffn"),
        pre_(options.first_pre && site.layer == 0),
        ffn_norm_(SublayerSite(site, "ffn").make_norm()) {
    if (pre_) attention_norm_ = SublayerSite(site, "attn").make_norm();
  }

  Stream join(Context& ctx, const Stream& stream, Sublayer attention, Sublayer ffn) override {
    Stream attended = stream;
    Var x;
    if (attention_norm_)
      std::tie(attended, x) = attention_norm_->on_stream(ctx, stream);
    else
      attended = resolved(x = resolve(ctx, stream));
    attended = attention_.add(ctx, attended, attention, x);
    const auto [sum, y] = ffn_norm_->on_stream(ctx, attended);
    return ffn_.add(ctx, pre_ ? sum : resolved(y), ffn, y);
  }

 private:
  Branch attention_, ffn_;
  bool pre_;
  std::unique_ptr<Norm> attention_norm_, ffn_norm_;
};

Recipe hybrid_norm_recipe(const HybridNorm::Options&, const Stack& stack) {
  return {.init = InitialDeviations::depth_scaled(stack), .head_norms = true};
}

const RegisterPlacement<HybridNorm> registered_hybrid_norm(
    "hybrid_norm", "x + A(x) with N on q, k and v of each head; y + F(y), y = N(x)",
    "Zhuo et al. 2025, arXiv:2503.04598", hybrid_norm_recipe);

}  // namespace
}  // namespace norma
