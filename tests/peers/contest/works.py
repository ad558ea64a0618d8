"""What is timed: models, their shapes, and the random data they are trained on.

A model is written as in a config of Norma's, with nothing left to a default that the reference
does not share. Both programs train it by AdamW with clipping; what is in the batches does not
matter to the clock.
"""

import array
import random
from dataclasses import dataclass

TRAINING = {
    "optim": {"type": "adamw", "lr": 1e-5, "betas": [0.9, 0.95], "weight_decay": 0.1},
    "schedule": {"type": "constant"},
    "clip": {"type": "norm", "max": 1.0},
}
ENDLESS = 1_000_000  # steps; a training is ended from outside
PRECISIONS = ("fp32", "bf16")


@dataclass(frozen=True)
class Work:
    """A model and what it reads: `tokens` a sample out of `vocab`, or square images."""

    name: str
    title: str
    model: dict
    batch: int
    vocab: int = 0
    tokens: int = 0
    size: int = 0
    channels: int = 0
    classes: int = 10

    def torch(self):
        """What the reference needs to know, as JSON."""
        facts = {key: getattr(self, key) for key in ("vocab", "tokens", "size", "channels",
                                                     "classes")}
        return {"config": TRAINING | {"model": self.model, "train": {"steps": ENDLESS,
                                                                     "batch": self.batch}},
                "facts": facts}

    def norma(self, folder, precision):
        """A config; its data are written into the folder."""
        folder.mkdir(parents=True, exist_ok=True)
        train = {"steps": ENDLESS, "batch": self.batch, "precision": precision, "eval_every": 0,
                 "checkpoint_every": 0}
        return TRAINING | {"model": self.model, "data": self.data(folder), "train": train}

    def data(self, folder):
        draw = random.Random(1)
        if self.vocab:
            numbers = array.array("H", (draw.randrange(self.vocab) for _ in range(200_000)))
            (folder / "train.bin").write_bytes(numbers.tobytes())
            return {"type": "tokens", "train": str(folder / "train.bin"), "vocab": self.vocab,
                    "context": self.tokens}
        count, plain = 1024, {"crop": 0, "flip": False}
        labels = bytes(draw.randrange(self.classes) for _ in range(count))
        pixels = self.size * self.size * self.channels
        if self.channels == 3:  # a record is a label and the three planes of its image
            records = b"".join(labels[i : i + 1] + draw.randbytes(pixels) for i in range(count))
            for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
                (folder / f"{name}.bin").write_bytes(records)
            return {"type": "cifar10", "source": str(folder), "augment": plain}
        big_endian = lambda *numbers: b"".join(n.to_bytes(4, "big") for n in numbers)
        for split in ("train", "t10k"):
            (folder / f"{split}-images-idx3-ubyte").write_bytes(
                big_endian(0x803, count, self.size, self.size) + draw.randbytes(count * pixels))
            (folder / f"{split}-labels-idx1-ubyte").write_bytes(big_endian(0x801, count) + labels)
        return {"type": "idx", "source": str(folder), "classes": self.classes, "augment": plain}


# Norma's defaults, said aloud, and those of `bench`.
GPT2 = {"type": "gpt", "norm": {"type": "layer_norm"}, "placement": "pre", "positions": "learned",
        "bias": True}
WORKS = (
    Work("gpt-d128", "GPT d128 L4 H4, V96 T128 B32",
         {"type": "gpt", "layers": 4, "width": 128, "heads": 4, "context": 128,
          "norm": {"type": "rms_norm"}, "placement": "pre", "positions": "rope", "bias": False,
          "tie": False}, batch=32, vocab=96, tokens=128),
    Work("gpt-d384", "GPT d384 L6 H6, V256 T256 B8",
         GPT2 | {"layers": 6, "width": 384, "heads": 6, "context": 256, "tie": False},
         batch=8, vocab=256, tokens=256),
    Work("gpt-124m", "GPT-2 124M d768 L12 H12, V50257 T64 B4",
         GPT2 | {"layers": 12, "width": 768, "heads": 12, "context": 256, "tie": True},
         batch=4, vocab=50257, tokens=64),
    Work("vit", "ViT d192 L6 H3, 28x28 patch 4 B64",
         {"type": "vit", "patch": 4, "layers": 6, "width": 192, "heads": 3,
          "norm": {"type": "layer_norm"}, "placement": "pre", "bias": True},
         batch=64, size=28, channels=1),
    Work("resnet20", "ResNet-20, 32x32 B128",
         {"type": "resnet", "depth": 20, "norm": {"type": "batch_norm"}},
         batch=128, size=32, channels=3),
)


@dataclass(frozen=True)
class Mode:
    """One way of PyTorch's to run a model."""

    compiled: bool = False
    layout: str = "nchw"

    @property
    def name(self):
        return ("compiled" if self.compiled else "eager") + \
            (", channels last" if self.layout == "channels_last" else "")


def modes(work, with_compiled=True):
    """For convolutions both layouts; nothing else knows of them."""
    layouts = ("nchw", "channels_last") if work.model["type"] == "resnet" else ("nchw",)
    eager = [Mode(False, layout) for layout in layouts]
    return eager + ([Mode(True, layouts[-1])] if with_compiled else [])


ROW_SHAPES, IMAGES = ((4096, 256), (2048, 768), (8192, 1024)), (32, 64, 32, 32)


def norms():
    """Name as `bench` has it → spec and shape (PyTorch's order)."""
    text = lambda shape: "x".join(map(str, shape))
    found = {f"{kind}/{text(shape)}": ({"type": kind}, shape)
             for shape in ROW_SHAPES for kind in ("layer_norm", "rms_norm", "dyt", "derf")}
    images = {"batch_norm": {}, "group_norm": {"groups": 32}, "instance_norm": {"affine": True},
              "frn": {}}
    return found | {f"{kind}/{text(IMAGES)}": ({"type": kind} | options, IMAGES)
                    for kind, options in images.items()}


PROMPT = 64  # tokens before the one that is timed


def latencies():
    """`bench`'s name of one token at batch 1 → the model that makes it."""
    by_name = {work.name: work for work in WORKS}
    return {"inference/next_token/gpt/V256-d384-L6-H6-after-64": by_name["gpt-d384"],
            "inference/next_token/gpt/V50257-d768-L12-H12-after-64": by_name["gpt-124m"]}
