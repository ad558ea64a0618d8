"""Golden cases of the norms: shapes, modes, running statistics, masks, hard numbers and ties."""

import torch

from batch_norm_cases import batch_norm_cases
from layer_cases import Maker, lengths_mask
from reference.norms import CURVES

SHAPES = {"2d": (15, 17), "3d": (3, 5, 17), "4d": (3, 15, 5, 3)}
LARGE_MEAN = 2000.0


def normal(shape, seed):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def rows(make):
    for name, shape in SHAPES.items():
        make.add(f"layer_norm_{name}", {"type": "layer_norm", "eps": 1e-5}, shape)
        make.add(f"rms_norm_{name}", {"type": "rms_norm", "eps": 1e-6}, shape)
        make.add(f"dyt_{name}", {"type": "dyt"}, shape)
    for width in (1, 33):
        make.add(f"layer_norm_width{width}", {"type": "layer_norm", "eps": 1e-5}, (2, 3, width))
        make.add(f"rms_norm_width{width}", {"type": "rms_norm", "eps": 1e-6}, (2, 3, width))
    make.add("layer_norm_eval", {"type": "layer_norm", "eps": 1e-5}, (3, 17), mode="eval")
    make.add("layer_norm_eps", {"type": "layer_norm", "eps": 0.1}, (3, 17))
    make.add("rms_norm_eps", {"type": "rms_norm", "eps": 0.1}, (3, 17))
    make.add("rms_norm_eps_outside", {"type": "rms_norm", "eps": 0.1, "eps_outside": True}, (3, 17))
    make.add("layer_norm_no_bias", {"type": "layer_norm", "eps": 1e-5, "bias": False}, (3, 17))
    make.add("rms_norm_no_weight", {"type": "rms_norm", "weight": False}, (3, 17))
    make.add("dyt_no_affine", {"type": "dyt", "weight": False, "bias": False}, (3, 17))
    make.add("layer_norm_no_affine",
             {"type": "layer_norm", "eps": 1e-5, "weight": False, "bias": False}, (3, 17))


def columns(make):
    for name, shape in SHAPES.items():
        make.add(f"batch_norm_{name}", {"type": "batch_norm"}, shape)
        make.add(f"batch_norm_{name}_eval", {"type": "batch_norm"}, shape, mode="eval")
    for channels in (1, 33):
        make.add(f"batch_norm_channels{channels}", {"type": "batch_norm"}, (2, channels, 3, 3))
    make.add("batch_norm_biased_running_var",
             {"type": "batch_norm", "unbiased_running_var": False}, (3, 5, 2, 2), repeat=3)
    make.add("batch_norm_repeat", {"type": "batch_norm", "momentum": 0.3}, (2, 5, 3, 3), repeat=4)
    make.add("batch_norm_cumulative", {"type": "batch_norm", "momentum": None}, (2, 5, 3, 3),
             repeat=3)
    make.add("batch_norm_cumulative_eval", {"type": "batch_norm", "momentum": None}, (2, 5, 3, 3),
             mode="eval")
    make.add("batch_norm_no_affine", {"type": "batch_norm", "affine": False}, (4, 5))
    stateless = {"type": "batch_norm", "track_running_stats": False, "eps": 0.1}
    make.add("batch_norm_no_tracking", stateless, (2, 5, 3, 3))
    make.add("batch_norm_no_tracking_eval", stateless, (2, 5, 3, 3), mode="eval")

    make.add("group_norm_2d", {"type": "group_norm", "groups": 5}, (3, 15))
    make.add("group_norm_3d", {"type": "group_norm", "groups": 5}, (2, 7, 15))
    make.add("group_norm_4d", {"type": "group_norm", "groups": 5}, (2, 15, 5, 3))
    make.add("group_norm_4d_eval", {"type": "group_norm", "groups": 3, "eps": 0.1}, (2, 15, 5, 3),
             mode="eval")
    make.add("group_norm_no_affine", {"type": "group_norm", "groups": 5, "affine": False},
             (2, 15, 3, 3))
    make.add("group_norm_one_group", {"type": "group_norm", "groups": 1}, (2, 17, 3, 3))
    make.add("group_norm_each_channel", {"type": "group_norm", "groups": 17}, (2, 17, 3, 3))

    make.add("instance_norm_3d", {"type": "instance_norm"}, (3, 7, 5))
    make.add("instance_norm_4d", {"type": "instance_norm"}, (3, 5, 5, 3))
    make.add("instance_norm_affine", {"type": "instance_norm", "affine": True}, (3, 17, 3, 3))
    tracked = {"type": "instance_norm", "affine": True, "track_running_stats": True}
    make.add("instance_norm_tracked", tracked, (3, 5, 3, 3), repeat=3)
    make.add("instance_norm_tracked_eval", tracked, (3, 5, 3, 3), mode="eval")


def masked(make):
    for kind in ("layer_norm", "rms_norm", "batch_norm"):
        make.add(f"{kind}_masked", {"type": kind}, (3, 6, 5), mask=lengths_mask([6, 4, 1], 6))
    make.add("group_norm_masked", {"type": "group_norm", "groups": 3}, (3, 6, 9),
             mask=lengths_mask([6, 4, 1], 6))
    make.add("instance_norm_masked", {"type": "instance_norm", "affine": True}, (3, 6, 5),
             mask=lengths_mask([6, 4, 2], 6))
    # Garbage in the padding must not reach anything.
    x = torch.randn(2, 5, 7, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    x[1, 3:] = torch.nan
    for kind in ("layer_norm", "batch_norm"):
        make.add(f"{kind}_masked_nan", {"type": kind}, x.clone(), mask=lengths_mask([5, 3], 5))
    x = torch.randn(2, 5, 4, 3, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    holes = torch.rand(2, 4, 3, generator=torch.Generator().manual_seed(4)) < 0.7
    make.add("batch_norm_masked_image", {"type": "batch_norm"}, x, mask=holes)


def hard_numbers(make):
    """Mean far above the deviation, constant and zero rows.

    Inputs are rounded to float32 first, so the same files can judge a float32 kernel; the mean is
    an exact float, and the reference is computed without it.
    """
    generator = torch.Generator().manual_seed(7)

    def offset(*shape):
        spread = 1e-3 * torch.randn(shape, generator=generator, dtype=torch.float64)
        return (LARGE_MEAN + spread).float().double()

    small = 1e-12  # with the usual 1e-5 the deviation of 1e-3 would drown in epsilon
    for kind, shape in (("layer_norm", (5, 33)), ("batch_norm", (4, 5, 4, 4)),
                        ("instance_norm", (2, 5, 4, 4))):
        make.add(f"{kind}_large_mean", {"type": kind, "eps": small}, offset(*shape),
                 centre=LARGE_MEAN)
    make.add("group_norm_large_mean", {"type": "group_norm", "groups": 3, "eps": small},
             offset(2, 6, 4, 4), centre=LARGE_MEAN)
    make.add("rms_norm_large_mean", {"type": "rms_norm", "eps": 1e-6}, offset(5, 33))

    constant = torch.full((3, 17), 2.5, dtype=torch.float64)
    constant[1], constant[2] = 0.0, -1e3
    for kind in ("layer_norm", "rms_norm"):
        make.add(f"{kind}_constant_rows", {"type": kind}, constant.clone())
    image = torch.full((2, 6, 3, 3), 2.5, dtype=torch.float64)
    make.add("batch_norm_constant", {"type": "batch_norm"}, image.clone())
    make.add("group_norm_constant", {"type": "group_norm", "groups": 3}, image.clone())


def lengths(make):
    """Norms that divide by the length of a row, and the RMS norm that stores γ − 1."""
    centred = {"type": "rms_norm", "eps": 0.1, "zero_centered": True}
    for kind, spec in (("scale_norm", {"type": "scale_norm"}), ("unit_norm", {"type": "unit_norm"}),
                       ("simple_rms_norm", {"type": "simple_rms_norm"}),
                       ("rms_norm_zero_centered", centred)):
        for name, shape in SHAPES.items():
            make.add(f"{kind}_{name}", spec, shape)
        for width in (1, 33):
            make.add(f"{kind}_width{width}", spec, (2, 3, width))
        make.add(f"{kind}_masked", spec, (3, 6, 5), mask=lengths_mask([6, 4, 1], 6))
        # 4 is near the length of a row: it bounds some rows and not others.
        make.add(f"{kind}_eps", spec | {"eps": 4.0}, (15, 17))
        make.add(f"{kind}_large_mean", spec, 2000 + 1e-3 * normal((5, 33), 7))
        make.add(f"{kind}_constant_rows", spec, torch.tensor([[2.5], [0.0], [-1e3]]).double()
                 .expand(3, 17).clone())
    make.add("rms_norm_zero_centered_no_weight", centred | {"weight": False}, (3, 17))
    # Rows of length 5, the bound itself, and of less and more.
    tied = torch.tensor([[3.0, 4.0], [-4.0, 3.0], [0.0, 5.0], [3.0, 3.9], [3.0, 4.1]]).double()
    for kind in ("scale_norm", "unit_norm", "simple_rms_norm"):
        make.add(f"{kind}_ties", {"type": kind, "eps": 5.0}, tied.clone())


def filter_response(make):
    frn = {"type": "frn"}
    for name, shape in (("3d", (3, 7, 17)), ("4d", (3, 15, 5, 3))):
        make.add(f"frn_{name}", frn, shape)
        make.add(f"frn_{name}_learned_eps", frn | {"learned_eps": True}, shape)
    for channels in (1, 33):
        make.add(f"frn_channels{channels}", frn, (2, channels, 3, 3))
    make.add("frn_eval", frn | {"eps": 0.1}, (2, 15, 3, 3), mode="eval")
    make.add("frn_no_tlu", frn | {"tlu": False}, (2, 15, 3, 3))
    make.add("frn_masked", frn | {"learned_eps": True}, (3, 6, 5), mask=lengths_mask([6, 4, 1], 6))
    make.add("frn_large_mean", frn, 2000 + 1e-3 * normal((2, 5, 4, 4), 7))
    make.add("frn_constant", frn, torch.full((2, 6, 3, 3), 2.5, dtype=torch.float64))
    # Where y = β = τ the gradient is shared half and half.
    half = normal((2, 5, 3, 4), 8) * (normal((2, 5, 3, 4), 9) > 0)
    make.add("frn_ties", frn, half, state={"param.bias": 0.25, "param.tau": 0.25})


def pointwise(make):
    plain = {"weight": False, "bias": False}
    for name, shape in SHAPES.items():
        make.add(f"derf_{name}", {"type": "derf"}, shape)
        make.add(f"affine_{name}", {"type": "affine"}, shape)
    make.add("derf_no_affine", {"type": "derf", **plain}, (3, 17))
    make.add("affine_no_affine", {"type": "affine", **plain}, (3, 17))
    ends = torch.tensor([0.0, 1e-30, 1e-3, 1.0, 2.0, 3.0, 9.0, 30.0, 1e3, 1e10, 1e30]).double()
    ends = torch.stack([ends, -ends])
    for kind in ("identity", "affine", *CURVES):
        for width in (1, 15, 33):
            make.add(f"{kind}_width{width}", {"type": kind}, (2, 3, width))
        make.add(f"{kind}_masked", {"type": kind}, (3, 6, 17), mask=lengths_mask([6, 4, 1], 6))
    for kind in CURVES:
        make.add(f"{kind}_extremes", {"type": kind}, ends.clone())
        # αx + s hits 0 and ±1 exactly.
        make.add(f"{kind}_ties", {"type": kind}, ends.clone(),
                 state={"param.alpha": 0.5, "param.shift": 0.0})


def norm_cases():
    make = Maker()
    for chapter in (rows, columns, masked, hard_numbers, lengths, filter_response, pointwise,
                    batch_norm_cases):
        chapter(make)
    return make.cases
