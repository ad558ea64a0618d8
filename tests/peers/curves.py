#!/usr/bin/env python3
"""Loss curves of Norma and PyTorch from the same weights on the same batches.

    python3 tests/peers/curves.py [--quick] [--only gpt_silu] [--keep FOLDER]

100 steps of AdamW with clipping, warmup and a cosine schedule, batches in file order. PyTorch draws
the weights in float32 and both start from them. Checks, each over all steps:
  float64                    |Norma − PyTorch| ≤ 1e-9
  float32, gelu GPT,         |Norma − PyTorch in float64| ≤ 2e-5
    SiLU ResNet
  float32, the others        rounding flips the signs of ReLU, Adam blows up small differences, and
                             PyTorch's own float32 leaves its float64 too: the median over 10 seeds
                             of Norma's distance ≤ 1.5 × that of PyTorch's
Exit 1 when one fails.
"""

import argparse
import hashlib
import json
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import torch

from reference.data import Images, Text, write_king_james
from reference.models import build_model, draw_weights
from reference.norma import NO_SIDE_WORK, TRAIN, parameter_shapes, require, run_train, write_initial
from reference.training import Trainer

DTYPES = {"fp32": torch.float32, "fp64": torch.float64}
LIMIT_FP64, LIMIT_FP32, LIMIT_RATIO = 1e-9, 2e-5, 1.5

TRAINING = {
    "optim": {"type": "adamw", "lr": 1e-3, "betas": [0.9, 0.95], "weight_decay": 0.1},
    "schedule": {"type": "cosine", "warmup": 10},
    "clip": {"type": "norm", "max": 1.0},
}


def gpt(activation, text):
    return {
        "model": {"type": "gpt", "layers": 4, "width": 128, "heads": 4, "context": 128,
                  "norm": {"type": "rms_norm", "eps": 1e-6}, "placement": "pre",
                  "ffn": {"activation": activation}},
        "data": {"type": "text", "source": str(text), "tokenizer": {"type": "byte"},
                 "val_fraction": 0.1, "order": "sequential"},
        "train": {"batch": 8},
    }


def resnet(activation, _):
    return {
        "model": {"type": "resnet", "depth": 20, "activation": activation,
                  "norm": {"type": "batch_norm"}},
        "data": {"type": "idx", "source": "fashion-mnist", "val_fraction": 0.1,
                 "normalize": "standard", "order": "sequential"},
        "train": {"batch": 32},
    }


@dataclass
class Subject:
    name: str
    make: callable
    activation: str
    absolute: bool  # float32 is judged by its distance from float64, else by PyTorch's own


SUBJECTS = [
    Subject("gpt_gelu", gpt, "gelu", True),
    Subject("gpt_silu", gpt, "silu", False),
    Subject("gpt_relu", gpt, "relu", False),
    Subject("resnet_silu", resnet, "silu", True),
    Subject("resnet_relu", resnet, "relu", False),
]


class Pair:
    """One config in both programs."""

    def __init__(self, args, subject, folder, text):
        self.args, self.folder, self.runs = args, folder / subject.name, 0
        self.config = TRAINING | subject.make(subject.activation, text)
        self.config["train"]["steps"] = args.steps
        batch = self.config["train"]["batch"]
        self.data = Images(batch) if subject.make is resnet else \
            Text(text, self.config["model"]["context"], batch)
        assert self.data.whole_batches() >= args.steps, "the data would start over"
        self.shapes = self.template = None
        if not args.torch_only:
            self.shapes, self.template = parameter_shapes(args.train, self.config,
                                                          self.folder / "template")

    def model(self, seed):
        model = build_model(self.config, self.data, self.shapes)
        draw_weights(model, seed)
        return model

    def norma(self, precision, seed):
        self.runs += 1
        start = self.folder / f"start{seed}.safetensors"
        write_initial(self.template, self.model(seed), start)
        config = json.loads(json.dumps(self.config))
        config["train"] |= NO_SIDE_WORK | {"precision": precision, "init_from": str(start)}
        steps = run_train(self.args.train, config, self.folder / f"run{self.runs}",
                          threads=self.args.threads)
        return [line["train/loss"] for line in steps]

    def torch(self, precision, seed):
        """PyTorch's curve; kept between runs with --keep, for it depends on nothing of Norma's
        but the names of the parameters."""
        model = self.model(seed).to(DTYPES[precision])
        names = sorted((name, tuple(p.shape)) for name, p in model.named_parameters())
        some_data = self.data.batch(self.args.steps - 1, torch.float64)[0].sum().item()
        key = json.dumps([self.config["model"], TRAINING, self.config["train"], some_data, names,
                          precision, seed])
        kept = self.args.keep and \
            self.args.keep / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
        if kept and kept.exists():
            return json.loads(kept.read_text())
        trainer, curve = Trainer(model, self.config), []
        for number in range(self.args.steps):
            batch = self.data.batch(number, DTYPES[precision])
            curve.append(trainer.step(*batch)["train/loss"])
        if kept:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(curve))
        return curve


def apart(a, b):
    if len(a) != len(b):
        raise SystemExit(f"curves of {len(a)} and {len(b)} steps")
    return max(abs(x - y) for x, y in zip(a, b))


class Report:
    def __init__(self):
        self.failed = False

    def line(self, name, what, value, limit, note=""):
        ok = value <= limit
        self.failed |= not ok
        mark = "ok  " if ok else "FAIL"
        print(f"{mark} {name:12} {what:38} {value:9.2e} ≤ {limit:.1e}  {note}", flush=True)


def check_float64(pair, name, report):
    reference = pair.torch("fp64", seed=1)
    report.line(name, "float64: Norma from PyTorch", apart(pair.norma("fp64", 1), reference),
                LIMIT_FP64, f"loss {reference[0]:.4f} → {reference[-1]:.4f}")


def check_distance(pair, name, report):
    reference = pair.torch("fp64", seed=1)
    own = apart(pair.torch("fp32", 1), reference)
    report.line(name, "float32: Norma from float64", apart(pair.norma("fp32", 1), reference),
                LIMIT_FP32, f"PyTorch's own: {own:.2e}")


def check_ratio(pair, name, report, seeds):
    ours, theirs = [], []
    for seed in range(1, seeds + 1):
        reference = pair.torch("fp64", seed)
        theirs.append(apart(pair.torch("fp32", seed), reference))
        ours.append(apart(pair.norma("fp32", seed), reference))
    own = statistics.median(theirs)
    report.line(name, f"float32: median of {seeds} seeds / PyTorch's",
                statistics.median(ours) / own, LIMIT_RATIO,
                f"Norma {statistics.median(ours):.2e}, PyTorch {own:.2e}")


def show_torch(pair, subject, seeds):
    """Without Norma: how far PyTorch's own float32 strays, seed by seed."""
    strays = [apart(pair.torch("fp32", s), pair.torch("fp64", s))
              for s in range(1, (1 if subject.absolute else seeds) + 1)]
    print(f"     {subject.name:12} PyTorch's float32 from its float64: "
          f"median {statistics.median(strays):.2e} of " + " ".join(f"{s:.1e}" for s in strays),
          flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, default=TRAIN, help="default: build/bin/train")
    parser.add_argument("--quick", action="store_true", help="20 steps, 2 seeds")
    parser.add_argument("--steps", type=int, default=None)
    parser.add_argument("--seeds", type=int, default=None)
    parser.add_argument("--only", action="append", choices=[s.name for s in SUBJECTS])
    parser.add_argument("--text", type=Path, help="default: the King James text")
    parser.add_argument("--keep", type=Path, help="folder that keeps PyTorch's curves")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--torch-only", action="store_true", help="without Norma")
    args = parser.parse_args()
    args.steps = args.steps or (20 if args.quick else 100)
    args.seeds = args.seeds or (2 if args.quick else 10)
    torch.set_num_threads(args.threads)
    if not args.torch_only:
        require(args.train)

    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        text = args.text or Path(folder) / "king_james.txt"
        if not args.text:
            write_king_james(text)
        for subject in SUBJECTS:
            if args.only and subject.name not in args.only:
                continue
            pair = Pair(args, subject, Path(folder), text)
            if args.torch_only:
                show_torch(pair, subject, args.seeds)
                continue
            check_float64(pair, subject.name, report)
            if subject.absolute:
                check_distance(pair, subject.name, report)
            else:
                check_ratio(pair, subject.name, report, args.seeds)
    sys.exit(report.failed)


if __name__ == "__main__":
    main()
