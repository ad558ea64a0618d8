"""What a decoder adds to an encoder: attention to a memory, and T5's biases by distance."""

import torch
from torch import nn
from torch.nn import functional as F

from .norms import build_norm
from .transformer import Attention, Ffn


class CrossAttention(nn.Module):
    """Queries from x (B,T,C), keys and values from memory (B,S,M)."""

    def __init__(self, width, heads, kv_heads=None, bias=True, qk_norm=None, memory_width=None):
        super().__init__()
        self.heads, self.kv_heads, self.head_width = heads, kv_heads or heads, width // heads
        self.q = nn.Linear(width, width, bias)
        memory_width = memory_width or width
        self.k = nn.Linear(memory_width, self.kv_heads * self.head_width, bias)
        self.v = nn.Linear(memory_width, self.kv_heads * self.head_width, bias)
        self.q_norm = build_norm(qk_norm, self.head_width) if qk_norm else nn.Identity()
        self.k_norm = build_norm(qk_norm, self.head_width) if qk_norm else nn.Identity()
        self.out = nn.Linear(width, width, bias)

    def forward(self, x, mask=None, memory=None, memory_mask=None):
        cut = lambda t, heads: t.unflatten(-1, (heads, self.head_width)).transpose(1, 2)
        # One row a head, so that no norm mistakes heads for an image.
        normed = lambda norm, t: norm(t.flatten(0, 2)).view_as(t)
        q = normed(self.q_norm, cut(self.q(x), self.heads))
        k = normed(self.k_norm, cut(self.k(memory), self.kv_heads))
        v = cut(self.v(memory), self.kv_heads)
        seen = None if memory_mask is None else memory_mask.bool()[:, None, None, :]
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=seen,
                                           enable_gqa=self.kv_heads < self.heads)
        return self.out(y.transpose(1, 2).flatten(2))


class DecoderBlock(nn.Module):
    """Self-attention, attention to the memory and feed-forward, each x + F(N(x)) or N(x + F(x))."""

    def __init__(self, width, attention, cross, ffn, norm, placement="pre"):
        super().__init__()
        self.pre = placement == "pre"
        self.attn_norm, self.cross_norm, self.ffn_norm = (build_norm(norm, width)
                                                          for _ in range(3))
        self.attn = Attention(width, **attention)
        self.cross = CrossAttention(width, **cross)
        self.ffn = Ffn(width, **ffn)

    def forward(self, x, mask=None, memory=None, memory_mask=None):
        parts = ((self.attn_norm, lambda y: self.attn(y, mask)),
                 (self.cross_norm, lambda y: self.cross(y, None, memory, memory_mask)),
                 (self.ffn_norm, self.ffn))
        for norm, branch in parts:
            x = x + branch(norm(x)) if self.pre else norm(x + branch(x))
        return x


class RelativeBias(nn.Module):
    """Raffel et al. 2019, section 2.1: the table of buckets over all distances, (heads, 2T − 1)."""

    def __init__(self, heads, buckets=32, max_distance=128, bidirectional=True):
        super().__init__()
        self.buckets, self.max_distance = buckets, max_distance
        self.bidirectional = bidirectional
        self.weight = nn.Parameter(torch.zeros(buckets, heads))

    def bucket(self, distance):
        buckets, first = self.buckets, 0
        if self.bidirectional:
            buckets //= 2
            first, distance = (buckets if distance > 0 else 0), -abs(distance)
        far, exact = max(-distance, 0), buckets // 2
        if far < exact:
            return first + far
        # As integers, so that no logarithm is rounded: how many bounds of buckets lie below.
        steps = buckets - exact
        beyond = sum(far ** steps * exact ** i >= exact ** steps * self.max_distance ** i
                     for i in range(1, steps))
        return first + exact + beyond

    def forward(self, x):
        time = x.shape[1]
        return self.weight[[self.bucket(d) for d in range(1 - time, time)]].T


def build(kind, channels, options):
    if kind == "cross_attention":
        return CrossAttention(channels, **options)
    if kind == "decoder_block":
        return DecoderBlock(channels, **options)
    return RelativeBias(**options)
