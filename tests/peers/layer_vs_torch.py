#!/usr/bin/env python3
"""Runs the `layer` command on random specs and compares every output with PyTorch in float64.

    python3 tests/peers/layer_vs_torch.py [--cases 30] [--only attention] [--dtype float32]

Prints, for each layer, the worst max|Δ| / max|reference| over outputs, buffers and all gradients.
A tensor that PyTorch itself does not know that well (a gradient that is 0 but for rounding) may be
off by ten times PyTorch's own uncertainty: what last-bit changes of the inputs do to it, or, for
float32, how far PyTorch's float32 is from its float64. Exit 1 when an error is above the tolerance,
a tensor is missing, or `layer` refuses a case.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from reference.cases import random_tensors
from reference.random_specs import SPECS, Draw
from reference.run import run_layer

ROOT = Path(__file__).resolve().parent.parent.parent
TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
# References smaller than this are not divided by: the tolerance is then a few last bits of 1, the
# size of the inputs; the reference is 0 up to rounding (with one key, say, softmax is constant).
ZERO = {"float64": 1e-5, "float32": 0.1}
PEER_ERRORS = 10  # how many times PyTorch's own uncertainty is forgiven
SHAKES = 3  # samples of that uncertainty


@dataclass
class Worst:
    error: float = 0.0
    where: str = ""
    spec: dict = None


def command(args, folder, draw, tensors):
    """Runs `layer`; its OUT tensors, or what it said when it refused."""
    (folder / "spec.json").write_text(json.dumps(draw.spec))
    save_file({name: t.contiguous() for name, t in tensors.items()}, folder / "in.safetensors")
    (folder / "out.safetensors").unlink(missing_ok=True)
    done = subprocess.run(
        [args.layer, folder / "spec.json", "--in", folder / "in.safetensors", "--out",
         folder / "out.safetensors", "--mode", draw.mode, "--dtype", args.dtype,
         "--repeat", str(draw.repeat)], capture_output=True, text=True, timeout=60)
    if done.returncode:
        return None, f"exit {done.returncode}: {done.stderr.strip()[-500:]}"
    return load_file(folder / "out.safetensors"), None


def uncertainty(draw, tensors, expected, dtype, generator):
    """For each tensor, by how much PyTorch may be wrong in this precision."""
    sign = lambda t: torch.randint(-1, 2, t.shape, generator=generator).double()
    last_bit = lambda t: t * (1 + 2**-52 * sign(t)) if t.is_floating_point() else t
    if dtype == "float32":
        others = [run_layer(draw.spec, tensors, draw.mode, draw.repeat, dtype=torch.float32)]
    else:
        others = [run_layer(draw.spec, {name: last_bit(t) for name, t in tensors.items()},
                            draw.mode, draw.repeat) for _ in range(SHAKES)]
    return {name: max((other[name].double() - value.double()).abs().max().item()
                      for other in others) for name, value in expected.items()}


def error_of(found, expected, least_scale):
    """max|Δ| / max|expected|, the latter taken as at least `least_scale`."""
    if found.numel() != expected.numel() or found.dim() != expected.dim() and found.numel() > 1:
        return float("inf")
    found, expected = found.double().flatten(), expected.double().flatten()
    scale = max(expected.abs().max().item(), least_scale)
    error = (found - expected).abs().max().item() / scale
    return float("inf") if error != error else error


def compare(args, folder, draw, generator, worst, complaints):
    tensors = random_tensors(draw.spec, *reordered(draw, generator))
    expected = run_layer(draw.spec, tensors, draw.mode, draw.repeat)
    unsure = uncertainty(draw, tensors, expected, args.dtype, generator)
    found, refusal = command(args, folder, draw, tensors)
    case = f"{json.dumps(draw.spec)} {draw.shape} {draw.mode} repeat {draw.repeat}" \
           f"{' masked' if draw.lengths else ''}"
    complain = lambda text: complaints.append(f"{case}\n    {text}")
    if refusal:
        complain(refusal)
        worst.error = float("inf")
        return
    for name, reference in expected.items():
        if name not in found:
            complain(f"OUT has no {name}, only {sorted(found)}")
            worst.error = float("inf")
            continue
        forgiven = PEER_ERRORS * unsure[name] / TOLERANCE[args.dtype]
        error = error_of(found[name], reference, max(forgiven, ZERO[args.dtype]))
        if error == float("inf"):
            complain(f"{name}: {tuple(found[name].shape)}, expected {tuple(reference.shape)}, "
                     "or not a number")
        if error >= worst.error:
            worst.error, worst.where, worst.spec = error, name, case


def reordered(draw: Draw, generator):
    x, mask, target = draw.tensors(generator)
    return x, generator, mask, target


def check_dropout(args, folder, worst, complaints):
    """PyTorch draws other numbers, so its law: kept values grow by 1/(1−p), the rest are 0."""
    p, x = 0.3, 1 + torch.rand(64, 50, dtype=torch.float64)
    grad = 1 + torch.rand(64, 50, dtype=torch.float64)
    draw = Draw({"type": "dropout", "p": p}, x.shape)
    found, refusal = command(args, folder, draw, {"input": x, "grad_output": grad})
    if refusal:
        complaints.append(f"dropout\n    {refusal}")
        worst.error = float("inf")
        return
    kept = found["output"] != 0
    worst.error = max(error_of(found["output"], kept * x / (1 - p), 1.0),
                      error_of(found["grad_input"], kept * grad / (1 - p), 1.0))
    worst.where = "output, grad_input"
    deviation = (kept.double().mean().item() - (1 - p)) / (p * (1 - p) / kept.numel()) ** 0.5
    if abs(deviation) > 5:
        complaints.append(f"dropout keeps {kept.double().mean():.3f} of the values at p = {p}")
        worst.error = float("inf")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", default=ROOT / "build/bin/layer", type=Path,
                        help="the program (default: build/bin/layer)")
    parser.add_argument("--cases", type=int, default=30, help="random cases a layer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=[*SPECS, "dropout"], metavar="TYPE")
    parser.add_argument("--dtype", choices=TOLERANCE, default="float64")
    args = parser.parse_args()
    if not args.layer.exists():
        sys.exit(f"{args.layer} is not there; ./norma build makes it")

    limit, complaints, results = TOLERANCE[args.dtype], [], {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in args.only or [*SPECS, "dropout"]:
            worst = results[kind] = Worst()
            if kind == "dropout":
                check_dropout(args, Path(folder), worst, complaints)
                continue
            for number in range(args.cases):
                generator = torch.Generator().manual_seed(args.seed * 1000 + number)
                draw = SPECS[kind](random.Random(f"{kind} {args.seed} {number}"))
                compare(args, Path(folder), draw, generator, worst, complaints)
    report(results, complaints, limit, args)
    sys.exit(any(not w.error <= limit for w in results.values()))


def report(results, complaints, limit, args):
    print(f"{args.cases} cases a layer, {args.dtype}, tolerance {limit:.0e}\n")
    print(f"{'layer':18} {'max|Δ|/max|ref|':>16}   worst at")
    for kind, worst in results.items():
        mark = "" if worst.error <= limit else f"   <-- {worst.spec or 'see below'}"
        print(f"{kind:18} {worst.error:16.1e}   {worst.where}{mark}")
    for text, count in list(Counter(complaints).items())[:20]:
        print(f"\n{text}" + (f"\n    ({count} times)" if count > 1 else ""))
    if len(complaints) > 20:
        print(f"\n… {len(complaints)} complaints in all")


if __name__ == "__main__":
    main()
