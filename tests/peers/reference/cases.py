"""Random inputs and states for one layer, and the files that hold them.

A case file is what `layer --in` reads (`input`, `target`, `mask`, `param.*`, `buffer.*`,
`grad_output`) together with what it should write (`expect.output`, `expect.grad_input`, …); the
SPEC, the mode and the number of repeats are in its metadata.
"""

import json
import math

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from .layers import LOSSES, build
from .run import run_layer


def random_state(module, generator):
    """Every parameter random, gains and shifts too: at γ = 1 a wrong order of γ goes unseen."""
    rand = lambda t: torch.randn(t.shape, generator=generator, dtype=torch.float64)
    state = {}
    for name, p in module.named_parameters():
        leaf = name.rsplit(".", 1)[-1]
        if leaf == "alpha":
            value = 0.5 + 0.2 * rand(p)
        elif leaf in ("bias", "shift", "tau", "learned_eps"):
            value = 0.3 * rand(p)
        elif p.dim() == 1:
            value = 1 + 0.3 * rand(p)
        else:
            value = rand(p) / math.sqrt(p[0].numel())
        state[f"param.{name}"] = value
    for name, b in module.named_buffers():
        if name.endswith("running_mean"):
            state[f"buffer.{name}"] = rand(b)
        elif name.endswith(("running_var", "running_std", "running_deviation", "running_phi")):
            state[f"buffer.{name}"] = 0.5 + torch.rand(b.shape, generator=generator,
                                                       dtype=torch.float64)
        elif name.rsplit(".", 1)[-1] in ("u", "v", "ema_gz"):
            value = rand(b)
            state[f"buffer.{name}"] = value / value.norm()
        else:
            state[f"buffer.{name}"] = torch.zeros(b.shape, dtype=torch.int32)
    return state


def random_tensors(spec, x, generator, mask=None, target=None, sides=None):
    """A complete IN for `layer`: the given input, random state, random grad_output.

    `sides` has further inputs, `cond`, `segmentation` or `memory`: tensors, or the shapes of random
    ones.
    """
    draw = lambda shape: torch.randn(shape, generator=generator, dtype=torch.float64)
    sides = {name: side if isinstance(side, torch.Tensor) else draw(side)
             for name, side in (sides or {}).items()}
    tensors = {"input": x} | sides
    module = build(spec, x.shape, {name: side.shape for name, side in sides.items()}).double()
    tensors.update(random_state(module, generator))
    if mask is not None:
        tensors["mask"] = mask.to(torch.uint8)
    if target is not None:
        tensors["target"] = target
    output = run_layer(spec, tensors, "eval")["output"]
    grad = torch.randn(output.shape, generator=generator, dtype=torch.float64)
    if mask is not None and spec["type"] in ("attention", "block"):
        grad = grad * mask.unsqueeze(-1)  # nothing after it reads padded positions
    tensors["grad_output"] = torch.tensor(1.7, dtype=torch.float64) \
        if spec["type"] in LOSSES else grad
    return tensors


def save_case(path, spec, tensors, mode="train", repeat=1, centre=0.0):
    expect = run_layer(spec, tensors, mode, repeat, centre)
    facts = {"kind": "layer", "spec": spec, "mode": mode, "repeat": repeat, "centre": centre}
    save(path, facts, tensors, expect)


def save(path, facts, tensors, expect):
    """One metadata entry, `case`, holds all facts as JSON: several would come in random order."""
    everything = dict(tensors) | {f"expect.{name}": value for name, value in expect.items()}
    facts = facts | {"made_with": f"PyTorch {torch.__version__.split('+')[0]}"}
    save_file({name: value.contiguous() for name, value in everything.items()}, str(path),
              metadata={"case": json.dumps(facts)})
    path.chmod(0o644)


def load(path):
    """Facts and tensors of a case file."""
    with safe_open(str(path), framework="pt") as f:
        facts = json.loads(f.metadata()["case"])
        return facts, {name: f.get_tensor(name) for name in f.keys()}
