"""Norms whose gain and offset come from a conditioning vector, a style or a segmentation map."""

import torch
from torch import nn
from torch.nn import functional as F

from . import layers
from .norms import build_norm, channels_last, from_channels_last


def bare(spec, channels):
    """The norm without its own gain and offset."""
    off = {"layer_norm": ("weight", "bias"), "rms_norm": ("weight",), "batch_norm": ("affine",),
           "instance_norm": ("affine",), "group_norm": ("affine",), "identity": ()}[spec["type"]]
    return build_norm(spec | dict.fromkeys(off, False), channels)


def per_sample(values, x):
    """(B,C) so that it broadcasts over the positions of (B,C), (B,T,C) or NCHW."""
    if x.dim() == 4:
        return values[:, :, None, None]
    return values.view(len(x), *(1 for _ in x.shape[1:-1]), -1)


def select(y, mask):
    if mask is None:
        return y
    return from_channels_last(torch.where(mask.bool().unsqueeze(-1), channels_last(y), 0.0))


class AdaLayerNorm(nn.Module):
    """Peebles, Xie 2023, arXiv 2212.09748: shift, scale and gate in this order."""

    def __init__(self, channels, sides, norm=None, branch=None, zero=True):
        super().__init__()
        self.norm = bare(norm or {"type": "layer_norm", "eps": 1e-6}, channels)
        parts = 3 if branch else 2
        self.modulation = nn.Linear(sides["cond"][-1], parts * channels)
        self.branch = layers.build(branch, (1, channels)) if branch else None

    def forward(self, x, mask=None, cond=None):
        channels = x.shape[1] if x.dim() == 4 else x.shape[-1]
        shift, scale, *gate = (per_sample(m, x) for m in
                               self.modulation(F.silu(cond)).split(channels, dim=-1))
        y = select(self.norm(x, mask) * (1 + scale) + shift, mask)
        return y if self.branch is None else x + select(gate[0] * self.branch(y), mask)


class ConditionalBatchNorm(nn.Module):
    """Brock, Donahue, Simonyan 2019, arXiv 1809.11096."""

    def __init__(self, channels, sides, norm=None):
        super().__init__()
        self.norm = bare(norm or {"type": "batch_norm"}, channels)
        self.gain = nn.Linear(sides["cond"][-1], channels, bias=False)
        self.bias = nn.Linear(sides["cond"][-1], channels, bias=False)

    def forward(self, x, mask=None, cond=None):
        gain, bias = (per_sample(f(cond), x) for f in (self.gain, self.bias))
        return select(self.norm(x, mask) * (1 + gain) + bias, mask)


class Film(nn.Module):
    """Perez et al. 2018, arXiv 1709.07871."""

    def __init__(self, channels, sides, norm=None):
        super().__init__()
        self.norm = bare(norm or {"type": "identity"}, channels)
        self.modulation = nn.Linear(sides["cond"][-1], 2 * channels)

    def forward(self, x, mask=None, cond=None):
        gamma, beta = (per_sample(m, x) for m in self.modulation(cond).chunk(2, dim=-1))
        return select(self.norm(x, mask) * gamma + beta, mask)


class AdaInstanceNorm(nn.Module):
    """Huang, Belongie 2017, arXiv 1703.06868; the content's variance is unbiased too."""

    def __init__(self, channels, sides, norm=None, eps=1e-5):
        super().__init__()
        self.norm = bare(norm, channels) if norm else None
        self.eps = eps

    def statistics(self, x):
        rows = channels_last(x).flatten(1, -2)
        return rows.mean(1), (rows.var(1) + self.eps).sqrt()

    def forward(self, x, mask=None, cond=None):
        if self.norm is None:
            mean, deviation = (per_sample(m, x) for m in self.statistics(x))
            y = (x - mean) / deviation
        else:
            y = self.norm(x, mask)
        mean, deviation = (per_sample(m, x) for m in self.statistics(cond))
        return select(y * deviation + mean, mask)


class Spade(nn.Module):
    """Park et al. 2019, arXiv 1903.07291."""

    def __init__(self, channels, sides, norm=None, hidden=128, kernel=3):
        super().__init__()
        self.norm = bare(norm or {"type": "batch_norm"}, channels)
        same = lambda i, o: nn.Conv2d(i, o, kernel, padding=kernel // 2)
        self.mlp_shared = same(sides["segmentation"][1], hidden)
        self.mlp_gamma, self.mlp_beta = same(hidden, channels), same(hidden, channels)

    def forward(self, x, mask=None, segmentation=None):
        labels = select(F.interpolate(segmentation, size=x.shape[2:], mode="nearest"), mask)
        hidden = select(F.relu(self.mlp_shared(labels)), mask)
        return select(self.norm(x, mask) * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden),
                      mask)


CONDITIONAL = {
    "ada_layer_norm": AdaLayerNorm,
    "conditional_batch_norm": ConditionalBatchNorm,
    "film": Film,
    "ada_instance_norm": AdaInstanceNorm,
    "spade": Spade,
}
