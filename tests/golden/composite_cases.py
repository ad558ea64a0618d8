"""Golden cases of composite norms and of norms conditioned from outside."""

import torch

from layer_cases import Maker, lengths_mask

LENGTHS = lengths_mask([6, 4, 2], 6)


def partial(make):
    spec = {"type": "rms_norm", "partial": 0.3}
    for name, shape in {"2d": (15, 17), "3d": (3, 5, 33), "4d": (2, 15, 3, 3)}.items():
        make.add(f"rms_norm_partial_{name}", spec, shape)
    make.add("rms_norm_partial_zero_centered", spec | {"zero_centered": True, "partial": 0.0625},
             (3, 17))
    make.add("rms_norm_partial_masked", spec, (3, 6, 5), mask=LENGTHS)


def several_statistics(make):
    for kind, options in (("grn", {}), ("evo_norm_s0", {"groups": 5}), ("evo_norm_b0", {}),
                          ("switchable_norm", {})):
        spec = {"type": kind} | options
        make.add(f"{kind}_4d", spec, (3, 15, 5, 3))
        make.add(f"{kind}_4d_eval", spec, (3, 15, 5, 3), mode="eval")
        make.add(f"{kind}_3d", spec, (3, 7, 15))
        make.add(f"{kind}_masked", spec, (3, 6, 5), mask=LENGTHS)
        if not options:
            for channels in (1, 33):
                make.add(f"{kind}_channels{channels}", spec, (2, channels, 3, 3))
    for kind in ("evo_norm_b0", "switchable_norm"):
        make.add(f"{kind}_repeat", {"type": kind, "momentum": 0.3}, (2, 5, 3, 3), repeat=3)
    make.add("switchable_norm_large_mean", {"type": "switchable_norm", "eps": 1e-12},
             (2000 + 1e-3 * torch.randn(2, 5, 4, 4, generator=torch.Generator().manual_seed(7),
                                        dtype=torch.float64)).float().double(), centre=2000.0)
    # max(deviation, v x + deviation of the sample): both sides come up.
    make.add("evo_norm_b0_spread", {"type": "evo_norm_b0"},
             torch.randn(4, 5, 4, 4, generator=torch.Generator().manual_seed(8),
                         dtype=torch.float64) * torch.tensor([0.1, 1, 3, 9.0])[:, None, None, None])


def neighbours(make):
    spec = {"type": "local_response_norm", "alpha": 0.5}
    for name, shape in {"2d": (5, 17), "3d": (3, 5, 17), "4d": (2, 15, 3, 3)}.items():
        make.add(f"local_response_norm_{name}", spec, shape)
    for size, width in ((1, 15), (2, 33), (4, 1), (9, 5)):
        make.add(f"local_response_norm_size{size}",
                 spec | {"size": size, "beta": 1.3, "k": 2.0}, (2, 3, width))
    make.add("local_response_norm_defaults", {"type": "local_response_norm"}, (2, 15, 3, 3))
    make.add("local_response_norm_masked", spec, (3, 6, 17), mask=LENGTHS)


def combinations(make):
    parts = [{"type": "layer_norm"}, {"type": "rms_norm"}, {"type": "dyt"}]
    columns = [{"type": "batch_norm"}, {"type": "instance_norm", "affine": True},
               {"type": "group_norm", "groups": 5}]
    for kind in ("sequence", "mixture"):
        make.add(f"{kind}_rows", {"type": kind, "norms": parts}, (3, 5, 17))
        make.add(f"{kind}_rows_masked", {"type": kind, "norms": parts}, (3, 6, 17), mask=LENGTHS)
        make.add(f"{kind}_columns", {"type": kind, "norms": columns}, (3, 15, 3, 3), repeat=3)
        make.add(f"{kind}_columns_eval", {"type": kind, "norms": columns}, (3, 15, 3, 3),
                 mode="eval")
    nested = {"type": "mixture", "norms": [{"type": "sequence", "norms": parts[:2]}, parts[2]]}
    make.add("mixture_nested", nested, (3, 17))


def conditional(make):
    shapes = {"2d": (3, 15), "3d": (3, 6, 15), "4d": (3, 15, 4, 3)}
    bases = {"ada_layer_norm": {"type": "rms_norm"}, "film": {"type": "layer_norm"},
             "conditional_batch_norm": {"type": "group_norm", "groups": 5}}
    for kind, other in bases.items():
        for name, shape in shapes.items():
            make.add(f"{kind}_{name}", {"type": kind}, shape, cond=(3, 7))
        make.add(f"{kind}_other_norm", {"type": kind, "norm": other}, shapes["3d"], cond=(3, 7))
        make.add(f"{kind}_masked", {"type": kind}, (3, 6, 15), cond=(3, 7), mask=LENGTHS)
    make.add("conditional_batch_norm_repeat", {"type": "conditional_batch_norm"}, shapes["4d"],
             cond=(3, 7), repeat=3)
    make.add("conditional_batch_norm_eval", {"type": "conditional_batch_norm"}, shapes["4d"],
             cond=(3, 7), mode="eval")
    branch = {"type": "linear", "out": 15}
    make.add("ada_layer_norm_branch", {"type": "ada_layer_norm", "branch": branch}, (3, 6, 15),
             cond=(3, 7))
    make.add("ada_layer_norm_branch_rms",
             {"type": "ada_layer_norm", "branch": branch, "norm": {"type": "rms_norm"}}, (3, 15),
             cond=(3, 1))

    make.add("ada_instance_norm_4d", {"type": "ada_instance_norm"}, (2, 5, 4, 3),
             cond=(2, 5, 3, 5))
    make.add("ada_instance_norm_3d", {"type": "ada_instance_norm"}, (2, 7, 17), cond=(2, 5, 17))
    make.add("ada_instance_norm_other_norm",
             {"type": "ada_instance_norm", "norm": {"type": "layer_norm"}, "eps": 0.1},
             (3, 6, 5), cond=(3, 4, 5), mask=LENGTHS)

    spade = {"type": "spade", "hidden": 6}
    make.add("spade_upsampled", spade, (2, 5, 6, 4), segmentation=(2, 3, 3, 2))
    make.add("spade_downsampled", spade, (2, 5, 4, 3), segmentation=(2, 3, 7, 9))
    make.add("spade_other_norm",
             spade | {"norm": {"type": "instance_norm"}, "kernel": 1}, (2, 5, 3, 3),
             segmentation=(2, 1, 3, 3))
    make.add("spade_masked", spade, (2, 5, 4, 3), segmentation=(2, 3, 2, 3),
             mask=torch.tensor([4, 3])[:, None, None] > torch.arange(4)[None, :, None].expand(2, 4, 3))


def composite_cases():
    make = Maker()
    for chapter in (partial, several_statistics, neighbours, combinations, conditional):
        chapter(make)
    return make.cases
