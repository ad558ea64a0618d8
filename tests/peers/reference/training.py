"""The training step in plain PyTorch: rates, clipping, optimizers, and the loop around them."""

import math
import time

import torch


def learning_rate(spec, lr, step, steps):
    """The rate of `step` (from 1) of `steps`: linear warmup, then the schedule's own curve."""
    warmup = spec.get("warmup", 0)
    if step <= warmup:
        return lr * step / warmup
    progress = (step - warmup) / (steps - warmup)
    floor = spec.get("min_ratio", 0.1)
    curve = {
        "constant": lambda: 1.0,
        "linear": lambda: 1 - (1 - floor) * progress,
        "cosine": lambda: floor + (1 - floor) * (1 + math.cos(math.pi * progress)) / 2,
        "inverse_sqrt": lambda: math.sqrt(max(warmup, 1) / step),
        "step": lambda: spec["gamma"] ** sum(step > share * steps for share in spec["milestones"]),
        "wsd": lambda: floor + (1 - floor) * min(1, (1 - step / steps) / spec["decay_share"]),
    }
    return lr * curve[spec["type"]]()


def clip_by_norm(grads, limit):
    """Scales the gradients in place to a global norm of at most `limit`; the norm before."""
    total = torch.nn.utils.get_total_norm(grads)
    scale = torch.clamp(limit / (total + 1e-6), max=1.0)
    torch._foreach_mul_(list(grads), scale)
    return total.item()


def decay_groups(decayed, others, decay):
    """Parameter groups: decay for matrices, convolutions and embeddings, none for the rest."""
    return [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def make_optimizer(model, optim, fused=False):
    """What a config's `optim` object describes. The vectors are gains and biases: no decay."""
    options = {key: tuple(value) if key == "betas" else value for key, value in optim.items()
               if key in ("lr", "betas", "momentum", "nesterov")}
    params = list(model.parameters())
    groups = decay_groups([p for p in params if p.dim() > 1], [p for p in params if p.dim() < 2],
                          optim.get("weight_decay", 0.0))
    kinds = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam, "sgd": torch.optim.SGD}
    return kinds[optim["type"]](groups, fused=fused, **options)


class Trainer:
    """Takes one optimizer step after another on a model that returns its loss.

    `forward` runs the model in its place, compiled for instance; `autocast` is the type of products.
    """

    def __init__(self, model, config, fused=False, forward=None, autocast=None):
        self.forward = model if forward is None else forward
        self.autocast, self.config = autocast, config
        self.optimizer = make_optimizer(model, config["optim"], fused)
        self.params = [p for p in model.parameters()]
        self.steps_done = 0

    def step(self, x, target):
        """One batch; the metrics Norma writes for the same step."""
        started = time.perf_counter()
        self.steps_done += 1
        rate = learning_rate(self.config["schedule"], self.config["optim"]["lr"], self.steps_done,
                             self.config["train"]["steps"])
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", self.autocast, enabled=self.autocast is not None):
            loss = self.forward(x, target)
        loss.backward()
        clip = self.config["clip"]
        norm = clip_by_norm([p.grad for p in self.params], clip["max"] if clip else math.inf)
        self.optimizer.step()
        return {"step": self.steps_done, "train/loss": loss.item(), "lr": rate,
                "grad_norm": norm, "ms": 1e3 * (time.perf_counter() - started)}
