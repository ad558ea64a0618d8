"""Golden cases of whole models: logits and every gradient, as independent PyTorch code has them.

The metadata entry `case` is {"kind": "model", "spec": {…}, "input": {…}, "mode": "train"}; `input` is
what the data offers. Sizes are small and odd.
"""

from zlib import crc32

import torch
from torch import nn
from torch.nn import functional as F

from reference.cases import random_state, save
from reference.layers import SqueezeExcite
from reference.norms import build_norm
from reference.run import gradients
from reference.transformer import ACTIVATIONS, Block
from reference.weights import reparametrized


def scaled_ws(conv, activation):
    return reparametrized(conv, {"type": "scaled_weight_standardization",
                                 "activation": activation})


class NfBlock(nn.Module):
    """Brock, De, Smith 2021, arXiv 2101.08692; the bottleneck of arXiv 2102.06171. `deviation` is
    the root of the variance expected of what comes in."""

    def __init__(self, width_in, width_out, stride, deviation, model):
        super().__init__()
        self.act = ACTIVATIONS[model["activation"]]
        self.deviation, self.alpha = deviation, model.get("alpha", 0.2)
        bottleneck = model.get("block", "basic") == "bottleneck"
        half = width_out // 2
        groups = half // (model.get("group_width") or half) if bottleneck else 1
        wide = [(width_in, half, 1, 1, 1), (half, half, 3, stride, groups),
                (half, half, 3, 1, groups), (half, width_out, 1, 1, 1)]
        plain = [(width_in, width_out, 3, stride, 1), (width_out, width_out, 3, 1, 1)]
        self.count = 4 if bottleneck else 2
        for i, (a, b, kernel, step, groups) in enumerate(wide if bottleneck else plain):
            conv = nn.Conv2d(a, b, kernel, step, padding=kernel // 2, groups=groups)
            setattr(self, f"conv{i + 1}", scaled_ws(conv, model["activation"]))
        self.pooled, self.downsample = bottleneck and stride > 1, None
        if stride > 1 or width_in != width_out:
            self.downsample = scaled_ws(
                nn.Conv2d(width_in, width_out, 1, 1 if self.pooled else stride),
                model["activation"])
        self.squeeze_excite = None
        if model.get("squeeze_excite"):
            self.squeeze_excite = SqueezeExcite(width_out, model["squeeze_excite"], 2.0)
        self.skip_gain = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        y = self.act(x / self.deviation)
        shortcut = x
        if self.downsample is not None:
            pooled = F.avg_pool2d(y, 2) if self.pooled else y
            shortcut = self.downsample(pooled)
        for i in range(self.count):
            y = getattr(self, f"conv{i + 1}")(self.act(y) if i else y)
        if self.squeeze_excite is not None:
            y = self.squeeze_excite(y)
        return shortcut + self.alpha * self.skip_gain * y


class NfNet(nn.Module):
    def __init__(self, model, channels, outputs):
        super().__init__()
        self.act, width = ACTIVATIONS[model["activation"]], model["width"]
        self.stem = scaled_ws(nn.Conv2d(channels, width, 3, padding=1), "identity")
        self.stages, variance, width_in = nn.ModuleList(), 1.0, width
        for stage, blocks in enumerate(model["stages"]):
            width_out = width * 2 ** stage
            self.stages.append(nn.ModuleList())
            for block in range(blocks):
                stride = 2 if stage and not block else 1
                self.stages[-1].append(NfBlock(width_in, width_out, stride, variance ** 0.5, model))
                if block == 0:  # the first block of a stage starts it anew
                    variance = 1.0
                variance += model.get("alpha", 0.2) ** 2
                width_in = width_out
        self.final_conv = None
        if model.get("block") == "bottleneck":
            self.final_conv = scaled_ws(nn.Conv2d(width_in, 2 * width_in, 1), "identity")
            width_in *= 2
        self.head = nn.Linear(width_in, outputs)

    def forward(self, x):
        x = self.stem(x)
        for stage in self.stages:
            for block in stage:
                x = block(x)
        if self.final_conv is not None:
            x = self.final_conv(x)
        return self.head(self.act(x).mean(dim=(2, 3)))


class Downsample(nn.Module):
    def __init__(self, conv, norm):
        super().__init__()
        self.conv = conv
        if norm is not None:
            self.norm = norm

    def forward(self, x):
        x = self.conv(x)
        return self.norm(x) if hasattr(self, "norm") else x


class ResidualBlock(nn.Module):
    """Schemes of joining a branch: re_zero and layer_scale keep the norms; skip_init has none and
    biases instead; fixup as github.com/hongyi-zhang/Fixup has it for CIFAR."""

    def __init__(self, width_in, width_out, stride, model):
        super().__init__()
        self.act = ACTIVATIONS[model["activation"]]
        self.preact, self.scheme = model["block"] == "preact", model["residual"]
        normed = self.scheme in ("re_zero", "layer_scale")
        norm = lambda width: build_norm(model["norm"], width) if normed else None
        bias = self.scheme == "skip_init"
        conv = lambda a, b, kernel, step: reparametrized(
            nn.Conv2d(a, b, kernel, step, padding=kernel // 2, bias=bias), model.get("reparam"))
        self.conv1, self.conv2 = conv(width_in, width_out, 3, stride), conv(width_out, width_out, 3, 1)
        self.norm1, self.norm2 = norm(width_in if self.preact else width_out), norm(width_out)
        self.downsample = None
        if stride > 1 or width_in != width_out:
            self.downsample = Downsample(conv(width_in, width_out, 1, stride),
                                         None if self.preact else norm(width_out))
        self.scale = nn.Parameter(torch.zeros(width_out if self.scheme == "layer_scale" else 1))
        if self.scheme == "fixup":
            for name in ("bias1a", "bias1b", "bias2a", "bias2b"):
                setattr(self, name, nn.Parameter(torch.zeros(1)))

    def normed(self, norm, x):
        return x if norm is None else norm(x)

    def forward(self, x):
        if self.scheme == "fixup":
            y = self.act(self.conv1(x + self.bias1a) + self.bias1b)
            y = self.conv2(y + self.bias2a) * self.scale + self.bias2b
            shortcut = x if self.downsample is None else self.downsample(x + self.bias1a)
            return self.act(y + shortcut)
        scale = self.scale.view(1, -1, 1, 1)
        if self.preact:
            h = self.act(self.normed(self.norm1, x))
            y = self.conv2(self.act(self.normed(self.norm2, self.conv1(h))))
            return (x if self.downsample is None else self.downsample(h)) + scale * y
        y = self.conv2(self.act(self.normed(self.norm1, self.conv1(x))))
        shortcut = x if self.downsample is None else self.downsample(x)
        return self.act(shortcut + scale * self.normed(self.norm2, y))


class ResNet(nn.Module):
    def __init__(self, model, channels, outputs):
        super().__init__()
        self.act, width = ACTIVATIONS[model["activation"]], model["width"]
        self.scheme, self.preact = model["residual"], model["block"] == "preact"
        normed = self.scheme in ("re_zero", "layer_scale")
        self.stem = reparametrized(
            nn.Conv2d(channels, width, 3, padding=1, bias=self.scheme == "skip_init"),
            model.get("reparam"))
        if normed and not self.preact:
            self.stem_norm = build_norm(model["norm"], width)
        self.stages, width_in = nn.ModuleList(), width
        for stage in range(3):
            blocks = []
            for block in range((model["depth"] - 2) // 6):
                blocks.append(ResidualBlock(width_in, width * 2 ** stage,
                                            2 if stage and not block else 1, model))
                width_in = width * 2 ** stage
            self.stages.append(nn.ModuleList(blocks))
        if normed and self.preact:
            self.final_norm = build_norm(model["norm"], width_in)
        if self.scheme == "fixup":
            self.stem_offset = nn.Parameter(torch.zeros(1))
            self.head_offset = nn.Parameter(torch.zeros(1))
        self.head = nn.Linear(width_in, outputs)

    def forward(self, x):
        own = lambda name: getattr(self, name, lambda t: t)
        x = self.stem(x)
        if self.scheme == "fixup":
            x = x + self.stem_offset
        if not self.preact:
            x = self.act(own("stem_norm")(x))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        if self.preact:
            x = self.act(own("final_norm")(x))
        x = x.mean(dim=(2, 3))
        return self.head(x + self.head_offset if self.scheme == "fixup" else x)


class NormalizedGpt(nn.Module):
    """nGPT around its blocks (arXiv 2410.01131): no positions but the rotary ones."""

    def __init__(self, model, vocab):
        super().__init__()
        width = model["width"]
        self.root_of_width = width ** 0.5
        attention = {"heads": model["heads"], "rope": True, "bias": False}
        ffn = {"hidden": model["ffn"]["hidden"], "activation": model["ffn"]["activation"],
               "bias": False}
        self.tok_embed = nn.Embedding(vocab, width)
        self.blocks = nn.ModuleList(
            Block(width, attention, ffn, None, model["placement"], layer, model["layers"])
            for layer in range(model["layers"]))
        self.head = nn.Linear(width, vocab, bias=False)
        self.logit_gain = nn.Parameter(torch.zeros(vocab))

    def forward(self, tokens):
        x = self.tok_embed(tokens)
        for block in self.blocks:
            x = block(x)
        return self.head(x) * self.logit_gain * self.root_of_width


class CappedGpt(nn.Module):
    """The ends of a GPT: a learned scale of the embeddings, a soft cap of the logits; by site and
    layer another norm."""

    def __init__(self, model, vocab):
        super().__init__()
        width, cap = model["width"], model["final_softcap"]
        attention = {"heads": model["heads"], "rope": True, "bias": False}
        ffn = {"hidden": model["ffn"]["hidden"], "bias": False}
        self.cap = cap
        self.tok_embed, self.embed_scale = nn.Embedding(vocab, width), nn.Parameter(torch.zeros(1))
        layer_norm, rms_norm, dyt = ({"type": t} for t in ("layer_norm", "rms_norm", "dyt"))
        self.blocks = nn.ModuleList([Block(width, attention, ffn, layer_norm),
                                     Block(width, attention | {"qk_norm": layer_norm}, ffn,
                                           rms_norm)])
        self.blocks[0].ffn_norm = build_norm(dyt, width)
        self.embed_norm, self.final_norm = (build_norm(rms_norm, width) for _ in range(2))
        self.head = nn.Linear(width, vocab, bias=False)

    def forward(self, tokens):
        x = self.embed_norm(self.tok_embed(tokens) * self.embed_scale)
        for block in self.blocks:
            x = block(x)
        return self.cap * torch.tanh(self.head(self.final_norm(x)) / self.cap)


IMAGES = {"height": 8, "width": 8, "channels": 3, "outputs": 5}
TOKENS = {"vocab": 7, "outputs": 7}


def cases():
    nf = lambda **more: {"type": "nfnet", "width": 3, "stages": [2, 1], "activation": "relu"} | more
    yield "nfnet_basic", nf()
    yield "nfnet_basic_gelu", nf(activation="gelu", alpha=0.5, squeeze_excite=0.5)
    yield "nfnet_bottleneck", nf(width=4, block="bottleneck", group_width=1, activation="silu",
                                 squeeze_excite=0.5, stages=[1, 2])
    res = lambda residual, **more: {"type": "resnet", "depth": 8, "width": 2, "block": "basic",
                                    "activation": "silu", "residual": residual} | more
    instance = {"type": "instance_norm", "affine": True}
    yield "resnet_re_zero", res("re_zero", norm=instance)
    yield "resnet_layer_scale", res("layer_scale", norm=instance, block="preact",
                                    reparam={"type": "weight_standardization"})
    yield "resnet_skip_init", res("skip_init")
    yield "resnet_fixup", res("fixup")
    yield "resnet_nf", res("nf", block="preact")
    gpt = {"type": "gpt", "layers": 2, "width": 8, "heads": 2, "context": 5, "positions": "rope",
           "bias": False}
    yield "gpt_ngpt", gpt | {"placement": {"type": "ngpt", "rate": 0.3},
                             "ffn": {"hidden": 12, "activation": "swiglu"}}
    yield "gpt_sites", gpt | {
        "final_softcap": 2.0, "embedding_scale": True, "ffn": {"hidden": 12, "activation": "gelu"},
        "norm": [{"layers": "0", "attn": "layer_norm", "ffn": "dyt", "embedding": "rms_norm"},
                 {"layers": "1", "type": "rms_norm", "qk": "layer_norm"}]}


def module_of(spec, offers):
    if spec["type"] == "gpt":
        return (CappedGpt if "final_softcap" in spec else NormalizedGpt)(spec, offers["vocab"])
    if spec.get("residual") == "nf":
        stages = [(spec["depth"] - 2) // 6] * 3
        return NfNet({"width": spec["width"], "stages": stages, "activation": spec["activation"]},
                     offers["channels"], offers["outputs"])
    kind = NfNet if spec["type"] == "nfnet" else ResNet
    return kind(spec, offers["channels"], offers["outputs"])


def write_model_cases(folder):
    for name, spec in cases():
        generator = torch.Generator().manual_seed(crc32(name.encode()))
        offers = TOKENS if spec["type"] == "gpt" else IMAGES
        module = module_of(spec, offers).double()
        state = random_state(module, generator)
        for key in state:  # on the unit sphere these are stored as 1/√width
            if key.endswith(("qk_gain", "logit_gain")):
                state[key] = state[key] / spec["width"] ** 0.5
        module.load_state_dict({key.partition(".")[2]: value for key, value in state.items()})
        if spec["type"] == "gpt":
            x = torch.randint(0, 7, (2, 5), generator=generator, dtype=torch.int32)
        else:
            x = torch.randn(2, 3, 8, 8, generator=generator, dtype=torch.float64)
            x.requires_grad_(True)
        output = module(x)
        grad = torch.randn(output.shape, generator=generator, dtype=torch.float64)
        expect = {"output": output} | gradients(module, x, output, grad, {})
        tensors = {"input": x, "grad_output": grad} | state
        plain = lambda named: {key: t.detach().contiguous().clone() for key, t in named.items()}
        facts = {"kind": "model", "spec": spec, "input": offers, "mode": "train"}
        save(folder / f"model_{name}.safetensors", facts, plain(tensors), plain(expect))
