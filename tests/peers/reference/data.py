"""Batches in file order, as `"order": "sequential"` gives them."""

import gzip
import math
import subprocess
from pathlib import Path

import numpy as np
import torch

FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")


class Text:
    """Windows of T+1 bytes at 0, T, 2T, … of the first 90 % of a file; a token is a byte."""

    vocab = 256

    def __init__(self, path, context, batch):
        content = Path(path).read_bytes()
        # The end is held out, and the last place is the last whole window with its target.
        self.tokens = torch.frombuffer(bytearray(content), dtype=torch.uint8)
        self.tokens = self.tokens[: math.floor(0.9 * len(content))].long()
        self.context, self.size = context, batch
        self.windows = (len(self.tokens) - 1) // context

    def batch(self, number, dtype):
        starts = [self.context * ((number * self.size + i) % self.windows)
                  for i in range(self.size)]
        windows = torch.stack([self.tokens[s : s + self.context + 1] for s in starts])
        return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()

    def whole_batches(self):
        """How many batches there are before the text starts over."""
        return self.windows // self.size


def read_idx(path):
    opener = gzip.open if path.suffix == ".gz" else open
    content = opener(path).read()
    extents = np.frombuffer(content, ">u4", content[3], 4).tolist()
    return np.frombuffer(content, np.uint8, offset=4 + 4 * len(extents)).reshape(extents)


class Images:
    """Fashion-MNIST, 10 % at the end held out, scaled to mean 0 and deviation 1."""

    size, channels, classes = 28, 1, 10

    def __init__(self, batch, folder=FASHION_MNIST):
        if not folder.exists():
            raise SystemExit("Fashion-MNIST is not there: apt-get install dataset-fashion-mnist")
        images = read_idx(folder / "train-images-idx3-ubyte.gz")
        training = len(images) - round(0.1 * len(images))
        self.images = images[:training]
        self.labels = read_idx(folder / "train-labels-idx1-ubyte.gz")[:training]
        pixels = np.arange(256)
        count = np.bincount(self.images.reshape(-1), minlength=256)
        mean = (count * pixels).sum() / count.sum()
        deviation = math.sqrt((count * (pixels - mean) ** 2).sum() / count.sum())
        self.value = torch.from_numpy((pixels / 255 - mean / 255) / (deviation / 255))
        self.batch_size = batch

    def batch(self, number, dtype):
        chosen = (np.arange(self.batch_size) + number * self.batch_size) % len(self.images)
        pixels = torch.from_numpy(self.images[chosen]).long()
        return (self.value.to(dtype)[pixels].unsqueeze(1),
                torch.from_numpy(self.labels[chosen]).long())

    def whole_batches(self):
        return len(self.images) // self.batch_size


def write_king_james(path):
    """The King James text as the `bible` program of Debian's package bible-kjv prints it."""
    try:
        text = subprocess.run(["bible", "-f", "gen1:1-deu34:12"], capture_output=True, check=True)
    except FileNotFoundError:
        raise SystemExit("the program `bible` is not there: apt-get install bible-kjv, "
                         "or name a text with --text") from None
    Path(path).write_bytes(text.stdout)
