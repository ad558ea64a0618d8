"""A mixture of experts, token by token: the plain form of what Norma computes in pieces."""

import math

import torch
from torch import nn

from .transformer import ACTIVATIONS, GATED


class Stacked(nn.Module):
    """The affine maps of all experts, one behind the other."""

    def __init__(self, experts, out, width, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(experts, out, width))
        self.bias = nn.Parameter(torch.zeros(experts, out)) if bias else None

    def forward(self, expert, x):
        y = self.weight[expert] @ x
        return y if self.bias is None else y + self.bias[expert]


class Moe(nn.Module):
    """Fedus et al. 2021 (Switch) with k choices, each sample a group of its own. Only training."""

    def __init__(self, width, hidden, router, activation="gelu", bias=True):
        super().__init__()
        self.options, self.activation = router, activation
        experts = router["experts"]
        self.router = nn.Linear(width, experts, bias=False)
        self.up = Stacked(experts, hidden, width, bias)
        if activation in GATED:
            self.gate = Stacked(experts, hidden, width, bias)
        self.down = Stacked(experts, width, hidden, bias)

    def answer(self, expert, x):
        up = self.up(expert, x)
        if self.activation in GATED:
            return self.down(expert, GATED[self.activation](self.gate(expert, x)) * up)
        return self.down(expert, ACTIVATIONS[self.activation](up))

    def forward(self, x, mask=None):
        options, (batch, time, _) = self.options, x.shape
        experts, k = options["experts"], options["k"]
        y = [[torch.zeros_like(x[b, t]) for t in range(time)] for b in range(batch)]
        balance, squares, tokens = 0.0, 0.0, 0
        for b in range(batch):
            valid = [t for t in range(time) if mask is None or mask[b, t]]
            logits = {t: self.router(x[b, t]) for t in valid}
            p = {t: logits[t].softmax(-1) for t in valid}
            choices = {t: logits[t].topk(k).indices.tolist() for t in valid}
            capacity = len(valid)
            if options["capacity_factor"] is not None and self.training:
                capacity = math.ceil(options["capacity_factor"] * k * len(valid) / experts)
            load = [0] * experts
            for j in range(k):
                for t in valid:
                    expert = choices[t][j]
                    load[expert] += 1
                    if load[expert] > capacity:
                        continue
                    gate = p[t][expert]
                    if options["normalize"]:
                        gate = gate / sum(p[t][e] for e in choices[t])
                    y[b][t] = y[b][t] + gate * self.answer(expert, x[b, t])
            for t in valid:
                balance = balance + experts * sum(
                    load[e] / (k * len(valid)) * p[t][e] for e in range(experts))
                squares = squares + logits[t].logsumexp(-1) ** 2
            tokens += len(valid)
        self.loss_terms = {"load_balance": (balance / tokens, options["load_balance"]),
                           "router_z_loss": (squares / tokens, options["z_loss"])}
        return torch.stack([torch.stack(row) for row in y])
