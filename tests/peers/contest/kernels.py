"""What `bench` times and PyTorch too: norms, forward and backward, and single tokens."""

import json
import statistics
import subprocess

from .process import Worker, norma_environment
from .quiet import undisturbed
from .steps import compiled_folder
from .works import PROMPT, latencies, norms

# Chosen so that the best products of both precisions are measured.
PRODUCTS = "matmul/4096x384x128"
ROOFS = {"fp32": "float32 product", "bf16": "bfloat16 product"}


class KernelContest:
    """Rounds of `bench` and of PyTorch's workers; without kernels only the roofs."""

    def __init__(self, args, with_norms, with_tokens):
        self.args, self.tasks, self.cases = args, {}, []
        if with_norms:
            chosen = norms()
            self.tasks["norms"] = {"task": "norms", "norms": chosen, "compiled": args.compile}
            self.cases += [f"norm/{name}" for name in chosen]
        if with_tokens:
            models = {name: (work.torch()["config"], work.torch()["facts"])
                      for name, work in latencies().items()}
            self.tasks["tokens"] = {"task": "tokens", "models": models, "prompt": PROMPT}
            self.cases += models
        self.rounds = args.rounds if self.tasks else 1
        self.start_seconds = 45 if with_norms and args.compile else 10
        self.turn_seconds = 3 + 0.6 * len(self.cases)

    def guess(self):
        return len(self.tasks) * self.start_seconds \
            + self.rounds * (1 + len(self.tasks)) * self.turn_seconds

    def bench(self):
        filters = [f"--filter={name}" for name in (*self.cases, PRODUCTS)]
        done = subprocess.run([self.args.train.parent / "bench", "--json", "--rounds", "5",
                               "--sample-ms", "30", "--threads", str(self.args.threads), *filters],
                              capture_output=True, text=True, env=norma_environment())
        if done.returncode:
            raise SystemExit(f"bench stopped:\n{done.stderr.strip()}")
        return json.loads(done.stdout)

    def run(self, progress):
        """Roofs in operations a second, and a line a case."""
        ours, theirs, workers, disturbed = [], {name: [] for name in self.tasks}, {}, 0.0
        try:
            for name, task in self.tasks.items():
                progress(f"{name}: PyTorch starts", self.start_seconds)
                workers[name] = Worker(task, self.args.threads,
                                       compiled_folder(self.args, name, task),
                                       self.args.torch_spins)
            for number in range(self.rounds):
                place = f"round {number + 1} of {self.rounds}"
                progress(f"{', '.join(('roofs', *self.tasks))}: {place}, Norma", self.turn_seconds)
                ours.append(self.bench())
                for name, worker in workers.items():
                    progress(f"{name}: {place}, PyTorch", self.turn_seconds)
                    found, share = undisturbed(lambda: worker.turn(seconds=0.03, samples=3),
                                               [w.pid for w in workers.values()], self.args.tries)
                    theirs[name].append(found)
                    disturbed = max(disturbed, share)
        finally:
            for worker in workers.values():
                worker.close()
        roofs = {precision: max((1e9 * run["roofs"]["arithmetic"][key]["gflop_per_s"]
                                 for run in ours if key in run["roofs"]["arithmetic"]), default=None)
                 for precision, key in ROOFS.items()}
        lines = [self.line(ours, name, "norm/" + name, theirs["norms"])
                 for name in (theirs["norms"][0] if "norms" in theirs else ())]
        lines += [self.line(ours, name.removeprefix("inference/"), name, theirs["tokens"])
                  for name in (theirs["tokens"][0] if "tokens" in theirs else ())]
        return {"machine": {key: ours[0][key] for key in ("norma", "build", "onednn", "cpu",
                                                          "cores", "threads")},
                "roofs": roofs, "kernels": lines, "disturbed": disturbed}

    @staticmethod
    def line(ours, title, case, theirs):
        key = case if case in theirs[0] else case.removeprefix("norm/")
        mine = [run["cases"][case] for run in ours]
        found = {"name": title, "norma": {each: statistics.median(case[each] for case in mine)
                                          for each in ("us", "share")},
                 "torch": {mode: statistics.median(round[key][mode] for round in theirs)
                           for mode in theirs[0][key]}}
        if case + "/dual" in ours[0]["cases"]:
            found["dual"] = statistics.median(
                run["cases"][case + "/dual"]["us"] / run["cases"][case]["us"] for run in ours)
        return found
