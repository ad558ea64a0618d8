"""How long PyTorch takes: training steps, single norms, single tokens. A process that lasts.

    python3 -m reference.timing '{"task": "norms", …}'

It makes what the task says, does it once and writes a line of JSON. Then, for every line that it
reads, it times another turn and writes what it found; contest/process.py is the other end.
"""

import contextlib
import json
import os
import resource
import statistics
import sys
import time
from types import SimpleNamespace

import torch

from . import transformer
from .decoding import Decoder
from .models import build_model, draw_weights
from .norms import build_norm
from .training import Trainer

MINIMUM_CALLS = 3


def peak_bytes():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def microseconds(once, seconds):
    """Of a call, over as many as last so long."""
    started, count = time.perf_counter(), 0
    while count < MINIMUM_CALLS or time.perf_counter() - started < seconds:
        once()
        count += 1
    return 1e6 * (time.perf_counter() - started) / count


def random_batch(facts, size):
    if facts.vocab:
        return torch.randint(0, facts.vocab, (2, size, facts.tokens)).unbind()
    images = torch.randn(size, facts.channels, facts.size, facts.size)
    return images, torch.randint(0, facts.classes, (size,))


class Steps:
    """A training on one batch: gradients, clipping and a fused AdamW."""

    def __init__(self, config, facts, precision, compiled, layout):
        facts = SimpleNamespace(**facts)
        self.x, self.target = random_batch(facts, config["train"]["batch"])
        model = build_model(config, facts)
        draw_weights(model, 1)
        if layout == "channels_last":
            model, self.x = (t.to(memory_format=torch.channels_last) for t in (model, self.x))
        run = model
        if compiled:  # or else the angles of rotary positions in every layer and step
            torch.compiler.assume_constant_result(transformer.turns)
            run = torch.compile(model, dynamic=False)
        self.trainer = Trainer(model, config, fused=True, forward=run,
                               autocast=torch.bfloat16 if precision == "bf16" else None)
        self.step()
        self.facts = {"parameters": sum(p.numel() for p in model.parameters())}

    def step(self):
        return self.trainer.step(self.x, self.target)["ms"]

    def turn(self, seconds, warmup):
        for _ in range(warmup):
            self.step()
        ms = []
        while len(ms) < MINIMUM_CALLS or sum(ms) < 1e3 * seconds:
            ms.append(self.step())
        return {"ms": ms, "peak": peak_bytes()}


def norm_runner(spec, shape, compiled, layout):
    """One forward and backward, gains and shifts included."""
    norm = build_norm(spec, shape[1])
    x, dy = torch.randn(shape), torch.randn(shape)
    if layout == "channels_last":
        x, dy = (t.contiguous(memory_format=torch.channels_last) for t in (x, dy))
    x.requires_grad_(True)
    run = torch.compile(norm, dynamic=False) if compiled else norm
    leaves = [x, *norm.parameters()]
    return lambda: torch.autograd.grad(run(x), leaves, dy)


class Norms:
    def __init__(self, norms, compiled):
        torch._dynamo.config.recompile_limit = 8 * len(norms)  # they share their forward's code
        self.runners, self.facts = {}, {}
        for name, (spec, shape) in norms.items():
            layouts = ("nchw", "channels_last") if len(shape) == 4 else ("nchw",)
            for mode in (False, True)[: 1 + compiled]:
                for layout in layouts:
                    runner = norm_runner(spec, shape, mode, layout)
                    runner()
                    label = "compiled" if mode else "eager"
                    label += ", channels last" if layout == "channels_last" else ""
                    self.runners[name, label] = runner

    def turn(self, seconds, samples):
        found = {}
        for (name, mode), once in self.runners.items():
            microseconds(once, seconds)  # caches fill
            us = statistics.median(microseconds(once, seconds) for _ in range(samples))
            found.setdefault(name, {})[mode] = us
        return found


class Tokens:
    """Latency of one token after a prompt, at batch 1."""

    def __init__(self, models, prompt):
        self.decoders, self.prompt, self.facts = {}, prompt, {}
        for name, (config, facts) in models.items():
            model = build_model(config, SimpleNamespace(**facts)).eval()
            draw_weights(model, 1)
            self.decoders[name] = Decoder(model, torch.randint(0, facts["vocab"], (2 * prompt,)))
            for position in range(prompt + 1):
                self.decoders[name].next_token(position)

    def turn(self, seconds, samples):
        found = {}
        for name, decoder in self.decoders.items():
            once = lambda: decoder.next_token(self.prompt)
            microseconds(once, seconds)
            found[name] = {"eager": statistics.median(microseconds(once, seconds)
                                                      for _ in range(samples))}
        return found


class Nothing:
    """For the memory of PyTorch itself."""

    facts = {}


TASKS = {"steps": Steps, "norms": Norms, "tokens": Tokens, "nothing": Nothing}


def main(text):
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    answers, sys.stdout = sys.stdout, sys.stderr  # what libraries print is no answer
    say = lambda found: print(json.dumps(found), file=answers, flush=True)
    options = json.loads(text)
    task = TASKS[options.pop("task")](**options)
    say(task.facts | {"peak": peak_bytes()})
    for line in sys.stdin:
        say(task.turn(**json.loads(line)))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1])
