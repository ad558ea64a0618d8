"""Golden cases of optimizers, of clipping by global norm and of learning-rate schedules.

An optimizer file holds `param.<name>` (before the first step), `grad.<step>.<name>` for steps from
1, and `expect.<step>.<name>`: the parameters after each step. `kinds` in the metadata says which
are weights and which are not: decay touches weights and embeddings alone.
A clip file holds `grad.<name>`, `expect.grad.<name>` and `expect.norm`, the norm before clipping.
A schedule file holds `expect.lr`, entry i the rate of step i + 1.
"""

import math

import numpy as np
import torch

from reference.cases import save
from reference.training import clip_by_norm, decay_groups, learning_rate

KINDS = {"w": "weight", "e": "embedding", "g": "gain", "b": "bias", "s": "scalar"}
SHAPES = {"w": (5, 17), "e": (3, 15), "g": (17,), "b": (5,), "s": (1,)}
STEPS = 8

OPTIMIZERS = {
    "sgd": {"type": "sgd", "lr": 0.1},
    "sgd_momentum": {"type": "sgd", "lr": 0.1, "momentum": 0.9},
    "sgd_nesterov": {"type": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True,
                     "weight_decay": 0.05},
    "sgd_decay": {"type": "sgd", "lr": 0.1, "weight_decay": 0.05},
    "adam": {"type": "adam", "lr": 0.02, "betas": [0.9, 0.999], "eps": 1e-8},
    "adam_decay": {"type": "adam", "lr": 0.02, "betas": [0.9, 0.95], "eps": 1e-8,
                   "weight_decay": 0.1},
    "adamw": {"type": "adamw", "lr": 0.02, "betas": [0.9, 0.95], "eps": 1e-8,
              "weight_decay": 0.1},
    "adamw_eps": {"type": "adamw", "lr": 0.02, "betas": [0.5, 0.7], "eps": 0.1,
                  "weight_decay": 0.3},
    "lion": {"type": "lion", "lr": 0.01, "betas": [0.9, 0.99], "weight_decay": 0.1},
}


def random(shape, generator):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def loss(params, x):
    """A small problem that makes every kind of parameter matter, with a curved valley."""
    hidden = torch.tanh(params["g"] * x @ params["w"].t().matmul(params["w"])) * params["s"]
    return (hidden.square().mean() + (params["e"] - x[:3, :15]).pow(4).mean()
            + (params["w"] @ x.t()).t().add(params["b"]).sin().mean())


class Lion:
    """Chen et al. 2023, arXiv 2302.06675, algorithm 2, in numpy: PyTorch has none."""

    def __init__(self, params, lr, betas, weight_decay):
        self.params, self.lr, self.betas, self.decay = params, lr, betas, weight_decay
        self.momentum = {name: np.zeros(p.shape) for name, p in params.items()}

    def step(self):
        for name, p in self.params.items():
            gradient, momentum, value = p.grad.numpy(), self.momentum[name], p.detach().numpy()
            decay = self.decay if KINDS[name] in ("weight", "embedding") else 0.0
            update = np.sign(self.betas[0] * momentum + (1 - self.betas[0]) * gradient)
            value -= self.lr * (update + decay * value)
            self.momentum[name] = self.betas[1] * momentum + (1 - self.betas[1]) * gradient


def make_optimizer(spec, params):
    options = {k: v for k, v in spec.items() if k != "type"}
    if spec["type"] == "lion":
        return Lion(params, **options)
    cls = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
    decay = options.pop("weight_decay", 0.0)
    decayed = [p for name, p in params.items() if KINDS[name] in ("weight", "embedding")]
    others = [p for name, p in params.items() if KINDS[name] not in ("weight", "embedding")]
    return cls[spec["type"]](decay_groups(decayed, others, decay), **options)


def write_trajectory(path, spec):
    generator = torch.Generator().manual_seed(11)
    params = {name: random(shape, generator).requires_grad_(True)
              for name, shape in SHAPES.items()}
    given = {f"param.{name}": p.detach().clone() for name, p in params.items()}
    expect = {}
    optimizer = make_optimizer(spec, params)
    for step in range(1, STEPS + 1):
        x = random((15, 17), generator)
        for p, g in zip(params.values(), torch.autograd.grad(loss(params, x), params.values())):
            p.grad = g
        given |= {f"grad.{step}.{name}": p.grad.clone() for name, p in params.items()}
        optimizer.step()
        expect |= {f"{step}.{name}": p.detach().clone() for name, p in params.items()}
    save(path, {"kind": "optimizer", "spec": spec, "kinds": KINDS, "steps": STEPS}, given, expect)


def write_clip(path, limit, scale):
    generator = torch.Generator().manual_seed(12)
    grads = {name: scale * random(shape, generator) for name, shape in SHAPES.items()}
    clipped = {name: g.clone() for name, g in grads.items()}
    norm = clip_by_norm(list(clipped.values()), limit)
    expect = {f"grad.{name}": g for name, g in clipped.items()}
    expect["norm"] = torch.tensor(norm, dtype=torch.float64)
    save(path, {"kind": "clip", "spec": {"type": "norm", "max": limit}},
         {f"grad.{name}": g for name, g in grads.items()}, expect)


SCHEDULES = {
    "constant": {"type": "constant", "warmup": 7},
    "linear": {"type": "linear", "warmup": 7, "min_ratio": 0.1},
    "linear_to_zero": {"type": "linear", "warmup": 0, "min_ratio": 0.0},
    "cosine": {"type": "cosine", "warmup": 7, "min_ratio": 0.1},
    "cosine_no_warmup": {"type": "cosine", "warmup": 0, "min_ratio": 0.0},
    "inverse_sqrt": {"type": "inverse_sqrt", "warmup": 7},
    "step": {"type": "step", "warmup": 7, "milestones": [0.5, 0.75], "gamma": 0.1},
    "wsd": {"type": "wsd", "warmup": 7, "decay_share": 0.2, "min_ratio": 0.0},
}


def write_schedule(path, spec, steps=33, lr=0.003):
    rates = [learning_rate(spec, lr, step, steps) for step in range(1, steps + 1)]
    assert all(math.isfinite(r) for r in rates)
    save(path, {"kind": "schedule", "spec": spec, "lr": lr, "steps": steps}, {},
         {"lr": torch.tensor(rates, dtype=torch.float64)})


def write_optim_cases(folder):
    for name, spec in OPTIMIZERS.items():
        write_trajectory(folder / f"optim_{name}.safetensors", spec)
    write_clip(folder / "clip_above.safetensors", limit=1.0, scale=1.0)
    write_clip(folder / "clip_below.safetensors", limit=1.0, scale=1e-3)
    for name, spec in SCHEDULES.items():
        write_schedule(folder / f"schedule_{name}.safetensors", spec)
