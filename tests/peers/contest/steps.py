"""Training steps of both programs, in turns."""

import hashlib
import json
import re
import shutil
import statistics
import subprocess
from contextlib import ExitStack
from importlib.metadata import version

from .process import PEERS, Worker, train_norma
from .quiet import undisturbed
from .works import modes

TOO_SLOW = 1.25  # times PyTorch's best mode after a round: no further round is spent on it
COLD, WARM, EAGER = 60, 12, 5  # guessed seconds until a worker has taken its first step
UNITS = {"": 1, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
COMPILED_FROM = ("models", "transformer", "norms", "batch_norms")  # of reference/


def turn_guess(args):
    return args.seconds + 1.5


def compiled_folder(args, name, spec):
    """Where compiled code is kept; another folder once the model, its code or PyTorch changed."""
    sources = b"".join((PEERS / f"reference/{each}.py").read_bytes() for each in COMPILED_FROM)
    key = json.dumps([spec, version("torch")]).encode() + sources
    return args.scratch / "compiled" / f"{name}-{hashlib.sha256(key).hexdigest()[:10]}"


def operations(args, config, folder):
    """Of a step, and the number of parameters, as train --dry-run tells."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    done = subprocess.run([args.train, path, "--dry-run"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"train refuses {path}:\n{done.stderr.strip()}")
    flops, unit = re.search(r"samples, ([\d.]+)([kMGT]?) floating", done.stdout).groups()
    parameters = re.search(r"^parameters +([\d,]+)$", done.stdout, re.MULTILINE).group(1)
    return float(flops) * UNITS[unit], int(parameters.replace(",", ""))


class StepContest:
    """One work in one precision."""

    def __init__(self, args, work, precision):
        self.args, self.work, self.precision = args, work, precision
        self.modes = modes(work, args.compile)
        self.spec = {"task": "steps", "precision": precision} | work.torch()
        self.compiled = compiled_folder(args, f"{work.name}-{precision}", self.spec)
        self.label = f"{work.title} {precision}"

    def cold_file(self):
        return self.compiled / "cold.json"

    def start_guess(self, mode):
        if not mode.compiled:
            return EAGER
        return WARM + (0 if self.cold_file().exists() else COLD)

    def guess(self):
        return sum(map(self.start_guess, self.modes)) + \
            self.args.rounds * (1 + len(self.modes)) * turn_guess(self.args)

    def start(self, mode):
        task = self.spec | {"compiled": mode.compiled, "layout": mode.layout}
        return Worker(task, self.args.threads, self.compiled, self.args.torch_spins)

    def start_cold(self, mode):
        """Once without any compiled code, to see how long that takes; kept beside the code."""
        stale = self.compiled.name.rsplit("-", 1)[0]
        for old in self.compiled.parent.glob(f"{stale}-*"):
            shutil.rmtree(old)
        worker = self.start(mode)
        worker.close()
        self.cold_file().write_text(json.dumps({"seconds": worker.first}))

    def norma(self, config, folder):
        return train_norma(self.args.train, config, folder, self.args.threads, self.args.seconds,
                           warmup=2)

    def run(self, folder, progress):
        """Everything measured, as JSON."""
        folder = folder / f"{self.work.name}-{self.precision}"
        config = self.work.norma(folder, self.precision)
        flops, parameters = operations(self.args, config, folder)
        torch, rounds, disturbed = {}, [], 0.0
        with ExitStack() as stack:
            workers = {}
            for mode in self.modes:
                progress(f"{self.label}: PyTorch {mode.name} starts", self.start_guess(mode))
                if mode.compiled and not self.cold_file().exists():
                    self.start_cold(mode)
                workers[mode] = worker = self.start(mode)
                stack.callback(worker.close)
                if worker.facts["parameters"] != parameters:
                    raise SystemExit(f"{self.label}: {parameters} parameters in Norma, "
                                     f"{worker.facts['parameters']} in the reference")
                torch[mode.name] = {"first": worker.first, "rounds": []}
                if mode.compiled:
                    torch[mode.name]["cold"] = json.loads(self.cold_file().read_text())["seconds"]
            racing = list(self.modes)
            for number in range(self.args.rounds):
                for mode in (None, *racing):
                    who = f"PyTorch {mode.name}" if mode else "Norma"
                    progress(f"{self.label}: round {number + 1} of {self.args.rounds}, {who}",
                             turn_guess(self.args))
                    turn = (lambda: workers[mode].turn(seconds=self.args.seconds, warmup=2)) \
                        if mode else (lambda: self.norma(config, folder))
                    found, share = undisturbed(turn, [w.pid for w in workers.values()],
                                               self.args.tries)
                    disturbed = max(disturbed, share)
                    found["ms"] = statistics.median(found["ms"])
                    (torch[mode.name]["rounds"] if mode else rounds).append(found)
                best = min(torch[mode.name]["rounds"][-1]["ms"] for mode in racing)
                dropped = [mode for mode in racing
                           if torch[mode.name]["rounds"][-1]["ms"] > TOO_SLOW * best]
                racing = [mode for mode in racing if mode not in dropped]
                progress.forgo(len(dropped) * (self.args.rounds - number - 1)
                               * turn_guess(self.args))
        for found in torch.values():
            found |= summary(found["rounds"])
        return {"name": self.work.name, "title": self.work.title, "precision": self.precision,
                "flops": flops, "parameters": parameters, "disturbed": disturbed,
                "norma": {"first": statistics.median(r["first"] for r in rounds),
                          "rounds": rounds} | summary(rounds), "torch": torch}


def summary(rounds):
    return {"ms": statistics.median(r["ms"] for r in rounds),
            "peak": max(r["peak"] for r in rounds)}
