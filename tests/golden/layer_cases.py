"""Golden cases of everything but the norms: products, pooling, activations, attention, losses."""

from zlib import crc32

import torch

from reference.cases import random_tensors
from reference.transformer import ACTIVATIONS, GATED

QK_NORM = {"type": "rms_norm", "eps": 1e-6}


class Maker:
    """Builds cases with one random stream per case, so that adding one changes no other."""

    def __init__(self):
        self.cases = []

    def add(self, name, spec, x, mode="train", repeat=1, centre=0.0, mask=None, target=None,
            state=None, memory=None, memory_mask=None, **sides):
        """`state` overrides random parameters: numbers that fill a tensor, by its name. `sides` are
        the shapes of further inputs, `cond` and `segmentation`; `memory` is one that is drawn first."""
        generator = torch.Generator().manual_seed(crc32(name.encode()))
        if memory is not None:
            sides["memory"] = self.fill(memory, generator)
        tensors = random_tensors(spec, self.fill(x, generator), generator, mask, target, sides)
        if memory_mask is not None:
            tensors["memory_mask"] = memory_mask.to(torch.uint8)
        for key, value in (state or {}).items():
            tensors[key] = torch.full_like(tensors[key], value)
        self.cases.append(dict(name=name, spec=spec, tensors=tensors, mode=mode, repeat=repeat,
                               centre=centre))

    @staticmethod
    def fill(x, generator):
        """A shape becomes a random input; a tensor stays as it is."""
        if isinstance(x, torch.Tensor):
            return x
        return torch.randn(x, generator=generator, dtype=torch.float64)


def lengths_mask(lengths, time):
    """1 for the first `length` positions of each sample."""
    return (torch.arange(time)[None] < torch.tensor(lengths)[:, None]).to(torch.uint8)


def products(make):
    make.add("linear", {"type": "linear", "out": 17, "bias": True}, (3, 15))
    make.add("linear_no_bias", {"type": "linear", "out": 5, "bias": False}, (2, 3, 33))
    make.add("linear_one", {"type": "linear", "out": 1, "bias": True}, (1, 1))
    tokens = torch.tensor([[0, 5, 5, 16, 3], [1, 5, 0, 0, 9]], dtype=torch.int32)
    make.add("embedding", {"type": "embedding", "entries": 17, "width": 15}, tokens)
    conv = lambda **more: {"type": "conv2d", "kernel": 3, "stride": 1, "padding": 1, "dilation": 1,
                           "groups": 1, "bias": False} | more
    make.add("conv2d", conv(out=5), (2, 3, 7, 6))
    make.add("conv2d_bias_1x1", conv(out=15, kernel=1, padding=0, bias=True), (2, 3, 5, 5))
    make.add("conv2d_stride", conv(out=6, stride=2), (2, 3, 9, 8))
    make.add("conv2d_projection", conv(out=8, kernel=1, stride=2, padding=0), (2, 4, 7, 7))
    make.add("conv2d_dilation", conv(out=4, dilation=2, padding=2, bias=True), (1, 3, 9, 9))
    make.add("conv2d_groups", conv(out=6, groups=3, bias=True), (2, 9, 5, 5))
    make.add("conv2d_depthwise", conv(out=5, groups=5, kernel=5, padding=2), (2, 5, 7, 7))
    make.add("conv2d_depthwise_stride", conv(out=10, groups=5, stride=2), (2, 5, 7, 7))
    make.add("conv2d_patches", conv(out=12, kernel=4, stride=4, padding=0, bias=True),
             (2, 1, 12, 12))


def pooling(make):
    pool = lambda kind, k, s, p: {"type": kind, "kernel": k, "stride": s, "padding": p}
    make.add("max_pool2d", pool("max_pool2d", 2, 2, 0), (2, 3, 6, 8))
    make.add("max_pool2d_overlap", pool("max_pool2d", 3, 2, 1), (2, 3, 7, 9))
    # Equal values: the gradient goes to the first of the window, row by row.
    make.add("max_pool2d_ties", pool("max_pool2d", 3, 2, 1),
             torch.ones(1, 2, 5, 5, dtype=torch.float64))
    make.add("avg_pool2d", pool("avg_pool2d", 2, 2, 0), (2, 3, 6, 8))
    make.add("avg_pool2d_padding", pool("avg_pool2d", 3, 2, 1), (2, 3, 7, 9))
    make.add("avg_pool2d_padding_uncounted",
             pool("avg_pool2d", 3, 2, 1) | {"count_padding": False}, (2, 3, 7, 9))
    make.add("global_avg_pool", {"type": "global_avg_pool"}, (3, 17, 5, 3))
    make.add("global_avg_pool_3d", {"type": "global_avg_pool"}, (3, 7, 17))
    make.add("global_avg_pool_masked", {"type": "global_avg_pool"}, (3, 6, 5),
             mask=lengths_mask([6, 4, 1], 6))


def activations(make):
    # The tails and 0 itself, where formulas overflow, cancel or have no derivative.
    tails = torch.tensor([-800, -40, -12, -6, -1e-3, -1e-12, 0, 1e-12, 1e-3, 6, 12, 40, 800],
                         dtype=torch.float64)
    for kind in ACTIVATIONS:
        spread = 3 * torch.randn(33, generator=torch.Generator().manual_seed(5),
                                 dtype=torch.float64)
        make.add(kind, {"type": kind}, torch.cat([spread, tails])[None])
    make.add("relu_image", {"type": "relu"}, (2, 3, 5, 5))
    for kind in [*ACTIVATIONS, *GATED]:
        bias = kind not in GATED
        if kind in ("tanh", "sigmoid"):
            continue  # not offered inside the feed-forward
        make.add(f"ffn_{kind}", {"type": "ffn", "hidden": 17, "activation": kind, "bias": bias},
                 (2, 3, 8))
    make.add("ffn_swiglu_bias",
             {"type": "ffn", "hidden": 15, "activation": "swiglu", "bias": True}, (2, 3, 8))
    make.add("dropout_eval", {"type": "dropout", "p": 0.3}, (2, 5, 8), mode="eval")
    make.add("dropout_none", {"type": "dropout", "p": 0.0}, (2, 5, 8))


def attention(make):
    spec = lambda **more: {"type": "attention", "heads": 4, "causal": True, "bias": False} | more
    make.add("attention_causal", spec(bias=True), (2, 7, 12))
    make.add("attention_full", spec(causal=False, bias=True), (2, 7, 12))
    make.add("attention_one_token", spec(), (2, 1, 12))
    make.add("attention_t33", spec(heads=2), (1, 33, 8))
    make.add("attention_padding", spec(causal=False), (3, 6, 12), mask=lengths_mask([6, 4, 1], 6))
    make.add("attention_causal_padding", spec(), (3, 6, 12), mask=lengths_mask([6, 4, 1], 6))
    make.add("attention_gqa", spec(kv_heads=2), (2, 7, 16))
    make.add("attention_mqa", spec(kv_heads=1, bias=True), (2, 7, 16))
    make.add("attention_rope", spec(rope=True), (2, 9, 16))
    make.add("attention_qk_norm", spec(qk_norm=QK_NORM), (2, 7, 16))
    make.add("attention_softcap", spec(logit_softcap=2.0), (2, 7, 12))
    # Every norm of queries, keys and values; a span over all heads has statistics of its own.
    layer_norm = {"type": "layer_norm", "eps": 1e-5}
    make.add("attention_qk_layer_norm_v_norm", spec(qk_norm=layer_norm, v_norm=QK_NORM), (2, 7, 16))
    make.add("attention_k_norm", spec(k_norm=QK_NORM, kv_heads=2), (2, 7, 16))
    make.add("attention_norm_width",
             spec(qk_norm=QK_NORM, v_norm=layer_norm, norm_span="width", kv_heads=2), (2, 7, 16))
    make.add("attention_norm_after_rope",
             spec(qk_norm=QK_NORM, norm_order="after_rope", rope=True, kv_heads=2), (2, 9, 16))
    make.add("attention_qk_l2_temperature",
             spec(qk_norm={"type": "unit_norm"}, logit_scale=10.0, kv_heads=2), (2, 7, 16))
    make.add("attention_qk_gain",
             spec(qk_norm={"type": "unit_norm"}, qk_gain=3.0, rope=True, norm_order="after_rope"),
             (2, 7, 16))
    make.add("attention_everything", spec(kv_heads=2, rope=True, qk_norm=QK_NORM), (2, 9, 16))


def blocks(make):
    parts = lambda **more: {"type": "block",
                            "attention": {"heads": 2, "causal": True, "bias": True},
                            "ffn": {"hidden": 20, "activation": "gelu", "bias": True}} | more
    layer_norm = {"type": "layer_norm", "eps": 1e-5}
    rms_norm = {"type": "rms_norm", "eps": 1e-6}
    make.add("block_pre", parts(norm=layer_norm, placement="pre"), (2, 5, 8))
    make.add("block_post", parts(norm=layer_norm, placement="post"), (2, 5, 8))
    make.add("block_pre_rms", parts(norm=rms_norm, placement="pre"), (2, 5, 8))
    make.add("block_post_rms", parts(norm=rms_norm, placement="post"), (2, 5, 8))
    make.add("block_pre_dyt", parts(norm={"type": "dyt"}, placement="pre"), (2, 5, 8))
    make.add("block_modern", parts(
        attention={"heads": 4, "kv_heads": 2, "causal": True, "rope": True, "bias": False,
                   "qk_norm": QK_NORM},
        ffn={"hidden": 20, "activation": "swiglu", "bias": False},
        norm=rms_norm, placement="pre"), (2, 5, 16))
    make.add("block_full", parts(
        attention={"heads": 2, "causal": False, "bias": True}, norm=layer_norm, placement="pre"),
        (2, 5, 8))


# Placements in a block amid others, so that what follows from depth shows.
PLACEMENTS = {
    "sandwich": {}, "reordered": {}, "deep_norm": {}, "sub_ln": {}, "layer_norm_scaling": {},
    "parallel": {}, "res_i_dual": {}, "layer_scale": {}, "skip_init": {}, "re_zero": {},
    "mix_ln": {}, "mix_ln_pre": {"post_blocks": 2}, "parallel_two_norms": {"shared_norm": False},
    "keel": {}, "keel_alpha": {"alpha": 1.5}, "hybrid_norm": {}, "fixup": {},
}


def placements(make):
    for name, options in PLACEMENTS.items():
        kind = next(k for k in sorted(PLACEMENTS, key=len) if name.startswith(k))
        make.add(f"block_{name}", {
            "type": "block", "norm": {"type": "layer_norm", "eps": 1e-5},
            "layer": 1 if name == "mix_ln" else 2, "layers": 5,
            "attention": {"heads": 2, "kv_heads": 1, "causal": True, "bias": True},
            "ffn": {"hidden": 12, "activation": "swiglu", "bias": True},
            "placement": {"type": kind} | options}, (2, 5, 8))


def norm_free_placements(make):
    block = lambda placement, **more: {
        "type": "block", "norm": {"type": "rms_norm", "eps": 1e-6}, "layer": 0, "layers": 3,
        "attention": {"heads": 2, "causal": True, "bias": False, "rope": True},
        "ffn": {"hidden": 12, "activation": "swiglu", "bias": False},
        "placement": placement} | more
    make.add("block_hybrid_norm_first",
             block({"type": "hybrid_norm", "first_pre": True}), (2, 5, 8))
    make.add("block_ngpt", block({"type": "ngpt"}), (2, 5, 8))
    make.add("block_ngpt_gelu", block(
        {"type": "ngpt", "rate": 0.2},
        ffn={"hidden": 15, "activation": "gelu", "bias": True}), (3, 1, 8))
    make.add("squeeze_excite", {"type": "squeeze_excite", "factor": 0.4}, (2, 9, 3, 5))
    make.add("squeeze_excite_sequence", {"type": "squeeze_excite", "ratio": 0.25}, (2, 7, 15))


def losses(make):
    generator = torch.Generator().manual_seed(9)
    classes = lambda *shape: torch.randint(0, 17, shape, generator=generator, dtype=torch.int32)
    entropy = lambda **more: {"type": "cross_entropy"} | more
    make.add("cross_entropy", entropy(), (15, 17), target=classes(15))
    make.add("cross_entropy_sequence", entropy(), (3, 5, 17), target=classes(3, 5))
    make.add("cross_entropy_smoothing", entropy(label_smoothing=0.1), (15, 17), target=classes(15))
    some = classes(3, 5)
    some[0, 1:3], some[2] = -100, -100
    make.add("cross_entropy_ignore", entropy(ignore_index=-100), (3, 5, 17), target=some)
    make.add("cross_entropy_smoothing_ignore", entropy(label_smoothing=0.2, ignore_index=3),
             (33, 17), target=classes(33))
    huge = 1e4 * torch.randn(15, 17, generator=generator, dtype=torch.float64)
    make.add("cross_entropy_huge_logits", entropy(), huge, target=classes(15))
    real = torch.randn(3, 5, 7, generator=generator, dtype=torch.float64)
    make.add("mse", {"type": "mse"}, (3, 5, 7), target=real)
    make.add("bce_with_logits", {"type": "bce_with_logits"}, 30 * real, target=real.sigmoid())
    make.add("cross_entropy_z_loss",
             entropy(z_loss=1e-2, label_smoothing=0.1, ignore_index=3), (33, 17),
             target=classes(33))


def layer_cases():
    make = Maker()
    for chapter in (products, pooling, activations, attention, blocks, placements, losses,
                    norm_free_placements):
        chapter(make)
    return make.cases
