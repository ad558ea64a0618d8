"""The norms, as PyTorch computes them, on (B,C), (B,T,C) and NCHW tensors. Where PyTorch has no such
module, the formula of the paper, written with PyTorch's functions.

PyTorch wants channels second for some norms and last for others; Norma decides by the definition
of the norm alone. These classes only move the axis. A mask marks valid positions: statistics are
those of the valid positions (gathered before PyTorch sees them), masked outputs are 0.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F


def channels_last(x):
    """(B,C,H,W) -> (B,H,W,C); anything else already has its channels last."""
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x


def from_channels_last(x):
    return x.permute(0, 3, 1, 2) if x.dim() == 4 else x


def channels_second(x):
    """(B,T,C) -> (B,C,T); (B,C) and (B,C,H,W) stay."""
    return x.transpose(1, 2) if x.dim() == 3 else x


def over_valid_rows(x, mask, normalize):
    """Applies `normalize` to the (n,C) valid rows of x and puts them back, 0 elsewhere.

    Selected, not multiplied: 0·NaN is not 0.
    """
    rows, valid = channels_last(x), mask.bool()
    y = torch.zeros_like(rows)
    y[valid] = normalize(rows[valid])
    return from_channels_last(y)


def over_rows(x, mask, normalize):
    """Applies `normalize` to the channels of each position."""
    if mask is not None:
        return over_valid_rows(x, mask, normalize)
    return from_channels_last(normalize(channels_last(x)))


def sample_by_sample(x, mask, normalize):
    """The same for norms whose domain is one sample; `normalize` gets (1,C,n)."""
    one = lambda rows: normalize(rows.t().unsqueeze(0)).squeeze(0).t()
    return torch.cat([over_valid_rows(x[i : i + 1], mask[i : i + 1], one) for i in range(len(x))])


class LayerNorm(nn.Module):
    """Over the channels of each position, for images too."""

    def __init__(self, channels, eps=1e-5, weight=True, bias=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x, mask=None):
        return over_rows(x, mask, lambda rows: F.layer_norm(rows, rows.shape[-1:], self.weight,
                                                            self.bias, self.eps))


class RmsNorm(nn.Module):
    """With `zero_centered` the stored parameter is what γ differs by from 1. `eps_outside` adds ε to
    the root, as bzhangGo/rmsnorm does."""

    def __init__(self, channels, eps=1e-6, weight=True, zero_centered=False, eps_outside=False):
        super().__init__()
        self.eps, self.zero_centered, self.eps_outside = eps, zero_centered, eps_outside
        start = torch.zeros(channels) if zero_centered else torch.ones(channels)
        self.weight = nn.Parameter(start) if weight else None

    def forward(self, x, mask=None):
        gain = self.weight
        if self.zero_centered and gain is not None:
            gain = 1 + gain
        return over_rows(x, mask, lambda rows: self.on_rows(rows, gain))

    def on_rows(self, rows, gain):
        if not self.eps_outside:
            return F.rms_norm(rows, rows.shape[-1:], gain, self.eps)
        y = rows / (rows.pow(2).mean(-1, keepdim=True).sqrt() + self.eps)
        return y if gain is None else y * gain


class ScaleNorm(nn.Module):
    """One learned length for every position (Nguyen, Salazar 2019, arXiv 1910.05895)."""

    def __init__(self, channels, eps=1e-5):
        super().__init__()
        self.eps = eps
        self.g = nn.Parameter(torch.full((1,), math.sqrt(channels)))

    def forward(self, x, mask=None):
        return over_rows(x, mask, lambda rows: self.g * F.normalize(rows, dim=-1, eps=self.eps))


class FixedLength(nn.Module):
    """Every position scaled to one length: 1, or √channels (Qin et al. 2023, arXiv 2307.14995)."""

    def __init__(self, length, eps):
        super().__init__()
        self.length, self.eps = length, eps

    def forward(self, x, mask=None):
        return over_rows(x, mask,
                         lambda rows: self.length * F.normalize(rows, dim=-1, eps=self.eps))


class BatchNorm(nn.modules.batchnorm._BatchNorm):
    def _check_input_dim(self, x):
        pass

    def forward(self, x, mask=None):
        if mask is not None:
            return over_valid_rows(x, mask, super().forward)
        return channels_second(super().forward(channels_second(x)))


class GroupNorm(nn.GroupNorm):
    def forward(self, x, mask=None):
        if mask is not None:
            return sample_by_sample(x, mask, super().forward)
        return channels_second(super().forward(channels_second(x)))


class InstanceNorm(nn.modules.instancenorm._InstanceNorm):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        # PyTorch gives it a counter and never counts.
        self._buffers.pop("num_batches_tracked", None)

    def forward(self, x, mask=None):
        if mask is not None:
            return sample_by_sample(x, mask, self._apply_instance_norm)
        return channels_second(self._apply_instance_norm(channels_second(x)))


class Frn(nn.Module):
    """Filter response norm and its thresholded linear unit (Singh, Krishnan 2019, arXiv 1911.09737)."""

    def __init__(self, channels, eps=1e-6, tlu=True, learned_eps=False):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.tau = nn.Parameter(torch.zeros(channels)) if tlu else None
        self.learned_eps = nn.Parameter(torch.full((1,), 1e-4)) if learned_eps else None

    def forward(self, x, mask=None):
        if mask is not None:
            return sample_by_sample(x, mask, self.on_channels_second)
        return channels_second(self.on_channels_second(channels_second(x)))

    def on_channels_second(self, x):
        """On (B,C,…): the statistic is over all axes behind the second."""
        positions = tuple(range(2, x.dim()))
        square = x.pow(2).mean(positions, keepdim=True) + self.eps
        if self.learned_eps is not None:
            square = square + self.learned_eps.abs()
        channel = lambda p: p.view(-1, *(1 for _ in positions))
        y = channel(self.weight) * x / square.sqrt() + channel(self.bias)
        return y if self.tau is None else torch.maximum(y, channel(self.tau).expand_as(y))


class Identity(nn.Module):
    def forward(self, x, mask=None):
        return over_rows(x, mask, lambda rows: rows)


class Affine(nn.Module):
    def __init__(self, channels, weight=True, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x, mask=None):
        return over_rows(x, mask, self.on_rows)

    def on_rows(self, rows):
        return self.ending(rows)

    def ending(self, y):
        y = y if self.weight is None else y * self.weight
        return y if self.bias is None else y + self.bias


def exp_sign(z):
    """sign(z)(1 − e^−|z|), whose slope at 0 is 1; sign() would make it 0."""
    below = z < 0
    grown = torch.expm1(torch.where(below, z, -z))
    return torch.where(below, grown, -grown)


CURVES = {
    "derf": torch.erf,
    "isru": lambda z: z / torch.sqrt(1 + z.pow(2)),
    "sat_sin": lambda z: torch.sin(torch.clamp(z, -math.pi / 2, math.pi / 2)),
    "linear_clip": lambda z: torch.clamp(z, -1, 1),
    "arctan": lambda z: torch.atan(z) * 2 / math.pi,
    "softsign": F.softsign,
    "exp_sign": exp_sign,
}


class Pointwise(Affine):
    """γ·f(αx+s)+β with a bounded curve f (Chen et al. 2025, arXiv 2512.10938)."""

    def __init__(self, curve, channels, alpha=0.5, shift=0.0, weight=True, bias=True):
        super().__init__(channels, weight, bias)
        self.curve = curve
        self.alpha = nn.Parameter(torch.full((1,), alpha))
        self.shift = nn.Parameter(torch.full((1,), shift))

    def on_rows(self, rows):
        return self.ending(self.curve(self.alpha * rows + self.shift))


class Dyt(nn.Module):
    """γ·tanh(αx)+β with one α for the layer (Zhu et al. 2025, arXiv 2503.10622)."""

    def __init__(self, channels, alpha=0.5, weight=True, bias=True):
        super().__init__()
        self.alpha = nn.Parameter(torch.full((1,), alpha))
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x, mask=None):
        return over_rows(x, mask, self.on_rows)

    def on_rows(self, rows):
        y = torch.tanh(self.alpha * rows)
        y = y if self.weight is None else y * self.weight
        return y if self.bias is None else y + self.bias


BATCH_NORMS = ("batch_norm", "batch_renorm", "lp_batch_norm", "split_batch_norm",
               "sync_batch_norm", "power_norm", "online_norm")


def build_norm(spec, channels):
    """The norm that a config object such as {"type": "group_norm", "groups": 4} describes."""
    options = dict(spec)
    kind = options.pop("type")
    if kind in BATCH_NORMS:
        from .batch_norms import build_batch_norm  # which is built of the classes above
        return build_batch_norm(kind, channels, options)
    from .composite import COMPOSITE, PartialRmsNorm  # they build on this file
    if kind in COMPOSITE:
        return COMPOSITE[kind](channels, **options)
    if "partial" in options:
        return PartialRmsNorm(channels, **options)
    if kind == "layer_norm":
        return LayerNorm(channels, **options)
    if kind == "rms_norm":
        return RmsNorm(channels, **options)
    if kind == "group_norm":
        return GroupNorm(options.pop("groups", 32), channels, **options)
    if kind == "instance_norm":
        return InstanceNorm(channels, **options)
    if kind == "dyt":
        return Dyt(channels, **options)
    if kind == "scale_norm":
        return ScaleNorm(channels, **options)
    if kind == "unit_norm":
        return FixedLength(1.0, options.get("eps", 1e-6))
    if kind == "simple_rms_norm":
        return FixedLength(math.sqrt(channels), options.get("eps", 1e-12))
    if kind == "frn":
        return Frn(channels, **options)
    if kind == "identity":
        return Identity()
    if kind == "affine":
        return Affine(channels, **options)
    if kind in CURVES:
        return Pointwise(CURVES[kind], channels, **options)
    raise ValueError(f"no reference for the norm {kind!r}")
