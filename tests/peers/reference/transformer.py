"""Attention, feed-forward and the block that joins them, under Norma's parameter names."""

import math
from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional as F

from .norms import build_norm
from .weights import reparametrized

ACTIVATIONS = {
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "relu": F.relu,
    "relu2": lambda x: F.relu(x).square(),
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
GATED = {"swiglu": F.silu, "geglu": F.gelu}


class Ffn(nn.Module):
    """down(act(up(x))), or for the gated kinds down(act(gate(x)) · up(x)) (Shazeer 2020)."""

    def __init__(self, width, hidden, activation="gelu", bias=True, inner_norm=None,
                 reparam=None, unit_sphere=False):
        super().__init__()
        self.activation, self.root_of_width = activation, math.sqrt(width)
        if unit_sphere:
            self.up_gain = nn.Parameter(torch.ones(hidden))
            if activation in GATED:
                self.gate_gain = nn.Parameter(torch.ones(hidden))
        self.up = reparametrized(nn.Linear(width, hidden, bias), reparam)
        if activation in GATED:
            self.gate = reparametrized(nn.Linear(width, hidden, bias), reparam)
        self.down = reparametrized(nn.Linear(hidden, width, bias), reparam)
        self.inner_norm = build_norm(inner_norm, hidden) if inner_norm else nn.Identity()

    def forward(self, x):
        if self.activation in GATED:
            hidden = GATED[self.activation](self.project("gate", x)) * self.project("up", x)
        else:
            hidden = ACTIVATIONS[self.activation](self.project("up", x))
        return self.down(self.inner_norm(hidden))

    def project(self, name, x):
        y = getattr(self, name)(x)
        gain = getattr(self, f"{name}_gain", None)
        return y if gain is None else y * gain * self.root_of_width


def turns(time, half, base, dtype):
    """cos and sin of position · base^(−i/half), (T,d/2)."""
    return kept_turns(time, half, base, dtype)


@lru_cache
def kept_turns(time, half, base, dtype):
    frequency = base ** (-torch.arange(half, dtype=torch.float64) / half)
    angle = torch.arange(time, dtype=torch.float64)[:, None] * frequency
    return angle.cos().to(dtype), angle.sin().to(dtype)


def rotate(x, base=10000.0):
    """Rotary positions on (B,H,T,d): feature i turns with feature i + d/2 (GPT-NeoX, Llama)."""
    half = x.shape[-1] // 2
    cos, sin = turns(x.shape[-2], half, base, x.dtype)
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class Attention(nn.Module):
    """Query head h reads key/value head h // (heads / kv_heads). A mask (B,T) marks valid keys."""

    def __init__(self, width, heads, kv_heads=None, causal=True, rope=False, bias=True,
                 qk_norm=None, logit_softcap=None, inner_norm=None,
                 reparam=None, k_norm=None, v_norm=None, norm_span="head",
                 norm_order="before_rope", qk_gain=None, logit_scale=None, unit_sphere=False):
        super().__init__()
        self.heads, self.kv_heads, self.head_width = heads, kv_heads or heads, width // heads
        self.causal, self.rope, self.logit_softcap = causal, rope, logit_softcap
        rows = (self.heads + 2 * self.kv_heads) * self.head_width
        self.qkv = reparametrized(nn.Linear(width, rows, bias), reparam)
        self.out = reparametrized(nn.Linear(self.heads * self.head_width, width, bias), reparam)
        self.after_rope = norm_order == "after_rope" or unit_sphere
        self.per_head, self.unit_sphere = norm_span == "head", unit_sphere
        spans = [n if norm_span == "width" else 1 for n in (self.heads, self.kv_heads)]
        of = lambda norm, span: build_norm(norm, span * self.head_width) if norm else None
        self.q_norm, self.k_norm = of(qk_norm, spans[0]), of(qk_norm or k_norm, spans[1])
        self.v_norm = of(v_norm, spans[1])
        self.logit_scale = None if logit_scale is None else \
            nn.Parameter(torch.full((self.heads,), logit_scale))
        self.qk_gain = None if qk_gain is None and not unit_sphere else \
            nn.Parameter(torch.full((self.heads * self.head_width,), qk_gain or width ** -0.5))
        self.inner_norm = build_norm(inner_norm, self.heads * self.head_width) if inner_norm \
            else nn.Identity()

    def forward(self, x, mask=None):
        batch, time, _ = x.shape
        counts = (self.heads, self.kv_heads, self.kv_heads)
        parts = self.qkv(x).split([n * self.head_width for n in counts], dim=-1)
        q, k, v = (p.view(batch, time, n, self.head_width) for p, n in zip(parts, counts))
        turned = lambda t: rotate(t.transpose(1, 2)).transpose(1, 2) if self.rope else t
        if self.after_rope:
            q, k = turned(q), turned(k)
        q, k, v = (self.normalized(norm, t) for norm, t in
                   ((self.q_norm, q), (self.k_norm, k), (self.v_norm, v)))
        if self.unit_sphere:
            q, k = (F.normalize(t, dim=-1, eps=1e-6) for t in (q, k))
        if self.qk_gain is not None:
            factor = x.shape[-1] ** 0.5 if self.unit_sphere else 1.0
            gain = (factor * self.qk_gain).view(self.heads, self.head_width)
            q, k = q * gain, k * gain
        if self.unit_sphere:  # what attention divides by, twice: √d·q·k
            q = q * self.head_width
        if self.logit_scale is not None:
            q = q * self.logit_scale.view(-1, 1) * math.sqrt(self.head_width)
        if not self.after_rope:
            q, k = turned(q), turned(k)
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        y = self.mix(q, k, v, mask).transpose(1, 2).reshape(batch, time, -1)
        return self.out(self.inner_norm(y))

    def normalized(self, norm, t):
        """(B,T,heads,d) with one statistic a head, or one for all heads of a position. Flattened, so
        that no norm mistakes rows for an image."""
        if norm is None:
            return t
        rows = t.flatten(0, 2) if self.per_head else t.flatten(2).flatten(0, 1)
        return norm(rows).view_as(t)

    def allowed(self, time, mask):
        """Which keys a query may read, broadcast to (B,1,T,T); None for all."""
        allowed = None
        if self.causal:
            allowed = torch.ones(time, time, dtype=torch.bool).tril()[None, None]
        if mask is not None:
            keys = mask.bool()[:, None, None, :]
            allowed = keys if allowed is None else allowed & keys
        return allowed

    def mix(self, q, k, v, mask):
        group = self.heads // self.kv_heads
        if self.logit_softcap is None:
            # A flag instead of a mask where it says the same: PyTorch is faster with it.
            by_flag = self.causal and mask is None
            allowed = None if by_flag else self.allowed(q.shape[-2], mask)
            return F.scaled_dot_product_attention(q, k, v, attn_mask=allowed, is_causal=by_flag,
                                                  enable_gqa=group > 1)
        allowed = self.allowed(q.shape[-2], mask)
        k, v = k.repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        logits = q @ k.transpose(-1, -2) / math.sqrt(self.head_width)
        logits = self.logit_softcap * torch.tanh(logits / self.logit_softcap)
        if allowed is not None:
            logits = logits.masked_fill(~allowed, -math.inf)
        return logits.softmax(dim=-1) @ v


class Block(nn.Module):
    """Attention and feed-forward, joined to the stream as `placement` says: its name or its spec.

    `layer` counts from 0 among `layers` blocks. What res_i_dual sums beside the stream belongs to
    the model, not to one block.
    """

    def __init__(self, width, attention, ffn, norm, placement="pre", layer=0, layers=1):
        super().__init__()
        spec = {"type": placement} if isinstance(placement, str) else dict(placement)
        self.placement = spec.pop("type")
        if self.placement == "mix_ln":
            first = spec.get("post_blocks")
            first = math.ceil(layers / 4) if first is None else first
            self.placement = "post" if layer < first else "pre"
        self.layer, self.layers = layer, layers
        self.spec = spec
        if self.placement == "parallel" and spec.get("shared_norm", True):
            self.norm = build_norm(norm, width)
        elif self.placement == "hybrid_norm":
            self.ffn_norm = build_norm(norm, width)
            if spec.get("first_pre") and layer == 0:
                self.attn_norm = build_norm(norm, width)
            attention = {"qk_norm": norm, "v_norm": norm} | attention
        elif self.placement not in ("skip_init", "re_zero", "fixup", "ngpt"):
            self.attn_norm, self.ffn_norm = build_norm(norm, width), build_norm(norm, width)
        if self.placement in ("sandwich", "keel"):
            self.attn_out_norm, self.ffn_out_norm = build_norm(norm, width), build_norm(norm, width)
        if self.placement in ("layer_scale", "skip_init"):
            gains = width if self.placement == "layer_scale" else 1
            self.attn_scale = nn.Parameter(torch.zeros(gains))
            self.ffn_scale = nn.Parameter(torch.zeros(gains))
        if self.placement == "re_zero":
            self.alpha = nn.Parameter(torch.zeros(1))
        if self.placement == "fixup":
            for name in ("attn", "ffn"):
                setattr(self, f"{name}_scale", nn.Parameter(torch.ones(1)))
                setattr(self, f"{name}_bias_in", nn.Parameter(torch.zeros(1)))
                setattr(self, f"{name}_bias_out", nn.Parameter(torch.zeros(1)))
        if self.placement == "ngpt":
            self.attn_rate = nn.Parameter(torch.full((width,), width ** -0.5))
            self.ffn_rate = nn.Parameter(torch.full((width,), width ** -0.5))
        inner = norm if self.placement == "sub_ln" else None
        sphere = self.placement == "ngpt"
        self.attn = Attention(width, inner_norm=inner, unit_sphere=sphere, **attention)
        self.ffn = Ffn(width, inner_norm=inner, unit_sphere=sphere, **ffn)

    def forward(self, x, mask=None):
        if self.placement == "parallel":
            shared = hasattr(self, "norm")
            y, z = (self.norm(x),) * 2 if shared else (self.attn_norm(x), self.ffn_norm(x))
            return x + self.attn(y, mask) + self.ffn(z)
        if self.placement == "hybrid_norm":
            if hasattr(self, "attn_norm"):
                x = x + self.attn(self.attn_norm(x), mask)
                return x + self.ffn(self.ffn_norm(x))
            x = self.ffn_norm(x + self.attn(x, mask))
            return x + self.ffn(x)
        x = self.join(x, "attn", lambda y: self.attn(y, mask))
        return self.join(x, "ffn", self.ffn)

    def join(self, x, name, branch):
        own = lambda suffix: getattr(self, name + suffix)
        match self.placement:
            case "pre" | "sub_ln":
                return x + branch(own("_norm")(x))
            case "post" | "res_i_dual":
                return own("_norm")(x + branch(x))
            case "sandwich":
                return x + own("_out_norm")(branch(own("_norm")(x)))
            case "reordered":
                return x + own("_norm")(branch(x))
            case "deep_norm":
                return own("_norm")((2 * self.layers) ** 0.25 * x + branch(x))
            case "layer_norm_scaling":
                return x + branch(own("_norm")(x) / math.sqrt(self.layer + 1))
            case "layer_scale":
                return x + own("_scale") * branch(own("_norm")(x))
            case "skip_init":
                return x + own("_scale") * branch(x)
            case "keel":
                alpha = self.spec.get("alpha", 2 * self.layers)
                return own("_out_norm")(alpha * x + branch(own("_norm")(x)))
            case "fixup":
                return x + own("_scale") * branch(x + own("_bias_in")) + own("_bias_out")
            case "ngpt":
                unit = lambda t: F.normalize(t, dim=-1, eps=1e-6)
                x = unit(x)
                rate = self.spec.get("rate", 0.05) * x.shape[-1] ** 0.5
                step = (rate * own("_rate")).abs()
                return unit(x + step * (unit(branch(x)) - x))
            case "re_zero":
                return x + self.alpha * branch(x)
        raise ValueError(f"no reference for the placement {self.placement!r}")
