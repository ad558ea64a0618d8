"""Linear, convolution, attention, feed-forward, block, pooling, activations and losses.

Parameter names are Norma's, tensors have PyTorch's shapes: NCHW, OIHW, (out,in). Sizes that the
input determines are taken from it, so `build(spec, shape)` needs nothing else.
"""

import math
from functools import lru_cache

import torch
from torch import nn
from torch.nn import functional as F

from .norms import BATCH_NORMS, CURVES, build_norm, channels_last
from .weights import reparametrized

NORMS = ("layer_norm", "rms_norm", *BATCH_NORMS, "group_norm", "instance_norm", "dyt", "scale_norm",
         "unit_norm", "simple_rms_norm", "frn", "identity", "affine", *CURVES)
LOSSES = ("cross_entropy", "mse", "bce_with_logits")

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
                 reparam=None):
        super().__init__()
        self.activation = activation
        self.up = reparametrized(nn.Linear(width, hidden, bias), reparam)
        if activation in GATED:
            self.gate = reparametrized(nn.Linear(width, hidden, bias), reparam)
        self.down = reparametrized(nn.Linear(hidden, width, bias), reparam)
        self.inner_norm = build_norm(inner_norm, hidden) if inner_norm else nn.Identity()

    def forward(self, x):
        if self.activation in GATED:
            hidden = GATED[self.activation](self.gate(x)) * self.up(x)
        else:
            hidden = ACTIVATIONS[self.activation](self.up(x))
        return self.down(self.inner_norm(hidden))


@lru_cache
def turns(time, half, base, dtype):
    """cos and sin of position · base^(−i/half), (T,d/2)."""
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
                 reparam=None):
        super().__init__()
        self.heads, self.kv_heads, self.head_width = heads, kv_heads or heads, width // heads
        self.causal, self.rope, self.logit_softcap = causal, rope, logit_softcap
        rows = (self.heads + 2 * self.kv_heads) * self.head_width
        self.qkv = reparametrized(nn.Linear(width, rows, bias), reparam)
        self.out = reparametrized(nn.Linear(self.heads * self.head_width, width, bias), reparam)
        self.q_norm = build_norm(qk_norm, self.head_width) if qk_norm else None
        self.k_norm = build_norm(qk_norm, self.head_width) if qk_norm else None
        self.inner_norm = build_norm(inner_norm, self.heads * self.head_width) if inner_norm \
            else nn.Identity()

    def forward(self, x, mask=None):
        batch, time, _ = x.shape
        counts = (self.heads, self.kv_heads, self.kv_heads)
        parts = self.qkv(x).split([n * self.head_width for n in counts], dim=-1)
        q, k, v = (p.view(batch, time, n, self.head_width) for p, n in zip(parts, counts))
        if self.q_norm is not None:
            # Rows of one head are (…, d): flattened, so that no norm mistakes them for an image.
            q, k = (norm(t.flatten(0, 2)).view_as(t) for norm, t in
                    ((self.q_norm, q), (self.k_norm, k)))
        q, k, v = (t.transpose(1, 2) for t in (q, k, v))
        if self.rope:
            q, k = rotate(q), rotate(k)
        y = self.mix(q, k, v, mask).transpose(1, 2).reshape(batch, time, -1)
        return self.out(self.inner_norm(y))

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
        if self.placement == "parallel" and spec.get("shared_norm", True):
            self.norm = build_norm(norm, width)
        elif self.placement not in ("skip_init", "re_zero"):
            self.attn_norm, self.ffn_norm = build_norm(norm, width), build_norm(norm, width)
        if self.placement == "sandwich":
            self.attn_out_norm, self.ffn_out_norm = build_norm(norm, width), build_norm(norm, width)
        if self.placement in ("layer_scale", "skip_init"):
            gains = width if self.placement == "layer_scale" else 1
            self.attn_scale = nn.Parameter(torch.zeros(gains))
            self.ffn_scale = nn.Parameter(torch.zeros(gains))
        if self.placement == "re_zero":
            self.alpha = nn.Parameter(torch.zeros(1))
        inner = norm if self.placement == "sub_ln" else None
        self.attn = Attention(width, inner_norm=inner, **attention)
        self.ffn = Ffn(width, inner_norm=inner, **ffn)

    def forward(self, x, mask=None):
        if self.placement == "parallel":
            shared = hasattr(self, "norm")
            y, z = (self.norm(x),) * 2 if shared else (self.attn_norm(x), self.ffn_norm(x))
            return x + self.attn(y, mask) + self.ffn(z)
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
            case "re_zero":
                return x + self.alpha * branch(x)
        raise ValueError(f"no reference for the placement {self.placement!r}")


class Apply(nn.Module):
    """A function without state as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def global_avg_pool(x, mask=None):
    """The mean over all positions, or over the valid ones: (B,C)."""
    rows = channels_last(x).flatten(1, -2)
    if mask is None:
        return rows.mean(dim=1)
    valid = mask.flatten(1).bool().unsqueeze(-1)
    return torch.where(valid, rows, 0.0).sum(dim=1) / valid.sum(dim=1)


def cross_entropy(label_smoothing=0.0, ignore_index=-100):
    def loss(logits, target):
        return F.cross_entropy(logits.flatten(0, -2), target.long().flatten(),
                               label_smoothing=label_smoothing, ignore_index=ignore_index)

    return loss


def build(spec, shape):
    """The module that `spec` describes, for inputs of this shape."""
    options = dict(spec)
    kind = options.pop("type")
    channels = shape[1] if len(shape) == 4 else shape[-1]
    if kind in NORMS:
        return build_norm(spec, channels)
    if kind in ACTIVATIONS:
        return Apply(ACTIVATIONS[kind])
    if kind == "linear":
        reparam = options.pop("reparam", None)
        return reparametrized(nn.Linear(channels, options.pop("out"), **options), reparam)
    if kind == "conv2d":
        reparam = options.pop("reparam", None)
        return reparametrized(
            nn.Conv2d(channels, options.pop("out"), options.pop("kernel"), **options), reparam)
    if kind == "embedding":
        return nn.Embedding(options.pop("entries"), options.pop("width"))
    if kind == "attention":
        return Attention(channels, **options)
    if kind == "ffn":
        return Ffn(channels, **options)
    if kind == "block":
        return Block(channels, **options)
    if kind == "max_pool2d":
        return nn.MaxPool2d(options.pop("kernel"), **options)
    if kind == "avg_pool2d":
        count_padding = options.pop("count_padding", True)
        return nn.AvgPool2d(options.pop("kernel"), count_include_pad=count_padding, **options)
    if kind == "global_avg_pool":
        return Apply(global_avg_pool)
    if kind == "dropout":
        return nn.Dropout(options["p"])
    if kind == "cross_entropy":
        return Apply(cross_entropy(**options))
    if kind == "mse":
        return Apply(F.mse_loss)
    if kind == "bce_with_logits":
        return Apply(F.binary_cross_entropy_with_logits)
    raise ValueError(f"no reference for the layer {kind!r}")
