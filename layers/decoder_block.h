#pragma once

#include <array>

#include "layers/block.h"
#include "layers/cross_attention.h"

namespace norma {

// A block of a decoder that reads an encoder's output, the context's `memory`: self-attention,
// attention to the memory and feed-forward, each joined to the stream by the placement. State:
// `attn.*`, `cross.*`, `ffn.*` and what the placement learns, mostly `attn_norm.*`, `cross_norm.*`
// and `ffn_norm.*`.
class DecoderBlock : public Module {
 public:
  struct Options : Block::Options {
    CrossAttention::Options cross;
    Options() { branches = 3; }
    void describe(Fields& f);
    // Of both attentions.
    void set_qk_norm(const Spec& norm) {
      Block::Options::set_qk_norm(norm);
      cross.qk_norm = norm;
    }
  };
  DecoderBlock(const Scope& scope, const Options& options, int64_t width);
  DecoderBlock(const Scope& scope, const Options& options, const LayerInput& input)
      : DecoderBlock(scope, options, input.shape.back()) {}

  Stream on_stream(Context& ctx, const Stream& stream);

 protected:
  Var forward(Context& ctx, const Var& x) override;

 private:
  Attention attention_;
  CrossAttention cross_;
  std::unique_ptr<Module> ffn_;
  double dropout_;
  std::array<std::unique_ptr<SublayerPlacement>, 3> placements_;
};

}  // namespace norma
