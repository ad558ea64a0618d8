#!/usr/bin/env python3
"""Checks the reference itself, without Norma: against PyTorch's own modules, plain formulas,
finite differences, and the golden files as committed. Exit 1 when anything is off.
"""

import sys
import tempfile
from pathlib import Path

import torch
from torch import nn

sys.path.append(str(Path(__file__).resolve().parent.parent / "golden"))
from make_golden import write_all  # noqa: E402
from reference.cases import load, random_state
from reference.decoding import Decoder
from reference.models import Gpt, draw_weights
from reference.norms import build_norm
from reference.run import run_layer, set_state
from reference.training import learning_rate
from reference.transformer import Attention, Block, rotate

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
KINKS = ("ties", "constant", "nan", "huge", "large_mean")  # no derivative there, or no digits left
# Norms whose backward is not the derivative of their forward (`kApproximate`, `kDetaches`).
APPROXIMATE = ("batch_renorm", "online_norm", "power_norm")
GENERATOR = torch.Generator().manual_seed(1)
FAULTS, COUNT = [], [0]


def randn(*shape):
    return torch.randn(shape, generator=GENERATOR, dtype=torch.float64)


def close(what, found, expected, tolerance=1e-12, quiet=False, least_scale=0.0):
    """Compares by max|Δ| / max|expected|, the latter taken as at least `least_scale`; `quiet` prints
    faults alone."""
    scale = max(expected.abs().max().item(), least_scale) or 1.0
    error = (found - expected).abs().max().item() / scale
    COUNT[0] += 1
    if not error <= tolerance:
        FAULTS.append(what)
    if not (quiet and error <= tolerance):
        print(f"{'ok  ' if error <= tolerance else 'OFF '} {what:60} {error:.1e}")


def golden_layers():
    for path in sorted(GOLDEN.glob("*.safetensors")):
        facts, tensors = load(path)
        if facts["kind"] == "layer":
            yield path, facts, facts["spec"], tensors


def randomized(module):
    module = module.double()
    set_state(module, random_state(module, GENERATOR))
    return module


def check_attention():
    x, valid = randn(3, 6, 16), torch.tensor([6, 4, 1])
    mask = torch.arange(6)[None] < valid[:, None]
    variants = {"causal": {}, "full": {"causal": False}, "gqa": {"kv_heads": 2},
                "qk_norm": {"qk_norm": {"type": "rms_norm"}}, "rope": {"rope": True}}
    for name, options in variants.items():
        module = randomized(Attention(16, heads=4, **options))
        fused = module(x, mask)
        module.logit_softcap = 1e9  # takes the spelled-out path; tanh(z/c)·c is z
        close(f"attention {name}: fused and spelled out", fused, module(x, mask), 1e-9)
    ours = randomized(Attention(16, 4, causal=False))
    theirs = nn.MultiheadAttention(16, 4, batch_first=True).double()
    copy_attention(ours, theirs)
    close("attention: nn.MultiheadAttention", ours(x, mask),
          theirs(x, x, x, key_padding_mask=~mask, need_weights=False)[0])


def copy_attention(ours, theirs):
    with torch.no_grad():
        theirs.in_proj_weight.copy_(ours.qkv.weight)
        theirs.in_proj_bias.copy_(ours.qkv.bias)
        theirs.out_proj.load_state_dict(ours.out.state_dict())


def check_rope():
    q = randn(1, 1, 9, 8)
    turned = torch.complex(q[..., :4], q[..., 4:])
    angle = torch.arange(9)[:, None] * 10000.0 ** (-torch.arange(4, dtype=torch.float64) / 4)
    turned = turned * torch.polar(torch.ones_like(angle), angle)
    close("rope: complex numbers", rotate(q), torch.cat([turned.real, turned.imag], -1))


def check_blocks():
    x = randn(2, 5, 8)
    parts = {"attention": {"heads": 2, "causal": False}, "norm": {"type": "layer_norm"},
             "ffn": {"hidden": 20, "activation": "gelu"}}
    for placement in ("pre", "post"):
        ours = randomized(Block(8, placement=placement, **parts))
        theirs = nn.TransformerEncoderLayer(8, 2, 20, dropout=0.0, activation="gelu",
                                            batch_first=True, norm_first=placement == "pre")
        theirs = theirs.double().train()
        copy_attention(ours.attn, theirs.self_attn)
        pairs = ((theirs.linear1, ours.ffn.up), (theirs.linear2, ours.ffn.down),
                 (theirs.norm1, ours.attn_norm), (theirs.norm2, ours.ffn_norm))
        for target, source in pairs:
            target.load_state_dict(source.state_dict())
        close(f"block {placement}: nn.TransformerEncoderLayer", ours(x), theirs(x))


def standardized(x, dims, eps=1e-5):
    u = x - x.mean(dims, keepdim=True)
    return u / (u.square().mean(dims, keepdim=True) + eps).sqrt()


def check_norms():
    image, text = randn(3, 15, 5, 4), randn(3, 7, 15)
    plain = lambda kind, **more: build_norm({"type": kind} | more, 15).double().train()
    close("layer_norm of an image", plain("layer_norm")(image), standardized(image, 1))
    close("rms_norm of an image", plain("rms_norm", eps=0.1)(image),
          image / (image.square().mean(1, keepdim=True) + 0.1).sqrt())
    close("batch_norm of a text", plain("batch_norm")(text), standardized(text, (0, 1)))
    close("instance_norm of a text", plain("instance_norm")(text), standardized(text, 1))
    close("group_norm of a text", plain("group_norm", groups=5)(text),
          standardized(text.view(3, 7, 5, 3), (1, 3)).view(3, 7, 15))
    close("group_norm of an image", plain("group_norm", groups=5)(image),
          standardized(image.view(3, 5, 3, 5, 4), (2, 3, 4)).view(3, 15, 5, 4))
    for kind in ("layer_norm", "rms_norm", "batch_norm", "group_norm", "instance_norm"):
        norm = plain(kind, **({"groups": 5} if kind == "group_norm" else {}))
        mask = torch.arange(7)[None].expand(3, 7) < 4
        expected = torch.cat([norm(text[:, :4]), torch.zeros(3, 3, 15)], 1)
        close(f"{kind}: a mask equals cutting the padding off", norm(text, mask), expected)


def check_centre():
    for name in ("layer_norm_large_mean", "batch_norm_large_mean", "group_norm_large_mean"):
        facts, tensors = load(GOLDEN / f"{name}.safetensors")
        direct = run_layer(facts["spec"], tensors, facts["mode"])
        for key in ("output", "grad_input"):
            close(f"{name}: {key} without the shift", direct[key], tensors[f"expect.{key}"], 1e-3)


def check_golden_again():
    """The committed numbers are what the reference computes now, on this machine. A gradient in
    which everything cancels (of what a softmax or a norm behind takes away again) is rounding, and
    is measured by a thousandth of the largest gradient of its case."""
    for path, facts, spec, tensors in golden_layers():
        found = run_layer(spec, tensors, facts["mode"], facts["repeat"], facts["centre"])
        committed = {n.removeprefix("expect.") for n in tensors if n.startswith("expect.")}
        if committed != found.keys():
            FAULTS.append(f"{path.stem}: the file has {committed}, now there are {found.keys()}")
        largest = max((tensors[f"expect.{name}"].abs().max().item() for name in found
                       if name.startswith("grad_")), default=0.0)
        for name, value in found.items():
            close(f"{path.stem} {name} as committed", value.double(),
                  tensors[f"expect.{name}"].double(), quiet=True,
                  least_scale=1e-3 * largest if name.startswith("grad_") else 0.0)


def check_golden_scripts():
    """make_golden.py still writes these cases: the same names, facts and inputs."""
    with tempfile.TemporaryDirectory() as folder:
        write_all(Path(folder))
        made = {path.name: load(path) for path in Path(folder).glob("*.safetensors")}
    committed = {path.name: load(path) for path in GOLDEN.glob("*.safetensors")}
    FAULTS.extend(f"{name}: not made, or not committed" for name in made.keys() ^ committed.keys())
    COUNT[0] += len(made)
    for name in sorted(made.keys() & committed.keys()):
        (facts, tensors), (old_facts, old) = made[name], committed[name]
        given = [key for key in old if not key.startswith("expect.")]
        if facts != old_facts or tensors.keys() != old.keys() or \
                not all(tensors[key].nan_to_num().equal(old[key].nan_to_num()) for key in given):
            FAULTS.append(f"{name}: make_golden.py would write another case")


# Where the coefficient of a term of the loss stands in a router's options.
COEFFICIENTS = {"loss.load_balance": "load_balance", "loss.router_z_loss": "z_loss"}


def directional(spec, tensors, facts, names, direction):
    """Central difference of Σ output·grad_output, and what the layer adds to the loss, along one
    direction of everything."""
    def value(step):
        moved = dict(tensors)
        for name in names:
            moved[name] = tensors[name] + step * direction[name]
        out = run_layer(spec, {k: v for k, v in moved.items() if k != "grad_output"},
                        facts["mode"], facts["repeat"])
        terms = sum(spec["router"][key] * out[name].sum() for name, key in COEFFICIENTS.items()
                    if name in out)
        return (out["output"] * tensors["grad_output"]).sum() + terms

    step = 1e-5
    return (value(step) - value(-step)) / (2 * step)


def differentiable(spec, facts, grads):
    """Those gradients that are derivatives of the forward. In training, some norms give the input
    another one by definition, and what spectral norm's u and v follow is held fixed."""
    approximate = spec["type"] in APPROXIMATE
    spectral = spec.get("reparam", {}).get("type") == "spectral_norm"
    return [name for name in grads if facts["mode"] == "eval" or not (
        approximate and name == "input" or spectral and name.endswith("weight"))]


def check_finite_differences():
    for path, facts, spec, tensors in golden_layers():
        if any(k in path.stem for k in KINKS):
            continue
        grads = {k.removeprefix("expect.grad_"): v for k, v in tensors.items()
                 if k.startswith("expect.grad_")}
        if spec["type"] in ("relu", "relu2") and "input" in grads:
            tensors["input"] = torch.where(tensors["input"].abs() < 1e-4, 1.0, tensors["input"])
            grads["input"] = run_layer(spec, tensors, facts["mode"])["grad_input"]
        names = differentiable(spec, facts, grads)
        if not names:
            continue
        direction = {name: randn(*tensors[name].shape) for name in names}
        slope = sum((grads[name] * direction[name]).sum() for name in names)
        # A slope of 0 (a single element scaled to ±1) has no digits: differences know it to the
        # last bits of the loss over the step.
        close(f"slope of {path.stem}", directional(spec, tensors, facts, names, direction), slope,
              tolerance=2e-5, quiet=True, least_scale=1e-5)


def check_decoder():
    """Keys and values kept, some of them forgotten again: the logits of the whole model."""
    for tie in (True, False):
        options = {"layers": 2, "width": 16, "heads": 4, "context": 9, "placement": "pre",
                   "norm": {"type": "layer_norm"}, "bias": True, "tie": tie}
        model, tokens = Gpt(options, vocab=11), torch.randint(0, 11, (9,), generator=GENERATOR)
        draw_weights(model, 1)
        hidden = model.body(model.tok_embed(tokens)[None])[0]
        logits = hidden @ (model.tok_embed.weight if tie else model.head.weight).t()
        decoder = Decoder(model, tokens)
        for position in (0, 1, 2, 3, 4, 5, 6, 4, 5):
            close(f"token {position} after another, tie {tie}", decoder.next_token(position)[0],
                  logits[position], quiet=True)


def check_schedules():
    rates = [learning_rate({"type": "cosine", "warmup": 5, "min_ratio": 0.1}, 1.0, s, 25)
             for s in range(1, 26)]
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=1.0)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20, eta_min=0.1)
    theirs = []
    for _ in range(20):
        optimizer.step()
        scheduler.step()
        theirs.append(scheduler.get_last_lr()[0])
    close("cosine: CosineAnnealingLR", torch.tensor(rates[5:]), torch.tensor(theirs))
    close("warmup", torch.tensor(rates[:5]), torch.arange(1, 6) / 5.0)


def main():
    check_golden_scripts()  # in the default dtype that they run in
    torch.set_default_dtype(torch.float64)
    with torch.no_grad():
        check_attention()
        check_rope()
        check_blocks()
        check_decoder()
        check_norms()
    for check in (check_centre, check_golden_again, check_finite_differences, check_schedules):
        check()
    print(f"{COUNT[0]} comparisons, {len(FAULTS)} faults" + "".join(f"\n  {f}" for f in FAULTS))
    return 1 if FAULTS else 0


if __name__ == "__main__":
    sys.exit(main())
