#include "layers/decoder_block.h"

namespace norma {

void DecoderBlock::Options::describe(Fields& f) {
  f.object(
      "cross", [&](Fields& inner) { cross.describe(inner); }, "the attention to the memory");
  Block::Options::describe(f);
  const std::string fault = fault_with_memory(placement);
  f.rule(fault.empty(), "placement", fault);
}

DecoderBlock::DecoderBlock(const Scope& scope, const Options& options, int64_t width)
    : Module(scope),
      attention_(scope / "attn", attention_of(options), width),
      cross_(scope / "cross", with_inner_norm(options.cross, options, "attn"), width),
      ffn_(make_ffn(scope / "ffn", with_inner_norm(options.ffn, options, "ffn"), width)),
      dropout_(options.dropout) {
  const BlockSite site = block_site(scope, options, width);
  const auto joint = [&](const char* name, const char* norm_site) {
    return make_sublayer_placement(options.placement, SublayerSite(site, name, norm_site));
  };
  placements_ = {joint("attn", "attn"), joint("cross", "attn"), joint("ffn", "ffn")};
}

Stream DecoderBlock::on_stream(Context& ctx, const Stream& stream) {
  const PathScope here(ctx, path());
  const auto joined = [&](size_t i, const Stream& before, Module& sublayer) {
    return (*placements_[i])(ctx, before, [&](Context& c, const Var& x) {
      return dropout(c, sublayer(c, x), dropout_);
    });
  };
  return joined(2, joined(1, joined(0, stream, attention_), cross_), *ffn_);
}

Var DecoderBlock::forward(Context& ctx, const Var& x) {
  return resolve(ctx, on_stream(ctx, resolved(x)));
}

namespace {
const RegisterLayer<DecoderBlock> registered_decoder_block(
    "decoder_block", "a transformer block that also attends to an encoder's output",
    "Vaswani et al. 2017, arXiv:1706.03762");
}  // namespace

}  // namespace norma
