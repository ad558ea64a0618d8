"""Golden cases of what a norm does to the gradient: the three terms of dx, by autograd.

A file holds `input`, `grad_output` and `param.*`, and `expect.part.direct`, `expect.part.along_one`
and `expect.part.along_u`, as `layer --parts` writes them. Autograd gives the first with mean and
second moment taken as constants, the others as what comes to it where one of them is not.
"""

import torch

from reference.cases import save

EPS = 0.1


class Norm:
    """γ (x − mean)/√(second moment + ε) over some axes of x seen in another shape."""

    def __init__(self, axes, centred=True, seen_as=None, entering=None):
        self.axes, self.centred, self.seen_as, self.entering = axes, centred, seen_as, entering

    def __call__(self, x, weight, through_mean, through_second):
        shape = x.shape
        weight = weight if x.dim() < 4 else weight.view(-1, 1, 1)
        weight = (weight + torch.zeros_like(x)).reshape(self.seen_as or shape)
        x = x.reshape(self.seen_as or shape)
        measured = x[..., :self.entering]
        mean = self.mean(measured)
        source = measured if through_second else measured.detach()
        second = (source - self.mean(source)).square().mean(self.axes, keepdim=True)
        mean = mean if through_mean else mean.detach()
        return ((x - mean) / (second + EPS).sqrt() * weight).reshape(shape)

    def mean(self, x):
        mean = x.mean(self.axes, keepdim=True)
        return mean if self.centred else 0 * mean


def terms(norm, x, weight, dy):
    def gradient(through_mean, through_second):
        leaf = x.clone().requires_grad_(True)
        norm(leaf, weight, through_mean, through_second).backward(dy)
        return leaf.grad

    direct = gradient(False, False)
    return {"part.direct": direct, "part.along_one": gradient(True, False) - direct,
            "part.along_u": gradient(False, True) - direct}


def write_parts_cases(folder):
    cases = {
        "layer_norm": ({}, (3, 5, 17), Norm(-1)),
        "rms_norm": ({}, (3, 5, 33), Norm(-1, centred=False)),
        "rms_norm_partial": ({"partial": 0.5}, (3, 5, 15), Norm(-1, centred=False, entering=7)),
        "group_norm": ({"groups": 3}, (2, 15, 3, 5), Norm((2, 3, 4), seen_as=(2, 3, 5, 3, 5))),
        "instance_norm": ({"affine": True}, (3, 17, 3, 5), Norm((2, 3))),
        "batch_norm": ({}, (4, 17, 3, 2), Norm((0, 2, 3))),
        "batch_norm_of_two": ({}, (2, 33), Norm(0)),
        "frn": ({"tlu": False}, (3, 15, 3, 5), Norm((2, 3), centred=False)),
    }
    for name, (options, shape, norm) in cases.items():
        generator = torch.Generator().manual_seed(23)
        channels = shape[1] if len(shape) == 4 else shape[-1]
        x, dy = (torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2))
        weight = 1 + 0.3 * torch.randn(channels, generator=generator, dtype=torch.float64)
        kind = name.removesuffix("_partial").removesuffix("_of_two")
        spec = {"type": kind, "eps": EPS} | options
        tensors = {"input": x, "grad_output": dy, "param.weight": weight}
        save(folder / f"parts_{name}.safetensors", {"kind": "parts", "spec": spec}, tensors,
             terms(norm, x, weight, dy))
