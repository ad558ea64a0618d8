"""Every layer by its spec, and those that are in no other file: pooling, losses, gates of channels.

Parameter names are Norma's, tensors have PyTorch's shapes: NCHW, OIHW, (out,in). Sizes that the
input determines are taken from it, so `build(spec, shape)` needs nothing else.
"""

import torch
from torch import nn
from torch.nn import functional as F

from .composite import COMPOSITE
from .norms import BATCH_NORMS, CURVES, build_norm, channels_last
from .transformer import ACTIVATIONS, Attention, Block, Ffn
from .weights import reparametrized

NORMS = ("layer_norm", "rms_norm", *BATCH_NORMS, "group_norm", "instance_norm", "dyt", "scale_norm",
         "unit_norm", "simple_rms_norm", "frn", "identity", "affine", *CURVES, *COMPOSITE)
LOSSES = ("cross_entropy", "mse", "bce_with_logits")


class SqueezeExcite(nn.Module):
    """Hu, Shen, Sun 2017, arXiv 1709.01507, on (B,T,C) or NCHW."""

    def __init__(self, channels, ratio=0.5, factor=1.0):
        super().__init__()
        hidden = max(1, int(ratio * channels))
        self.factor = factor
        self.reduce, self.expand = nn.Linear(channels, hidden), nn.Linear(hidden, channels)

    def forward(self, x):
        rows = channels_last(x)
        mean = rows.flatten(1, -2).mean(dim=1)
        gate = torch.sigmoid(self.expand(torch.relu(self.reduce(mean))))
        y = self.factor * rows * gate.view(len(x), *[1] * (x.dim() - 2), -1)
        return y.permute(0, 3, 1, 2) if x.dim() == 4 else y


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


def cross_entropy(label_smoothing=0.0, ignore_index=-100, z_loss=0.0):
    def loss(logits, target):
        rows, classes = logits.flatten(0, -2), target.long().flatten()
        lse = rows[(classes != ignore_index) & (classes != -100)].logsumexp(dim=-1)
        return z_loss * lse.square().mean() + F.cross_entropy(
            rows, classes, label_smoothing=label_smoothing, ignore_index=ignore_index)

    return loss


def build(spec, shape, sides=None):
    """The module that `spec` describes, for inputs of this shape.

    `sides` has the shapes of what it reads besides: `cond`, `segmentation`.
    """
    from .conditional import CONDITIONAL  # it builds on this file
    options = dict(spec)
    kind = options.pop("type")
    channels = shape[1] if len(shape) == 4 else shape[-1]
    if kind in NORMS:
        return build_norm(spec, channels)
    if kind in CONDITIONAL:
        return CONDITIONAL[kind](channels, sides, **options)
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
    if kind == "moe":
        from .experts import Moe  # which needs the activations above
        return Moe(channels, **options)
    if kind in ("cross_attention", "decoder_block", "relative_bias"):
        from . import decoder
        return decoder.build(kind, channels, options)
    if kind == "lstm":
        from .recurrent import Lstm
        return Lstm(channels, **options)
    if kind == "block":
        return Block(channels, **options)
    if kind == "squeeze_excite":
        return SqueezeExcite(channels, **options)
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
