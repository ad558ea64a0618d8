"""Weight re-parametrizations round a linear layer or a convolution, state under Norma's names."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import _SpectralNorm

# 1/√(variance of the activation of a standard normal number): the table of DeepMind's nfnets
# code and of timm's nfnet.
GAMMA = {"identity": 1.0, "relu": 1.7139588594436646, "gelu": 1.7015043497085571,
         "silu": 1.7881293296813965, "tanh": 1.5939117670059204, "sigmoid": 4.803835391998291}


def rows(weight):
    """(outputs, all inputs of one output)."""
    return weight.reshape(len(weight), -1)


class Derive(nn.Module):
    """The weight that a layer multiplies by, from the parameters that it learns instead."""

    def __init__(self, layer):
        super().__init__()
        self.layer = [layer]  # in a list: its parameters are not ours
        self.bias = layer.bias

    def one_a_row(self):
        weight = self.layer[0].weight
        return nn.Parameter(torch.ones(len(weight), *[1] * (weight.dim() - 1)))

    def forward(self, x):
        layer, weight = self.layer[0], self.derived()
        if isinstance(layer, nn.Linear):
            return F.linear(x, weight, self.bias)
        return F.conv2d(x, weight, self.bias, layer.stride, layer.padding, layer.dilation,
                        layer.groups)


class WeightNorm(Derive):
    def __init__(self, layer):
        super().__init__(layer)
        self.weight_g, self.weight_v = self.one_a_row(), layer.weight

    def derived(self):
        return torch._weight_norm(self.weight_v, self.weight_g, 0)


class SpectralNorm(Derive):
    """PyTorch's own parametrization; only its buffers' names are ours."""

    def __init__(self, layer, iterations=1, eps=1e-12):
        super().__init__(layer)
        self.weight = layer.weight
        self.norm = [_SpectralNorm(layer.weight, max(iterations, 1), eps=eps)]
        self.iterations = iterations
        self.register_buffer("u", self.norm[0]._u.clone())
        self.register_buffer("v", self.norm[0]._v.clone())

    def derived(self):
        norm = self.norm[0]
        norm._u, norm._v = self.u, self.v  # it updates them in place
        norm.train(self.training and self.iterations > 0)
        return norm(self.weight)


class Centered(Derive):
    """Huang et al. 2017, ICCV; without `normalize` only the mean is removed."""

    def __init__(self, layer, normalize=False):
        super().__init__(layer)
        self.weight = layer.weight
        self.gain = self.one_a_row() if normalize else None

    def derived(self):
        centred = rows(self.weight) - rows(self.weight).mean(dim=1, keepdim=True)
        if self.gain is not None:
            centred = centred / centred.norm(dim=1, keepdim=True) * rows(self.gain)
        return centred.view_as(self.weight)


class Standardized(Derive):
    """`official`: github.com/joe-siyuan-qiao/WeightStandardization, layers.py; `timm`: StdConv2d,
    the weight as one sample of a batch norm; `bit`: google-research/big_transfer."""

    def __init__(self, layer, convention="timm", eps=None):
        super().__init__(layer)
        self.weight, self.convention, self.eps = layer.weight, convention, eps

    def derived(self):
        w, eps = rows(self.weight), self.eps
        if self.convention == "official":
            centred = w - w.mean(dim=1, keepdim=True)
            made = centred / (w.std(dim=1, keepdim=True) + (1e-5 if eps is None else eps))
        elif self.convention == "bit":
            var, mean = torch.var_mean(w, dim=1, keepdim=True, unbiased=False)
            made = (w - mean) / torch.sqrt(var + (1e-10 if eps is None else eps))
        else:
            made = F.batch_norm(w[None], None, None, training=True, momentum=0.0,
                                eps=1e-6 if eps is None else eps)
        return made.view_as(self.weight)


class ScaledStandardized(Derive):
    """`deepmind`: nfnets' base.py, WSConv2D; `timm`: ScaledStdConv2d."""

    def __init__(self, layer, convention="deepmind", activation="identity", gain=True, eps=None):
        super().__init__(layer)
        self.weight, self.convention, self.eps = layer.weight, convention, eps
        self.gamma, self.gain = GAMMA[activation], self.one_a_row() if gain else None

    def derived(self):
        w = rows(self.weight)
        inputs = w.shape[1]
        gain = torch.ones_like(w[:, :1]) if self.gain is None else rows(self.gain)
        if self.convention == "timm":
            scale = (gain * self.gamma * inputs ** -0.5).flatten()
            made = F.batch_norm(w[None], None, None, weight=scale, training=True, momentum=0.0,
                                eps=1e-6 if self.eps is None else self.eps)
        else:
            var, mean = torch.var_mean(w, dim=1, keepdim=True, unbiased=False)
            floor = torch.tensor(1e-4 if self.eps is None else self.eps, dtype=w.dtype)
            scale = torch.rsqrt(torch.maximum(var * inputs, floor)) * gain * self.gamma
            made = w * scale - mean * scale
        return made.view_as(self.weight)


class Unit(Derive):
    """Renewed after optimizer steps, not in the forward: there it is the weight itself."""

    def __init__(self, layer, along="inputs"):
        super().__init__(layer)
        self.weight = layer.weight

    def derived(self):
        return self.weight


KINDS = {"unit_weight": Unit, "weight_norm": WeightNorm, "spectral_norm": SpectralNorm, "centered_weight": Centered,
         "weight_standardization": Standardized,
         "scaled_weight_standardization": ScaledStandardized}


def reparametrized(layer, spec):
    """The layer with its weight made as `spec` says; as it is where that is None."""
    if spec is None:
        return layer
    options = dict(spec)
    return KINDS[options.pop("type")](layer, **options)
