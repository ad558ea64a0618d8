"""Batch normalization and its kin: PyTorch's module where it has one, else the paper's formula in
autograd, on the (n,C) valid positions of a batch.
"""

import math

import torch
from torch import nn

from .norms import BatchNorm, channels_last, from_channels_last, over_valid_rows


def everywhere(x):
    return torch.ones(channels_last(x).shape[:-1], dtype=torch.uint8)


class FrozenBatchNorm(BatchNorm):
    """Batch norm that keeps to its running statistics whatever the mode."""

    def train(self, mode=True):
        super().train(False)
        return self


class GhostBatchNorm(BatchNorm):
    """PyTorch's batch norm on a few samples after the other in training (Hoffer et al. 2017)."""

    def __init__(self, channels, ghost_batch, **options):
        super().__init__(channels, **options)
        self.ghost_batch = ghost_batch

    def forward(self, x, mask=None):
        if not self.training:
            return super().forward(x, mask)
        masks = (None for _ in x) if mask is None else mask.split(self.ghost_batch)
        return torch.cat([super(GhostBatchNorm, self).forward(part, valid)
                          for part, valid in zip(x.split(self.ghost_batch), masks)])


class BiasedRunningBatchNorm(BatchNorm):
    """Batch norm that tracks the biased variance, as Keras and Flax do."""

    def forward(self, x, mask=None):
        if not self.training:
            return super().forward(x, mask)
        before = self.running_var.clone()
        y = super().forward(x, mask)
        n = channels_last(x)[..., 0].numel() if mask is None else int(mask.sum())
        with torch.no_grad():
            kept = before * (1 - self.momentum)
            self.running_var = kept + (self.running_var - kept) * (n - 1) / n
        return y


class SplitBatchNorm(BatchNorm):
    """A norm for each split of the batch in training, the main one in eval (timm)."""

    def __init__(self, channels, splits=2, **options):
        super().__init__(channels, **options)
        self.aux_bn = nn.ModuleList(BatchNorm(channels, **options) for _ in range(splits - 1))

    def forward(self, x, mask=None):
        if not self.training:
            return super().forward(x, mask)
        size = len(x) // (1 + len(self.aux_bn))
        parts = x.split(size)
        masks = [None] * len(parts) if mask is None else mask.split(size)
        main = super().forward(parts[0], masks[0])
        return torch.cat([main, *(norm(part, valid) for norm, part, valid in
                                  zip(self.aux_bn, parts[1:], masks[1:]))])


class OverRows(nn.Module):
    """A norm that sees the valid positions (n,C); state and affine ending of a batch norm."""

    def __init__(self, channels, second, momentum, affine):
        super().__init__()
        self.second, self.momentum = second, momentum
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer(second, torch.ones(channels))
        self.register_buffer("num_batches_tracked", torch.zeros(1, dtype=torch.int32))

    def forward(self, x, mask=None):
        mask = everywhere(x) if mask is None else mask
        return over_valid_rows(x, mask, lambda rows: self.ending(self.on_rows(rows)))

    def ending(self, y):
        return y if self.weight is None else y * self.weight + self.bias

    @torch.no_grad()
    def track(self, mean, second):
        self.num_batches_tracked += 1
        weight = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        for name, value in (("running_mean", mean), (self.second, second)):
            getattr(self, name).lerp_(value, weight)


class BatchRenorm(OverRows):
    """Ioffe 2017, arXiv 1702.03275, algorithm 1; limits along straight lines over the updates."""

    def __init__(self, channels, eps=1e-5, momentum=0.01, rmax=3.0, dmax=5.0,
                 rmax_steps=(5000, 40000), dmax_steps=(5000, 25000), affine=True):
        super().__init__(channels, "running_std", momentum, affine)
        self.eps, self.rmax, self.dmax = eps, rmax, dmax
        self.rmax_steps, self.dmax_steps = rmax_steps, dmax_steps

    def along(self, steps):
        updates = self.num_batches_tracked.item()
        if updates >= steps[1]:
            return 1.0
        return max(0.0, (updates - steps[0]) / (steps[1] - steps[0]))

    def on_rows(self, rows):
        if not self.training:
            return (rows - self.running_mean) / self.running_std
        mean = rows.mean(0)
        deviation = (self.eps + (rows - mean).square().mean(0)).sqrt()
        r_most = 1 + (self.rmax - 1) * self.along(self.rmax_steps)
        d_most = self.dmax * self.along(self.dmax_steps)
        r = (deviation / self.running_std).detach().clamp(1 / r_most, r_most)
        d = ((mean - self.running_mean) / self.running_std).detach().clamp(-d_most, d_most)
        self.track(mean, deviation)
        return (rows - mean) / deviation * r + d


class LpBatchNorm(OverRows):
    """Hoffer et al. 2018, arXiv 1803.01814; epsilon is added to the deviation as in norm_matters."""

    def __init__(self, channels, eps=1e-5, p=1, momentum=0.1, affine=True):
        super().__init__(channels, "running_deviation", momentum, affine)
        self.eps, self.p = eps, p
        normal = 2 ** (p / 2) * math.gamma((p + 1) / 2) / math.sqrt(math.pi)
        self.factor = normal ** (-1 / p)

    def on_rows(self, rows):
        if not self.training:
            return (rows - self.running_mean) / (self.running_deviation + self.eps)
        mean = rows.mean(0)
        deviation = self.factor * (rows - mean).abs().pow(self.p).mean(0).pow(1 / self.p)
        self.track(mean, deviation)
        return (rows - mean) / (deviation + self.eps)


class PowerNorm(nn.Module):
    """Shen et al. 2020, arXiv 2003.07845, as sIncerass/powernorm computes it on valid positions."""

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, rows, norm, divisor, square):
            ctx.norm, ctx.own = norm, (square + norm.eps).sqrt()
            z = rows / divisor
            ctx.save_for_backward(z)
            return z

        @staticmethod
        def backward(ctx, g):
            (z,), norm = ctx.saved_tensors, ctx.norm
            steered = g - (1 - norm.alpha_backward) * norm.ema_gz * z
            norm.ema_gz += (steered * z).mean(0)
            return steered / ctx.own, None, None, None

    def __init__(self, channels, eps=1e-5, alpha_forward=0.9, alpha_backward=0.9, warmup=10000,
                 affine=True):
        super().__init__()
        self.eps, self.warmup = eps, warmup
        self.alpha_forward, self.alpha_backward = alpha_forward, alpha_backward
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        self.register_buffer("running_phi", torch.ones(channels))
        self.register_buffer("ema_gz", torch.zeros(channels))
        self.register_buffer("num_batches_tracked", torch.zeros(1, dtype=torch.int32))

    def forward(self, x, mask=None):
        mask = everywhere(x) if mask is None else mask
        return over_valid_rows(x, mask, self.on_rows)

    def on_rows(self, rows):
        divisor = (self.running_phi + self.eps).sqrt()
        if self.training:
            z = self.training_step(rows, divisor)
        else:
            z = rows / divisor
        return z if self.weight is None else z * self.weight + self.bias

    def training_step(self, rows, divisor):
        with torch.no_grad():
            square = rows.square().mean(0)
            self.num_batches_tracked += 1
            step = self.num_batches_tracked.item()
            if step <= self.warmup:
                divisor = (square + self.eps).sqrt()
            if step < self.warmup:
                self.running_phi += (square - self.running_phi) / step
            self.running_phi.lerp_(square, 1 - self.alpha_forward)
        return self.Function.apply(rows, self, divisor, square)


class OnlineNorm(nn.Module):
    """Chiley et al. 2019, arXiv 1905.05894, sample by sample, with the Cerebras defaults."""

    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, mask, norm):
            ctx.norm, ctx.mask, ctx.deviations = norm, mask, []
            y = torch.zeros_like(x)
            for sample, valid, out in zip(x, mask.bool(), y):
                deviation = (norm.running_var + norm.eps).sqrt()
                out[valid] = (sample[valid] - norm.running_mean) / deviation
                ctx.deviations.append(deviation)
                if norm.training and valid.any():
                    norm.follow(sample[valid])
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, g):
            (y,), norm = ctx.saved_tensors, ctx.norm
            dx = torch.zeros_like(g)
            for n, valid in enumerate(ctx.mask.bool()):
                if not norm.training:
                    dx[n][valid] = g[n][valid] / ctx.deviations[n]
                elif valid.any():
                    dx[n][valid] = norm.steer(g[n][valid], y[n][valid], ctx.deviations[n])
            return dx, None, None

    def __init__(self, channels, eps=1e-5, alpha_forward=0.999, alpha_backward=0.99, clamp=5.0,
                 affine=True):
        super().__init__()
        self.eps, self.clamp = eps, clamp
        self.alpha_forward, self.alpha_backward = alpha_forward, alpha_backward
        self.weight = nn.Parameter(torch.ones(channels)) if affine else None
        self.bias = nn.Parameter(torch.zeros(channels)) if affine else None
        for name, start in (("running_mean", 0.0), ("running_var", 1.0), ("u", 0.0), ("v", 0.0)):
            self.register_buffer(name, torch.full((channels,), start))
        self.register_buffer("num_batches_tracked", torch.zeros(1, dtype=torch.int32))

    def forward(self, x, mask=None):
        self.num_batches_tracked += self.training
        mask = everywhere(x) if mask is None else mask
        rows = channels_last(x)
        positions = rows.flatten(1, -2) if rows.dim() > 2 else rows.unsqueeze(1)
        y = self.Function.apply(positions, mask.flatten(1) if mask.dim() > 1 else mask[:, None],
                                self)
        return over_valid_rows(from_channels_last(y.view(rows.shape)), mask, self.ending)

    def ending(self, y):
        y = y if self.weight is None else y * self.weight + self.bias
        return y if self.clamp is None else y.clamp(-self.clamp, self.clamp)

    def follow(self, rows):
        """One more sample in the running statistics."""
        a, way = self.alpha_forward, rows.mean(0) - self.running_mean
        variance = rows.var(0, unbiased=False)
        self.running_var.mul_(a).add_((1 - a) * variance + a * (1 - a) * way.square())
        self.running_mean.add_((1 - a) * way)

    def steer(self, g, y, deviation):
        """The gradient of a sample kept orthogonal to y and to 1 by the running errors v and u."""
        rest = 1 - self.alpha_backward
        steered = g - rest * self.v * y
        self.v.add_((steered * y).mean(0))
        dx = steered / deviation - rest * self.u
        self.u.add_(dx.mean(0))
        return dx


def build_batch_norm(kind, channels, options):
    """The norm of this family that `kind` and its options describe."""
    frozen, ghost = options.pop("frozen", False), options.pop("ghost_batch", None)
    if kind in ("batch_norm", "sync_batch_norm"):
        if not options.pop("unbiased_running_var", True):
            return BiasedRunningBatchNorm(channels, **options)
        if frozen:
            return FrozenBatchNorm(channels, **options)
        return GhostBatchNorm(channels, ghost, **options) if ghost else \
            BatchNorm(channels, **options)
    others = {"split_batch_norm": SplitBatchNorm, "batch_renorm": BatchRenorm,
              "lp_batch_norm": LpBatchNorm, "power_norm": PowerNorm, "online_norm": OnlineNorm}
    return others[kind](channels, **options)
