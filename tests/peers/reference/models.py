"""gpt, vit and resnet in plain PyTorch, with Norma's parameter names.

Which parameters there are (biases, a tied head, the hidden width) is read off `shapes`, the names
and shapes in a `model.safetensors` that `train` wrote, so no default has to be known twice. Without
it, the config's `bias` and `tie` decide, or else a usual choice is made. Every model's forward takes
(input, target) and returns the mean loss.
"""

import torch
from torch import nn
from torch.nn import functional as F

from .norms import build_norm
from .transformer import ACTIVATIONS, GATED, Block

IGNORED = -1  # the target of a position that no loss looks at


class Transformer(nn.Module):
    """What gpt and vit share: blocks, a final norm and a head."""

    def __init__(self, model, shapes, causal, outputs, positions):
        super().__init__()
        width = model["width"]
        first = lambda name, default: name in shapes if shapes else default
        hidden = shapes["blocks.0.ffn.up.weight"][0] if shapes else 4 * width
        attention = {"heads": model["heads"], "causal": causal,
                     "rope": model.get("positions") == "rope",
                     "bias": first("blocks.0.attn.qkv.bias", model.get("bias", False))}
        attention |= {key: model[key] for key in ("kv_heads", "qk_norm", "logit_softcap")
                      if model.get(key) is not None}
        ffn = {"hidden": hidden, "activation": model.get("ffn", {}).get("activation", "gelu"),
               "bias": first("blocks.0.ffn.up.bias", model.get("bias", False))}
        placement = model.get("placement", "pre")
        if isinstance(placement, dict):
            placement = placement["type"]
        if placement == "res_i_dual":
            raise ValueError("the reference's blocks hand on one sum, res_i_dual needs two")
        self.blocks = nn.ModuleList(
            Block(width, attention, ffn, model["norm"], model.get("placement", "pre"), layer,
                  model["layers"])
            for layer in range(model["layers"]))
        if first("pos_embed.weight", not attention["rope"]):
            self.pos_embed = nn.Embedding(positions, width)
        if first("embed_norm.weight", False):
            self.embed_norm = build_norm(model["norm"], width)
        if first("final_norm.weight", placement == "pre"):
            self.final_norm = build_norm(model["norm"], width)
        if first("head.weight", not model.get("tie", causal)):
            self.head = nn.Linear(width, outputs, bias=first("head.bias", causal is False))

    def body(self, x):
        if hasattr(self, "pos_embed"):
            x = x + self.pos_embed.weight[: x.shape[1]]
        if hasattr(self, "embed_norm"):
            x = self.embed_norm(x)
        for block in self.blocks:
            x = block(x)
        return self.final_norm(x) if hasattr(self, "final_norm") else x


class Gpt(Transformer):
    def __init__(self, model, vocab, shapes=None):
        super().__init__(model, shapes, causal=True, outputs=vocab, positions=model["context"])
        self.tok_embed = nn.Embedding(vocab, model["width"])

    def forward(self, tokens, target):
        x = self.body(self.tok_embed(tokens))
        logits = self.head(x) if hasattr(self, "head") else F.linear(x, self.tok_embed.weight)
        return F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=IGNORED)


class Vit(Transformer):
    """Patches by a convolution, rows first; mean over positions after the final norm."""

    def __init__(self, model, size, channels, classes, shapes=None):
        patch, width = model["patch"], model["width"]
        super().__init__(model, shapes, causal=False, outputs=classes,
                         positions=(size // patch) ** 2)
        bias = "patch_embed.bias" in shapes if shapes else True
        self.patch_embed = nn.Conv2d(channels, width, patch, patch, bias=bias)

    def forward(self, images, target):
        x = self.body(self.patch_embed(images).flatten(2).transpose(1, 2))
        return F.cross_entropy(self.head(x.mean(dim=1)), target)


class Downsample(nn.Module):
    def __init__(self, width_in, width_out, stride, norm):
        super().__init__()
        self.conv = nn.Conv2d(width_in, width_out, 1, stride, bias=False)
        self.norm = build_norm(norm, width_out)

    def forward(self, x):
        return self.norm(self.conv(x))


class BasicBlock(nn.Module):
    """He et al. 2015, arXiv 1512.03385: two 3×3 convolutions and a shortcut."""

    def __init__(self, width_in, width_out, stride, norm, activation):
        super().__init__()
        conv = lambda a, b, s: nn.Conv2d(a, b, 3, s, padding=1, bias=False)
        self.activation = activation
        self.conv1, self.norm1 = conv(width_in, width_out, stride), build_norm(norm, width_out)
        self.conv2, self.norm2 = conv(width_out, width_out, 1), build_norm(norm, width_out)
        self.downsample = None
        if stride != 1 or width_in != width_out:
            self.downsample = Downsample(width_in, width_out, stride, norm)

    def forward(self, x):
        y = self.activation(self.norm1(self.conv1(x)))
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.activation(self.norm2(self.conv2(y)) + shortcut)


class ResNet(nn.Module):
    """The CIFAR form, depth 6n+2: a 3×3 stem, three stages of widths 16, 32, 64."""

    def __init__(self, model, channels, classes):
        super().__init__()
        norm, widths = model["norm"], (16, 32, 64)
        self.activation = PLAIN[model.get("activation", "relu")]
        blocks = (model["depth"] - 2) // 6
        self.stem = nn.Conv2d(channels, widths[0], 3, padding=1, bias=False)
        self.stem_norm = build_norm(norm, widths[0])
        self.stages = nn.ModuleList(
            nn.ModuleList(
                BasicBlock(widths[max(stage - 1, 0)] if first == 0 else width, width,
                           2 if stage > 0 and first == 0 else 1, norm, self.activation)
                for first in range(blocks))
            for stage, width in enumerate(widths))
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, images, target):
        x = self.activation(self.stem_norm(self.stem(images)))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return F.cross_entropy(self.head(x.mean(dim=(2, 3))), target)


PLAIN = {name: f for name, f in ACTIVATIONS.items() if name not in GATED}


def draw_weights(model, seed):
    """Initial values, the same in any precision: gains 1, shifts 0, the rest normal."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias"):
                p.zero_()
            elif p.dim() == 1:
                p.fill_(1.0)
            else:
                deviation = (2 / p[0].numel()) ** 0.5 if p.dim() == 4 else 0.02
                p.copy_(torch.randn(p.shape, generator=generator) * deviation)


def build_model(config, data, shapes=None):
    """The reference of a config's `model`; `data` is what the data set says of itself."""
    model = config["model"]
    if model["type"] == "gpt":
        return Gpt(model, data.vocab, shapes)
    if model["type"] == "vit":
        return Vit(model, data.size, data.channels, data.classes, shapes)
    return ResNet(model, data.channels, data.classes)
