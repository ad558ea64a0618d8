"""Norms that mix several statistics, look at neighbours, or combine other norms: the formulas of the
papers and repositories, written with PyTorch's functions.

Everything is computed on (N,S,C), samples by positions by channels, with `valid` (N,S,1) marking the
positions that count.
"""

import torch
from torch import nn
from torch.nn import functional as F

from . import norms as plain
from .norms import channels_last, from_channels_last


def moments(x, valid, axes):
    """Count, mean and biased variance of the valid elements over some axes."""
    count = valid.expand_as(x).sum(axes, keepdim=True).to(x.dtype)
    mean = torch.where(valid, x, 0.0).sum(axes, keepdim=True) / count
    var = torch.where(valid, x - mean, 0.0).square().sum(axes, keepdim=True) / count
    return count, mean, var


class OverPositions(nn.Module):
    """Brings the input to (N,S,C) and back; a norm writes `normalize`."""

    def forward(self, x, mask=None):
        last = channels_last(x)
        rows = last.reshape(len(last), -1, last.shape[-1])
        valid = torch.ones_like(rows[..., :1]).bool() if mask is None \
            else mask.bool().reshape(*rows.shape[:2], 1)
        # Selected before anything is computed: padding may hold NaN.
        y = self.normalize(torch.where(valid, rows, 0.0), valid)
        return from_channels_last(torch.where(valid, y, 0.0).reshape(last.shape))


class PartialRmsNorm(OverPositions):
    """The mean square is that of the first features (Zhang, Sennrich 2019, arXiv 1910.07467)."""

    def __init__(self, channels, partial, eps=1e-6, weight=True, zero_centered=False):
        super().__init__()
        self.measured, self.eps, self.zero_centered = int(partial * channels), eps, zero_centered
        self.weight = nn.Parameter(torch.ones(channels)) if weight else None

    def normalize(self, x, valid):
        y = x / (x[..., : self.measured].square().mean(-1, keepdim=True) + self.eps).sqrt()
        if self.weight is None:
            return y
        return y * (1 + self.weight if self.zero_centered else self.weight)


class Grn(OverPositions):
    """Global response norm (Woo et al. 2023, arXiv 2301.00808), as timm."""

    def __init__(self, channels, eps=1e-6):
        super().__init__()
        self.eps = eps
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def normalize(self, x, valid):
        response = x.norm(dim=1, keepdim=True)
        scale = response / (response.mean(-1, keepdim=True) + self.eps)
        return x + self.weight * x * scale + self.bias


class EvoNormS0(OverPositions):
    """Liu et al. 2020, arXiv 2004.02967, as timm."""

    def __init__(self, channels, groups=32, eps=1e-5):
        super().__init__()
        self.groups, self.eps = groups, eps
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.v = nn.Parameter(torch.ones(channels))

    def normalize(self, x, valid):
        grouped = x.unflatten(-1, (self.groups, -1))
        _, _, var = moments(grouped, valid.unsqueeze(-1), (1, 3))
        deviation = (var + self.eps).sqrt().expand_as(grouped).flatten(2)
        return x * torch.sigmoid(self.v * x) / deviation * self.weight + self.bias


class EvoNormB0(OverPositions):
    """The same, with the deviation of the batch; running_var is unbiased, as timm's."""

    def __init__(self, channels, eps=1e-3, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.v = nn.Parameter(torch.ones(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def normalize(self, x, valid):
        var = self.running_var
        if self.training:
            count, _, var = moments(x, valid, (0, 1))
            unbiased = (var * count / (count - 1)).detach().flatten()
            self.running_var += self.momentum * (unbiased - self.running_var)
        _, _, of_sample = moments(x, valid, (1,))
        other = self.v * x + (of_sample + self.eps).sqrt()
        return x / torch.maximum((var + self.eps).sqrt().expand_as(other), other) \
            * self.weight + self.bias


class SwitchableNorm(OverPositions):
    """Luo et al. 2018, arXiv 1806.10779, with the moving averages of its repository. The variance of
    a sample's channel is unbiased there, and the larger domains are merged from it."""

    def __init__(self, channels, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.mean_weight = nn.Parameter(torch.ones(3))
        self.var_weight = nn.Parameter(torch.ones(3))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.zeros(channels))

    def normalize(self, x, valid):
        count, mean, var = moments(x, valid, (1,))
        var = var * count / (count - 1)

        def merged(axis):
            share = count / count.expand_as(mean).sum(axis, keepdim=True)
            centre = (share * mean).sum(axis, keepdim=True)
            return centre, (share * (var + (mean - centre).square())).sum(axis, keepdim=True)

        of_layer = merged(2)
        if self.training:
            of_batch = merged(0)
            for running, now in zip((self.running_mean, self.running_var), of_batch):
                running += self.momentum * (now.detach().flatten() - running)
        else:
            of_batch = self.running_mean, self.running_var
        mix = lambda logits, parts: sum(p * part for p, part in zip(logits.softmax(0), parts))
        centre = mix(self.mean_weight, (mean, of_layer[0], of_batch[0]))
        variance = mix(self.var_weight, (var, of_layer[1], of_batch[1]))
        return (x - centre) / (variance + self.eps).sqrt() * self.weight + self.bias


class LocalResponseNorm(OverPositions):
    def __init__(self, channels, size=5, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.norm = nn.LocalResponseNorm(size, alpha, beta, k)

    def normalize(self, x, valid):
        return self.norm(x.transpose(1, 2)).transpose(1, 2)


class Sequence(nn.Module):
    def __init__(self, channels, norms):
        super().__init__()
        self.norms = nn.ModuleList(plain.build_norm(spec, channels) for spec in norms)

    def forward(self, x, mask=None):
        for norm in self.norms:
            x = norm(x, mask)
        return x


class Mixture(Sequence):
    def __init__(self, channels, norms):
        super().__init__(channels, norms)
        self.logits = nn.Parameter(torch.zeros(len(norms)))

    def forward(self, x, mask=None):
        return sum(p * norm(x, mask) for p, norm in zip(self.logits.softmax(0), self.norms))


COMPOSITE = {
    "grn": Grn,
    "evo_norm_s0": EvoNormS0,
    "evo_norm_b0": EvoNormB0,
    "switchable_norm": SwitchableNorm,
    "local_response_norm": LocalResponseNorm,
    "sequence": Sequence,
    "mixture": Mixture,
}
