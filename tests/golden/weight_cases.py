"""Golden cases of weight re-parametrizations round linear layers and convolutions."""

from layer_cases import Maker

VARIANTS = {
    "weight_norm": {"type": "weight_norm"},
    "centered_weight": {"type": "centered_weight"},
    "centered_weight_normalize": {"type": "centered_weight", "normalize": True},
    "weight_standardization": {"type": "weight_standardization"},
    "weight_standardization_official": {"type": "weight_standardization",
                                        "convention": "official"},
    "weight_standardization_bit": {"type": "weight_standardization", "convention": "bit",
                                   "eps": 0.1},
    "scaled_weight_standardization": {"type": "scaled_weight_standardization",
                                      "activation": "gelu"},
    # Above N·var of every row: only the floor under it remains.
    "scaled_weight_standardization_floor": {"type": "scaled_weight_standardization", "eps": 1e3},
    "scaled_weight_standardization_timm": {"type": "scaled_weight_standardization",
                                           "convention": "timm", "activation": "relu"},
    "scaled_weight_standardization_no_gain": {"type": "scaled_weight_standardization",
                                              "activation": "silu", "gain": False},
    "spectral_norm": {"type": "spectral_norm"},
    "unit_weight": {"type": "unit_weight", "along": "outputs"},
}


def linear(reparam, out=17):
    return {"type": "linear", "out": out, "bias": True, "reparam": reparam}


def conv2d(reparam, **more):
    return {"type": "conv2d", "out": 6, "kernel": 3, "stride": 1, "padding": 1, "dilation": 1,
            "groups": 1, "bias": False, "reparam": reparam} | more


def weight_cases():
    make = Maker()
    for name, reparam in VARIANTS.items():
        repeat = 3 if name == "spectral_norm" else 1
        make.add(f"linear_{name}", linear(reparam), (3, 15), repeat=repeat)
        make.add(f"conv2d_{name}", conv2d(reparam), (2, 5, 5, 7), repeat=repeat)
        make.add(f"conv2d_groups_{name}", conv2d(reparam, groups=3, stride=2, bias=True),
                 (2, 9, 5, 5), repeat=repeat)
    make.add("conv2d_depthwise_weight_norm", conv2d(VARIANTS["weight_norm"], out=5, groups=5),
             (2, 5, 5, 5))
    make.add("conv2d_1x1_weight_norm",
             conv2d(VARIANTS["weight_norm"], kernel=1, padding=0, bias=True), (2, 5, 3, 3))
    make.add("linear_weight_norm_one", linear(VARIANTS["weight_norm"], out=1), (2, 1))
    make.add("linear_spectral_norm_eval", linear(VARIANTS["spectral_norm"]), (3, 15), mode="eval")
    make.add("conv2d_spectral_norm_eval", conv2d(VARIANTS["spectral_norm"]), (2, 5, 5, 7),
             mode="eval")
    make.add("linear_spectral_norm_iterations",
             linear({"type": "spectral_norm", "iterations": 4}), (2, 3, 33), repeat=3)
    make.add("attention_weight_norm",
             {"type": "attention", "heads": 4, "bias": True, "reparam": VARIANTS["weight_norm"]},
             (2, 7, 12))
    make.add("ffn_spectral_norm",
             {"type": "ffn", "hidden": 17, "activation": "swiglu",
              "reparam": VARIANTS["spectral_norm"]}, (2, 3, 8), repeat=3)
    return make.cases
