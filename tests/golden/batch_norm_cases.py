"""Golden cases of batch normalization's kin: ghost batches, frozen statistics, renormalization …"""

from layer_cases import lengths_mask


def ghosts(make):
    ghost = {"type": "batch_norm", "ghost_batch": 2}
    make.add("batch_norm_ghost_2d", ghost | {"ghost_batch": 5}, (15, 17))
    make.add("batch_norm_ghost_3d", ghost, (3, 5, 17))  # the last ghost batch is one sample
    make.add("batch_norm_ghost_4d", ghost, (11, 5, 3, 2), repeat=3)
    make.add("batch_norm_ghost_eval", ghost, (3, 5, 3, 3), mode="eval")
    make.add("batch_norm_ghost_cumulative", ghost | {"momentum": None}, (5, 5, 3, 3), repeat=2)
    make.add("batch_norm_ghost_masked", ghost, (5, 6, 5), mask=lengths_mask([6, 4, 2, 1, 3], 6))


def frozen(make):
    spec = {"type": "batch_norm", "frozen": True}
    make.add("batch_norm_frozen", spec, (3, 15, 3, 3), repeat=3)
    make.add("batch_norm_frozen_eval", spec, (3, 5, 17), mode="eval")


def kin(make):
    now = {"rmax": 1.2, "dmax": 0.5, "rmax_steps": [0, 0], "dmax_steps": [0, 0]}
    begun = {"rmax_steps": [2, 10], "dmax_steps": [0, 20], "momentum": 0.3}
    for kind, more in (("batch_renorm", now), ("lp_batch_norm", {}), ("split_batch_norm", {}),
                       ("sync_batch_norm", {})):
        spec = {"type": kind} | more
        for name, shape in (("2d", (16, 17)), ("3d", (4, 5, 15)), ("4d", (4, 33, 3, 2)),
                            ("channels1", (2, 1, 3, 3))):
            make.add(f"{kind}_{name}", spec, shape, repeat=3)
        make.add(f"{kind}_eval", spec, (4, 5, 3, 3), mode="eval")
        make.add(f"{kind}_no_affine", spec | {"affine": False}, (4, 5, 3, 3))
        make.add(f"{kind}_cumulative", spec | {"momentum": None}, (4, 5, 3, 3), repeat=3)
        make.add(f"{kind}_masked", spec, (4, 6, 5), mask=lengths_mask([6, 4, 1, 3], 6))
    make.add("split_batch_norm_three", {"type": "split_batch_norm", "splits": 3}, (6, 5, 3, 3))
    # Limits on their way: numbers of updates that lie before, on and behind the lines.
    for updates in (0, 5, 25):
        make.add(f"batch_renorm_after{updates}", {"type": "batch_renorm"} | begun, (4, 5, 3, 3),
                 state={"buffer.num_batches_tracked": updates})
    for p in (2, 3, 4):
        make.add(f"lp_batch_norm_p{p}", {"type": "lp_batch_norm", "p": p}, (4, 5, 3, 3))


def streams(make):
    """Norms whose forward and backward follow running state: three steps show how it moves."""
    power, online = {"type": "power_norm"}, {"type": "online_norm", "alpha_forward": 0.9}
    for name, shape in (("2d", (16, 17)), ("3d", (4, 5, 15)), ("4d", (5, 33, 3, 2)),
                        ("channels1", (3, 1, 3, 3))):
        make.add(f"power_norm_{name}", power | {"warmup": 2}, shape, repeat=3)
        make.add(f"online_norm_{name}", online | {"clamp": 1.5}, shape, repeat=3)
    for kind, spec in (("power_norm", power), ("online_norm", online)):
        make.add(f"{kind}_start", spec, (4, 5, 3, 3), repeat=3)
        make.add(f"{kind}_eval", spec, (4, 5, 3, 3), mode="eval")
        make.add(f"{kind}_no_affine", spec | {"affine": False, "alpha_backward": 0.5}, (4, 7, 5))
        make.add(f"{kind}_masked", spec, (4, 6, 5), mask=lengths_mask([6, 4, 0, 3], 6), repeat=2)
    make.add("online_norm_no_clamp", online | {"clamp": None}, (4, 5, 3, 3))


def batch_norm_cases(make):
    for chapter in (ghosts, frozen, kin, streams):
        chapter(make)
