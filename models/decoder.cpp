#include "models/decoder.h"

namespace norma {

DecoderBlock::Options decoder_block(const TransformerOptions& options) {
  DecoderBlock::Options made;
  static_cast<Block::Options&>(made) = options.block(true, false, 10000);
  const Attention::Options& own = made.attention;
  made.cross = {.heads = own.heads,
                .kv_heads = own.kv_heads,
                .bias = own.bias,
                .logit_softcap = own.head_norms.logit_softcap,
                .reparam = own.reparam,
                .init_std = own.init_std,
                .value_init_std = own.value_init_std,
                .out_init_std = own.out_init_std};
  return made;
}

}  // namespace norma
