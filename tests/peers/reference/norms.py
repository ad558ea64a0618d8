"""The six norms, as PyTorch computes them, on (B,C), (B,T,C) and NCHW tensors.

PyTorch wants channels second for some norms and last for others; Norma decides by the definition
of the norm alone. These classes only move the axis. A mask marks valid positions: statistics are
those of the valid positions (gathered before PyTorch sees them), masked outputs are 0.
"""

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
    def __init__(self, channels, eps=1e-6, weight=True):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None

    def forward(self, x, mask=None):
        return over_rows(x, mask, lambda rows: F.rms_norm(rows, rows.shape[-1:], self.weight,
                                                          self.eps))


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


def build_norm(spec, channels):
    """The norm that a config object such as {"type": "group_norm", "groups": 4} describes."""
    options = dict(spec)
    kind = options.pop("type")
    if kind == "layer_norm":
        return LayerNorm(channels, **options)
    if kind == "rms_norm":
        return RmsNorm(channels, **options)
    if kind == "batch_norm":
        return BatchNorm(channels, **options)
    if kind == "group_norm":
        return GroupNorm(options.pop("groups", 32), channels, **options)
    if kind == "instance_norm":
        return InstanceNorm(channels, **options)
    if kind == "dyt":
        return Dyt(channels, **options)
    raise ValueError(f"no reference for the norm {kind!r}")
