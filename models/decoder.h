#pragma once

#include "layers/decoder_block.h"
#include "models/transformer.h"

namespace norma {

// A stack of blocks that read the context's `memory` besides their own sequence.
using Decoder = BlockStack<DecoderBlock>;

// The options of its blocks. The attention to the memory starts as the self-attention does.
DecoderBlock::Options decoder_block(const TransformerOptions& options);

}  // namespace norma
