"""How long PyTorch takes: whole steps and single norms. Runs in a process of its own.

    python3 -m reference.timing step CONFIG.json SHAPES.json nchw 30
    python3 -m reference.timing norms

`environment()` is what that process should be started with: enough threads, and an allocator that
keeps large blocks, without which PyTorch spends much of a large norm in page faults.
"""

import json
import os
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import torch

from .models import build_model, draw_weights
from .norms import build_norm
from .training import Trainer

KEEP_MEMORY = {"glibc.malloc.mmap_threshold": 1 << 32, "glibc.malloc.trim_threshold": 1 << 34,
               "glibc.malloc.top_pad": 1 << 28}
ROWS, IMAGES = (4096, 256), (32, 64, 32, 32)
NORMS = {
    "layer_norm": ({"type": "layer_norm"}, ROWS), "rms_norm": ({"type": "rms_norm"}, ROWS),
    "dyt": ({"type": "dyt"}, ROWS), "batch_norm": ({"type": "batch_norm"}, IMAGES),
    "group_norm": ({"type": "group_norm", "groups": 32}, IMAGES),
    "instance_norm": ({"type": "instance_norm", "affine": True}, IMAGES),
}


def environment(threads):
    tunables = ":".join(f"{name}={value}" for name, value in KEEP_MEMORY.items())
    return os.environ | {"GLIBC_TUNABLES": tunables, "OMP_NUM_THREADS": str(threads)}


def batch_for(config, shapes, size):
    """One batch of random numbers; what is in it does not matter to the clock."""
    model = config["model"]
    if model["type"] == "gpt":
        vocab = shapes["tok_embed.weight"][0]
        tokens = torch.randint(0, vocab, (2, size, model["context"]))
        return SimpleNamespace(vocab=vocab), tokens[0], tokens[1]
    facts = SimpleNamespace(size=28, channels=1, classes=10)
    return facts, torch.randn(size, 1, 28, 28), torch.randint(0, 10, (size,))


def time_steps(config, shapes, layout, steps):
    """Milliseconds of each training step: gradients, clipping and a fused AdamW included."""
    facts, x, target = batch_for(config, shapes, config["train"]["batch"])
    model = build_model(config, facts, shapes)
    draw_weights(model, 1)
    if layout == "channels_last":
        model, x = (t.to(memory_format=torch.channels_last) for t in (model, x))
    trainer = Trainer(model, config, fused=True)
    return [trainer.step(x, target)["ms"] for _ in range(steps)]


def time_norm(spec, shape, layout, compiled):
    """Microseconds of one forward and backward, gains and shifts included."""
    norm = build_norm(spec, shape[1])
    x, dy = torch.randn(shape), torch.randn(shape)
    if layout == "channels_last":
        x, dy = (t.contiguous(memory_format=torch.channels_last) for t in (x, dy))
    x.requires_grad_(True)
    run = torch.compile(norm) if compiled else norm
    leaves = [x, *norm.parameters()]

    def once():
        torch.autograd.grad(run(x), leaves, dy)

    for _ in range(10):
        once()
    samples = []
    for _ in range(15):
        started, count = time.perf_counter(), 0
        while count < 10 or time.perf_counter() - started < 0.05:
            once()
            count += 1
        samples.append(1e6 * (time.perf_counter() - started) / count)
    return round(statistics.median(samples), 1)


def time_norms(compiled):
    found = {}
    for name, (spec, shape) in NORMS.items():
        layouts = ("nchw", "channels_last") if len(shape) == 4 else ("rows",)
        modes = (False, True) if compiled else (False,)
        found[name] = {"shape": shape, "us": {
            f"{layout}{' compiled' if mode else ''}": time_norm(spec, shape, layout, mode)
            for layout in layouts for mode in modes}}
    return found


def main(task, *rest):
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    if task == "norms":
        print(json.dumps(time_norms("compiled" in rest)))
    else:
        config, shapes = (json.loads(Path(path).read_text()) for path in rest[:2])
        print(json.dumps(time_steps(config, shapes, rest[2], int(rest[3]))))


if __name__ == "__main__":
    main(*sys.argv[1:])
