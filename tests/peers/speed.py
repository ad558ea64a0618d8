#!/usr/bin/env python3
"""Speed, memory and start of Norma and PyTorch on the same models, taken in turns.

    python3 tests/peers/speed.py [--quick] [--only vit] [--markdown] [--json FILE]

Training steps of five models in fp32 and bf16 (PyTorch: autocast), eager and compiled, the CNN in
both layouts, fused AdamW; norms forward and backward; one token at batch 1. PyTorch's processes last
and wait for their turn, Norma's are started anew each round. A figure is the median over rounds, a
round's the median over its steps; a turn during which other programs used the cores is taken again.
Exit 1 when Norma is slower somewhere.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

from contest import table
from contest.kernels import KernelContest
from contest.process import norma_environment, only_started, torch_environment
from contest.progress import Progress
from contest.steps import StepContest
from contest.works import PRECISIONS, WORKS
from reference.norma import TRAIN, require

KERNELS = ("norms", "tokens")
ROWS = (*(work.name for work in WORKS), *KERNELS)


def scratch_folder():
    """Kept between runs: compiled code, and ./norma's Python."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "norma/peers"


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true",
                        help="two rounds, of turns of a second")
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW",
                        help="one of " + ", ".join(ROWS) + "; may be repeated")
    parser.add_argument("--precision", action="append", choices=PRECISIONS)
    parser.add_argument("--rounds", type=int, help="default: 4")
    parser.add_argument("--seconds", type=float, help="of a turn's steps; default: 2.5")
    parser.add_argument("--tries", type=int, default=3, help="for a turn that others disturb")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--no-compile", dest="compile", action="store_false",
                        help="leave out torch.compile, which takes minutes the first time")
    parser.add_argument("--torch-spins", action="store_true",
                        help="PyTorch's threads wait as long as libgomp's default has it; alike "
                             "without this (GOMP_SPINCOUNT, as ./norma sets it)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="everything measured goes there")
    parser.add_argument("--markdown", action="store_true", help="the tables as Markdown")
    parser.add_argument("--train", type=Path, default=TRAIN, help="default: build/bin/train")
    parser.add_argument("--scratch", type=Path, default=scratch_folder(),
                        help="compiled code is kept there; default: %(default)s")
    args = parser.parse_args()
    args.train = args.train.resolve()  # it runs in other folders
    args.rounds = args.rounds or (2 if args.quick else 4)
    args.seconds = args.seconds or (1.0 if args.quick else 2.5)
    args.only, args.precision = args.only or ROWS, args.precision or PRECISIONS
    return args


def compare(args, folder):
    """Everything measured, as JSON."""
    steps = [StepContest(args, work, precision) for work in WORKS if work.name in args.only
             for precision in args.precision]
    kernels = KernelContest(args, *(name in args.only for name in KERNELS))
    progress = Progress(sum(each.guess() for each in (*steps, kernels)))
    nothing = [sys.executable, "-m", "reference.timing", '{"task": "nothing"}']
    started = {"norma": only_started([args.train, "--version"], norma_environment()),
               "torch": only_started(nothing, torch_environment(args.threads, folder))}
    found = {"date": time.strftime("%Y-%m-%d"), "pytorch": version("torch"), "started": started,
             "steps": [each.run(folder, progress) for each in steps]}
    return found | kernels.run(progress)


def main():
    args = read_arguments()
    require(args.train)
    with tempfile.TemporaryDirectory() as folder:
        found = compare(args, Path(folder))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")
    print(table.report(found, args.markdown))
    slower = table.slower(found)
    if slower:
        print(f"\nNorma is slower: {'; '.join(slower)}")
    return bool(slower)


if __name__ == "__main__":
    sys.exit(main())
