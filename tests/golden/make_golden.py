#!/usr/bin/env python3
"""Writes the golden numbers beside this file: PyTorch's answers in float64, one case a file.

    python3 tests/golden/make_golden.py            (needs torch 2.13, numpy, safetensors)

Each file is an input of the `layer` command plus `expect.*`, what the command should write. The
metadata entry `case` is JSON: {"kind": "layer", "spec": {…}, "mode": "train", "repeat": 1, …}.
Whole models, optimizers, clipping, schedules, probes and the parts of a norm's gradient have files of
their own kinds, see model_cases.py, optim_cases.py, probe_cases.py and parts_cases.py. Sizes are
small and odd on purpose: 1, 15, 17, 33.
"""

import sys
from pathlib import Path

import torch

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))

from composite_cases import composite_cases  # noqa: E402
from norm_cases import norm_cases  # noqa: E402
from architecture_cases import architecture_cases  # noqa: E402
from layer_cases import layer_cases  # noqa: E402
from model_cases import write_model_cases  # noqa: E402
from optim_cases import write_optim_cases  # noqa: E402
from parts_cases import write_parts_cases  # noqa: E402
from probe_cases import write_probe_cases  # noqa: E402
from weight_cases import weight_cases  # noqa: E402
from reference.cases import save_case  # noqa: E402


def write_all(folder):
    for case in [*layer_cases(), *norm_cases(), *weight_cases(), *composite_cases(),
                 *architecture_cases()]:
        save_case(folder / f"{case.pop('name')}.safetensors", **case)
    write_model_cases(folder)
    write_optim_cases(folder)
    write_parts_cases(folder)
    write_probe_cases(folder)


def main():
    torch.set_num_threads(1)
    for old in HERE.glob("*.safetensors"):
        old.unlink()
    write_all(HERE)
    files = sorted(HERE.glob("*.safetensors"))
    total = sum(f.stat().st_size for f in files)
    print(f"{len(files)} cases, {total / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
