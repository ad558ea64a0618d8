"""One token after another, with keys and values kept: what a GPT does when it writes."""

import torch
from torch.nn import functional as F


class Decoder:
    """Batch 1, pre placement, learned positions. Token `position` is `tokens[position]`; what was
    kept of later positions is forgotten."""

    def __init__(self, model, tokens):
        self.model, self.tokens = model, tokens
        attn = model.blocks[0].attn
        shape = (len(model.blocks), 2, 1, attn.kv_heads, len(tokens), attn.head_width)
        self.kept = torch.zeros(shape).unbind()

    @torch.inference_mode()
    def next_token(self, position):
        """The logits (1,V) of what follows the token at `position`."""
        model = self.model
        x = F.embedding(self.tokens[position : position + 1], model.tok_embed.weight)
        x = x + model.pos_embed.weight[position]
        for block, kept in zip(model.blocks, self.kept):
            x = x + self.attend(block.attn, block.attn_norm(x), kept, position)
            x = x + block.ffn(block.ffn_norm(x))
        x = model.final_norm(x)
        return model.head(x) if hasattr(model, "head") else F.linear(x, model.tok_embed.weight)

    @staticmethod
    def attend(attn, x, kept, position):
        q, k, v = attn.qkv(x).view(1, 3, attn.heads, 1, attn.head_width).unbind(1)
        keys, values = kept
        keys[:, :, position : position + 1] = k
        values[:, :, position : position + 1] = v
        y = F.scaled_dot_product_attention(q, keys[:, :, : position + 1],
                                           values[:, :, : position + 1])
        return attn.out(y.reshape(1, -1))
