"""Random layer specs with inputs to match: `SPECS[name](rng)` draws one Draw.

Sizes lean to the awkward (1, odd, prime), options to every combination PyTorch has.
"""

import random
from dataclasses import dataclass, replace

import torch

from .norms import CURVES

SIZES = (1, 2, 3, 5, 7, 8, 15, 16, 17, 33)


@dataclass
class Draw:
    spec: dict
    shape: tuple
    mode: str = "train"
    repeat: int = 1
    lengths: list = None  # valid positions of each sample: makes a mask
    target: tuple = None  # ("classes", count, shape, ignored) or ("real", shape)
    tokens: int = 0  # the input holds indices below this
    spread: float = 1.0

    def tensors(self, generator):
        """Input, mask and target."""
        if self.tokens:
            x = torch.randint(0, self.tokens, self.shape, generator=generator, dtype=torch.int32)
        else:
            x = self.spread * torch.randn(self.shape, generator=generator, dtype=torch.float64)
        mask = None
        if self.lengths:
            mask = torch.arange(self.shape[1])[None] < torch.tensor(self.lengths)[:, None]
        return x, mask, self.make_target(generator)

    def make_target(self, generator):
        if not self.target:
            return None
        if self.target[0] == "real":
            return torch.rand(self.target[1], generator=generator, dtype=torch.float64)
        _, count, shape, ignored = self.target
        target = torch.randint(0, count, shape, generator=generator, dtype=torch.int32)
        if ignored is not None:
            target.view(-1)[1::3] = ignored
            target.view(-1)[0] = 0  # so that something is left
        return target


def linear(r: random.Random):
    shape = r.choice([(r.choice(SIZES),), (2, r.choice(SIZES))]) + (r.choice(SIZES),)
    return Draw({"type": "linear", "out": r.choice(SIZES), "bias": r.random() < 0.5}, shape)


def embedding(r):
    entries = r.choice((2, 17, 50))
    return Draw({"type": "embedding", "entries": entries, "width": r.choice(SIZES)},
                (r.randint(1, 3), r.choice(SIZES)), tokens=entries)


def conv2d(r):
    groups = r.choice((1, 1, 2, 3))
    channels = groups * r.choice((1, 2, 5))
    if r.random() < 0.3:
        groups = channels
    kernel, dilation = r.choice((1, 2, 3, 5)), r.choice((1, 1, 2))
    spec = {"type": "conv2d", "out": groups * r.choice((1, 2, 5)), "kernel": kernel,
            "stride": r.choice((1, 2, 3)), "padding": r.randint(0, kernel), "dilation": dilation,
            "groups": groups, "bias": r.random() < 0.5}
    reach = dilation * (kernel - 1) + 1
    return Draw(spec, (r.randint(1, 3), channels, reach + r.randint(0, 6), reach + r.randint(0, 6)))


def pool(kind):
    def draw(r):
        kernel = r.choice((1, 2, 3, 5))
        spec = {"type": kind, "kernel": kernel, "stride": r.choice((1, 2, 3)),
                "padding": r.randint(0, kernel // 2)}
        if kind == "avg_pool2d":
            spec["count_padding"] = r.random() < 0.5
        return Draw(spec, (2, r.choice((1, 3, 17)), kernel + r.randint(0, 6),
                           kernel + r.randint(0, 6)))

    return draw


def global_avg_pool(r):
    if r.random() < 0.5:
        return Draw({"type": "global_avg_pool"},
                    (2, r.choice(SIZES), r.choice(SIZES), r.choice((1, 3, 7))))
    time = r.choice(SIZES)
    return Draw({"type": "global_avg_pool"}, (2, time, r.choice(SIZES)),
                lengths=some_lengths(r, 2, time))


def any_shape(r, sizes=SIZES):
    return r.choice([(2, r.choice(sizes)), (2, r.choice(SIZES), r.choice(sizes)),
                     (2, r.choice(sizes), r.choice((2, 3, 5)), r.choice((2, 3, 5)))])


def activation(kind):
    return lambda r: Draw({"type": kind}, any_shape(r), spread=r.choice((0.1, 1, 5, 30)))


def ffn(r):
    kinds = ("gelu", "gelu_tanh", "silu", "relu", "relu2", "swiglu", "geglu")
    return Draw({"type": "ffn"} | ffn_options(r, kinds), (2, r.choice(SIZES), r.choice(SIZES)))


def ffn_options(r, kinds):
    return {"hidden": r.choice((1, 7, 16, 33)), "activation": r.choice(kinds),
            "bias": r.random() < 0.5}


def attention_options(r, heads):
    options = {"heads": heads, "kv_heads": r.choice([k for k in (1, 2, 3, 4, 6) if heads % k == 0]),
               "causal": r.random() < 0.5, "rope": r.random() < 0.5, "bias": r.random() < 0.5}
    if r.random() < 0.3:
        options["qk_norm"] = {"type": r.choice(("rms_norm", "layer_norm")), "eps": 1e-6}
        options["norm_span"] = r.choice(("head", "head", "width"))
        options["norm_order"] = r.choice(("before_rope", "after_rope"))
    if r.random() < 0.2:
        options["v_norm"] = {"type": "rms_norm", "eps": 1e-6}
    if r.random() < 0.2:
        options["logit_scale"] = r.choice((0.3, 2.0))
    if r.random() < 0.2:
        options["logit_softcap"] = r.choice((1.0, 50.0))
    return options


def some_lengths(r, batch, time):
    return [r.randint(1, time) for _ in range(batch)] if r.random() < 0.3 else None


def attention(r):
    heads, time = r.choice((1, 2, 4, 6)), r.choice(SIZES)
    width = heads * r.choice((2, 4, 8))
    return Draw({"type": "attention"} | attention_options(r, heads), (3, time, width),
                lengths=some_lengths(r, 3, time))


def block(r):
    heads, time = r.choice((1, 2, 4)), r.choice(SIZES)
    norm = r.choice(({"type": "layer_norm", "eps": 1e-5}, {"type": "rms_norm", "eps": 1e-6},
                     {"type": "dyt"}))
    spec = {"type": "block", "attention": attention_options(r, heads), "norm": norm,
            "ffn": ffn_options(r, ("gelu", "relu2", "swiglu")),
            "placement": r.choice(("pre", "post"))}
    return Draw(spec, (2, time, heads * r.choice((2, 4, 8))))


def row_norm(kind):
    # One channel less its mean is 0, and the gradient nothing but rounding: a golden case instead.
    sizes = SIZES[1:] if kind == "layer_norm" else SIZES

    def draw(r):
        shape = any_shape(r, sizes)
        spec = {"type": kind}
        if kind != "dyt":
            spec["eps"] = r.choice((1e-6, 1e-5, 1e-2))
        if r.random() < 0.3:
            spec["weight"] = False
        if kind == "rms_norm":
            spec["zero_centered"] = r.random() < 0.3
        elif r.random() < 0.3:
            spec["bias"] = False
        lengths = some_lengths(r, 2, shape[1]) if kind != "dyt" and len(shape) == 3 else None
        return Draw(spec, shape, r.choice(("train", "eval")), lengths=lengths,
                    spread=r.choice((0.1, 1, 100)))

    return draw


def length_norm(kind):
    def draw(r):
        shape = any_shape(r, SIZES[1:])  # x/|x| has a gradient of nothing but rounding
        lengths = some_lengths(r, 2, shape[1]) if len(shape) == 3 else None
        return Draw({"type": kind, "eps": r.choice((1e-6, 1.0, 5.0))}, shape,
                    r.choice(("train", "eval")), lengths=lengths, spread=r.choice((0.1, 1, 100)))

    return draw


def curve(kind):
    def draw(r):
        spec = {"type": kind, "weight": r.random() < 0.7, "bias": r.random() < 0.7}
        return Draw(spec, any_shape(r), spread=r.choice((0.1, 1, 100)))

    return draw


def frn(r):
    shape = r.choice([(2, r.choice(SIZES[1:]), r.choice(SIZES)), (2, r.choice(SIZES), 3, 5)])
    lengths = some_lengths(r, 2, shape[1]) if len(shape) == 3 else None
    lengths = [max(2, n) for n in lengths] if lengths else None
    spec = {"type": "frn", "eps": r.choice((1e-6, 1e-2)), "tlu": r.random() < 0.7,
            "learned_eps": r.random() < 0.5}
    return Draw(spec, shape, lengths=lengths, spread=r.choice((0.1, 1, 100)))


def batch_norm(r):
    shape = (5, *any_shape(r)[1:])
    spec = {"type": "batch_norm", "eps": r.choice((1e-5, 1e-2)),
            "momentum": r.choice((0.1, 0.9, None)), "affine": r.random() < 0.7,
            "track_running_stats": r.random() < 0.7}
    lengths = [max(2, n) for n in some_lengths(r, 5, shape[1]) or []] \
        if len(shape) == 3 and shape[1] > 1 else None
    return Draw(spec, shape, r.choice(("train", "train", "eval")), r.choice((1, 1, 3)), lengths)


def batch_kin(kind, without=(), **choices):
    """Batch norm's options but for some, and others with their choices; six samples."""

    def draw(r):
        plain = batch_norm(r)
        spec = {name: value for name, value in plain.spec.items() if name not in without}
        spec |= {"type": kind} | {name: r.choice(values) for name, values in choices.items()}
        return replace(plain, spec=spec, shape=(6, *plain.shape[1:]),
                       lengths=[*plain.lengths, 2] if plain.lengths else None)

    return draw


TRACKING, STREAMING = ("track_running_stats",), ("momentum", "track_running_stats")
ALPHAS = {"alpha_forward": (0.5, 0.9, 0.999), "alpha_backward": (0.5, 0.9)}
BATCH_KIN = {
    "ghost_batch_norm": batch_kin("batch_norm", ghost_batch=(2, 3, 6, 9)),
    "frozen_batch_norm": batch_kin("batch_norm", TRACKING, frozen=(True,)),
    "split_batch_norm": batch_kin("split_batch_norm", splits=(2, 3)),
    "sync_batch_norm": batch_kin("sync_batch_norm"),
    "batch_renorm": batch_kin("batch_renorm", TRACKING, rmax=(1.2, 3), dmax=(0.3, 5),
                              rmax_steps=([0, 0], [1, 4]), dmax_steps=([0, 0], [0, 3])),
    "lp_batch_norm": batch_kin("lp_batch_norm", TRACKING, p=(1, 2, 3, 4)),
    "power_norm": batch_kin("power_norm", STREAMING, warmup=(0, 1, 2, 9), **ALPHAS),
    "online_norm": batch_kin("online_norm", STREAMING, clamp=(1.5, 5.0, None), **ALPHAS),
}


def group_norm(r):
    groups = r.choice((1, 2, 3, 8))
    shape = any_shape(r, [groups * k for k in (2, 3, 5)])
    lengths = some_lengths(r, 2, shape[1]) if len(shape) == 3 else None
    spec = {"type": "group_norm", "groups": groups, "eps": r.choice((1e-5, 1e-2)),
            "affine": r.random() < 0.7}
    return Draw(spec, shape, r.choice(("train", "eval")), lengths=lengths)


def instance_norm(r):
    shape = r.choice([(3, r.choice((2, 5, 33)), r.choice(SIZES)), (3, r.choice(SIZES), 5, 3)])
    spec = {"type": "instance_norm", "eps": r.choice((1e-5, 1e-2)), "affine": r.random() < 0.5,
            "track_running_stats": r.random() < 0.5}
    return Draw(spec, shape, r.choice(("train", "eval")), r.choice((1, 1, 3)))


def cross_entropy(r):
    classes = r.choice((2, 10, 65, 257))
    shape = r.choice([(r.choice(SIZES),), (3, r.choice(SIZES))])
    spec, ignored = {"type": "cross_entropy"}, r.choice((None, -100, 1))
    if ignored is not None:
        spec["ignore_index"] = ignored
    if r.random() < 0.5:
        spec["label_smoothing"] = r.choice((0.1, 0.5))
    return Draw(spec, (*shape, classes), target=("classes", classes, shape, ignored),
                spread=r.choice((1, 30)))


def elementwise_loss(kind):
    def draw(r):
        shape = any_shape(r)
        return Draw({"type": kind}, shape, target=("real", shape), spread=r.choice((1, 30)))

    return draw


SPECS = {
    "linear": linear, "embedding": embedding, "conv2d": conv2d,
    "max_pool2d": pool("max_pool2d"), "avg_pool2d": pool("avg_pool2d"),
    "global_avg_pool": global_avg_pool,
    **{kind: activation(kind)
       for kind in ("gelu", "gelu_tanh", "silu", "relu", "relu2", "tanh", "sigmoid")},
    "ffn": ffn, "attention": attention, "block": block,
    "layer_norm": row_norm("layer_norm"), "rms_norm": row_norm("rms_norm"),
    "dyt": row_norm("dyt"), "batch_norm": batch_norm, **BATCH_KIN, "group_norm": group_norm,
    "instance_norm": instance_norm, "frn": frn,
    **{kind: length_norm(kind) for kind in ("scale_norm", "unit_norm", "simple_rms_norm")},
    **{kind: curve(kind) for kind in ("affine", *CURVES)},
    "cross_entropy": cross_entropy, "mse": elementwise_loss("mse"),
    "bce_with_logits": elementwise_loss("bce_with_logits"),
}
