#pragma once

#include "layers/decoder_block.h"
#include "models/transformer.h"

namespace norma {

// A stack of decoder blocks, which read the context's `memory` besides their own sequence; norms as
// in Transformer. State: `embed_norm.*`, `blocks.N.*`, `final_norm.*`.
class Decoder {
 public:
  Decoder(const Scope& scope, const TransformerOptions& options);
  Var operator()(Context& ctx, const Var& x);

 private:
  std::vector<std::unique_ptr<DecoderBlock>> blocks_;
  std::unique_ptr<Norm> embed_norm_, final_norm_;
};

}  // namespace norma
