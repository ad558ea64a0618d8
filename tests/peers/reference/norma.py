"""Runs Norma's `train` and reads what it leaves in the run folder.

PyTorch is imported only where it is used: speed.py measures memory and must stay small.
"""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent.parent
TRAIN = ROOT / "build/bin/train"
# In a config's `train`: next to no evaluation and no checkpoint but the last.
NO_SIDE_WORK = {"eval_every": 0, "eval_samples": 32, "checkpoint_every": 0}


def require(program):
    if not Path(program).exists():
        raise SystemExit(f"{program} is not there; ./norma build makes it")


def run_train(program, config, folder, *overrides, threads=2):
    """Trains and returns the lines of metrics.jsonl that tell of a step."""
    folder.mkdir(parents=True)
    path = folder / "given.json"
    path.write_text(json.dumps(config, indent=2))
    run = folder / "run"
    environment = {"GOMP_SPINCOUNT": "2000"} | os.environ
    done = subprocess.run([program, path, *overrides, "--out", run, "--threads", str(threads)],
                          capture_output=True, text=True, env=environment)
    if done.returncode:
        raise SystemExit(f"train stopped with exit code {done.returncode}:\n{done.stderr.strip()}")
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    return [line for line in lines if "train/loss" in line]


def resolved_config(program, path):
    """A config file with every default filled in."""
    done = subprocess.run([program, path, "--print-config"], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"train refuses {path}:\n{done.stderr.strip()}")
    return json.loads(done.stdout)


def parameter_shapes(program, config, folder):
    """Names and shapes of everything in the model file of a one-step training, and that file."""
    run_train(program, config, folder, "train.steps=1", "schedule.warmup=0", threads=1)
    path = folder / "run/model.safetensors"
    from safetensors import safe_open
    with safe_open(str(path), framework="pt") as f:
        return {name: tuple(f.get_slice(name).get_shape()) for name in f.keys()}, path


def write_initial(template, model, path):
    """The template with the reference's values in it: names, order and metadata stay Norma's."""
    from safetensors import safe_open
    from safetensors.torch import save_file
    with safe_open(str(template), framework="pt") as f:
        metadata = f.metadata()
        tensors = {name: f.get_tensor(name) for name in f.keys()}
    ours = {name: p.detach() for name, p in model.named_parameters()}
    buffers = {name for name, _ in model.named_buffers()}
    if ours.keys() != tensors.keys() - buffers:
        raise SystemExit(f"only in the reference: {sorted(ours.keys() - tensors.keys())}; "
                         f"only in Norma: {sorted(tensors.keys() - buffers - ours.keys())}")
    for name, value in ours.items():
        if tensors[name].shape != value.shape:
            raise SystemExit(f"{name}: {tuple(value.shape)} in the reference, "
                             f"{tuple(tensors[name].shape)} in Norma")
        tensors[name] = value.to(tensors[name].dtype).contiguous()
    save_file(tensors, str(path), metadata=metadata)
