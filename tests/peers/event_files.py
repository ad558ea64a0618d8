#!/usr/bin/env python3
"""Reads runs' event files with TensorBoard itself and compares them with their metrics.jsonl.

Takes folders of runs that were trained with train.tensorboard=true, stopped and resumed as often as
you like. Every number of metrics.jsonl must be there once, at its step, as the float32 next to it, and
nothing else; histograms must count all of a tensor, and their buckets add up. Exit 1 when anything is
off. Needs the Python package `tensorboard`.
"""

import argparse
import json
import math
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

EVERYTHING = {"scalars": 0, "histograms": 0}


def as_float32(number):
    try:
        return struct.unpack("f", struct.pack("f", float(number)))[0]
    except OverflowError:
        return math.copysign(math.inf, number)


def metrics_of(run):
    """{tag: [(step, value)]}, in the order of the lines."""
    series = {}
    for line in (run / "metrics.jsonl").read_text().splitlines():
        figures = json.loads(line)
        step = figures.pop("step")
        split = next((s for s in ("val", "test") if f"{s}/loss" in figures), None)
        for name, value in figures.items():
            tag = f"{split}/ms" if split and name == "ms" else name
            series.setdefault(tag, []).append((step, as_float32(value)))
    return series


def same(found, expected):
    return len(found) == len(expected) and all(
        a == b or (a[0] == b[0] and math.isnan(a[1]) and math.isnan(b[1])) for a, b in zip(found, expected))


def faults_of(run):
    events = EventAccumulator(str(run), size_guidance=EVERYTHING)
    events.Reload()
    tags, expected = events.Tags(), metrics_of(run)
    faults = [f"{tag}: only in metrics.jsonl" for tag in expected if tag not in tags["scalars"]]
    for tag in tags["scalars"]:
        found = [(each.step, each.value) for each in events.Scalars(tag)]
        if not same(found, expected.get(tag, [])):
            faults.append(f"{tag}: {len(found)} values, metrics.jsonl has {len(expected.get(tag, []))}, or others")
    counts = {}
    for tag in tags["histograms"]:
        for each in events.Histograms(tag):
            values = each.histogram_value
            if sum(values.bucket) != values.num or not values.min <= values.max:
                faults.append(f"{tag} at step {each.step}: the buckets do not add up")
            counts.setdefault(tag, set()).add(values.num)
    faults += [f"{tag}: of {sorted(sizes)} numbers" for tag, sizes in counts.items() if len(sizes) > 1]
    numbers = sum(len(values) for values in expected.values())
    print(f"{run}: {len(tags['scalars'])} scalars, {numbers} numbers, {len(tags['histograms'])} histograms: "
          f"{'the same' if not faults else f'{len(faults)} faults'}")
    return faults


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("runs", nargs="+", type=Path)
    faults = [fault for run in arguments.parse_args().runs for fault in faults_of(run)]
    for fault in faults:
        print("OFF", fault)
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
