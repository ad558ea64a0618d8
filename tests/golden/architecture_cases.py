"""Golden cases of mixtures of experts, recurrent layers and what encoder-decoders need."""

from layer_cases import Maker, lengths_mask

NORMS = {"layer_norm": {"type": "layer_norm", "eps": 1e-5},
         "rms_norm": {"type": "rms_norm", "eps": 1e-6}}


def experts(make):
    def spec(activation="gelu", **router):
        usual = {"type": "top_k", "experts": 4, "k": 2, "capacity_factor": 1.25, "normalize": True,
                 "load_balance": 0.3, "z_loss": 0.1}
        return {"type": "moe", "hidden": 5, "activation": activation, "bias": True,
                "router": usual | router}

    make.add("moe_top_2", spec(), (2, 7, 6))
    make.add("moe_switch", spec(k=1, normalize=False), (2, 7, 6))
    make.add("moe_gated", spec("swiglu", experts=3), (2, 5, 6))
    make.add("moe_no_limit", spec(capacity_factor=None), (2, 7, 6))
    make.add("moe_eval", spec(), (2, 7, 6), mode="eval")
    make.add("moe_padding", spec(), (3, 6, 6), mask=lengths_mask([6, 4, 1], 6))


def recurrent(make):
    spec = lambda **more: {"type": "lstm", "hidden": 5, "bias": True} | more
    make.add("lstm", spec(), (2, 7, 6))
    make.add("lstm_no_bias", spec(bias=False, hidden=7), (3, 2, 3))
    make.add("lstm_one_step", spec(hidden=1), (2, 1, 15))
    make.add("lstm_padding", spec(), (3, 6, 4), mask=lengths_mask([6, 4, 1], 6))
    for name, norm in NORMS.items():
        make.add(f"lstm_{name}", spec(norm=norm), (2, 7, 6))
        make.add(f"lstm_{name}_padding", spec(norm=norm), (3, 6, 4),
                 mask=lengths_mask([6, 4, 1], 6))


def decoders(make):
    cross = lambda **more: {"type": "cross_attention", "heads": 2, "bias": True} | more
    padding = lengths_mask([5, 3, 1], 5)
    make.add("cross_attention", cross(), (2, 4, 6), memory=(2, 7, 6))
    make.add("cross_attention_padding", cross(), (3, 4, 6), memory=(3, 5, 6), memory_mask=padding)
    make.add("cross_attention_other_width", cross(kv_heads=1, memory_width=5, bias=False),
             (2, 3, 8), memory=(2, 1, 5))
    make.add("cross_attention_qk_norm", cross(qk_norm=NORMS["rms_norm"]), (2, 4, 6),
             memory=(2, 5, 6))
    for placement in ("pre", "post"):
        make.add(f"decoder_block_{placement}", {
            "type": "decoder_block", "norm": NORMS["layer_norm"], "placement": placement,
            "attention": {"heads": 2, "causal": True, "bias": True},
            "cross": {"heads": 2, "bias": True},
            "ffn": {"hidden": 5, "activation": "gelu", "bias": True}},
            (3, 4, 4), memory=(3, 5, 4), memory_mask=padding)
    bias = lambda **more: {"type": "relative_bias", "heads": 3} | more
    make.add("relative_bias", bias(max_distance=50), (1, 60, 1))
    make.add("relative_bias_causal", bias(bidirectional=False, buckets=8, max_distance=20),
             (1, 33, 1))


def architecture_cases():
    make = Maker()
    for chapter in (experts, recurrent, decoders):
        chapter(make)
    return make.cases
