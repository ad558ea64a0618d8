"""Golden cases of probes: what PyTorch hooks see of a GPT and a ResNet, forward and backward.

The metadata entry `case` is {"kind": "probe", "model": {…}, "lr": …, "expected": {…}}: by "path op
output" of each module, by name of each parameter, by path of attentions, joins and norms, the values
of a record of probe.jsonl, in float64. The optimizer's step is plain SGD. Tensors: `input`, `target`
and the state.
"""

import math
from zlib import crc32

import torch
from torch import nn
from torch.nn import functional as F

from reference.cases import random_state, save
from reference.models import BasicBlock, Gpt
from reference.norms import build_norm

LR = 0.05
EDGES = [2.0 ** e for e in range(-40, 11)]


class SmallResNet(nn.Module):
    """The reference's blocks in three stages of one block, with widths of a test."""

    def __init__(self, model, channels, classes):
        super().__init__()
        width, norm = model["width"], model["norm"]
        self.stem = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.stem_norm = build_norm(norm, width)
        widths = [width, width, 2 * width, 4 * width]
        self.stages = nn.ModuleList(
            nn.ModuleList([BasicBlock(widths[i], widths[i + 1], 2 if i else 1, norm, F.relu)])
            for i in range(3))
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, images, target):
        x = F.relu(self.stem_norm(self.stem(images)))
        for stage in self.stages:
            for block in stage:
                x = block(x)
        return F.cross_entropy(self.head(x.mean(dim=(2, 3))), target)


def channels_last(x):
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x


def octaves(x):
    """Counts between the edges, from −∞ up: NumPy's histogram cannot have bins open to the left."""
    size = x.abs().flatten()
    bins = torch.bucketize(size, torch.tensor(EDGES, dtype=torch.float64), right=True)
    signed = torch.where(x.flatten() < 0, -bins, bins) + len(EDGES)
    return torch.bincount(signed, minlength=2 * len(EDGES) + 1).tolist()


def statistics(x, bins_of):
    x = channels_last(x.detach())
    rows = x.reshape(-1, x.shape[-1])
    mean, variance = x.mean(), x.var(correction=0)
    samples = F.normalize(x.flatten(1), dim=1)
    pairs = samples @ samples.T
    n = len(samples)
    shares = torch.linalg.svdvals(rows)
    shares = shares / shares.sum()
    shares = shares[shares > 0]
    return {
        "mean": mean.item(), "variance": variance.item(), "rms": x.square().mean().sqrt().item(),
        "norm": x.norm().item(), "largest": x.abs().max().item(),
        "kurtosis": ((x - mean) ** 4).mean().item() / variance.item() ** 2 - 3,
        "squared_channel_mean": rows.mean(dim=0).square().mean().item(),
        "channel_variance": rows.var(dim=0, correction=0).mean().item(),
        "dead": (rows == 0).all(dim=0).double().mean().item(),
        "cosine": (pairs.sum() - pairs.trace()).item() / (n * (n - 1)),
        "effective_rank": torch.exp(-(shares * shares.log()).sum()).item(),
        "histogram": octaves(channels_last(bins_of.detach())),
    }


class Hooks:
    """Forward hooks that keep tensors, and the gradients that reach them."""

    def __init__(self):
        self.values, self.gradients = {}, {}

    def keep(self, name, x):
        self.values[name] = x
        x.register_hook(lambda grad: self.gradients.__setitem__(name, grad))

    def output(self, module, name):
        module.register_forward_hook(lambda _, inputs, output: self.keep(name, output))

    def input(self, module, name):
        module.register_forward_pre_hook(lambda _, inputs: self.keep(name, inputs[0]))


def hook_gpt(model, hooks, layers):
    hooks.output(model.tok_embed, "tok_embed embedding 0")
    for i in range(layers):
        block, at = model.blocks[i], f"blocks.{i}."
        # A norm behind a join shows the sum first, then what it makes of it.
        hooks.output(block.attn_norm, at + f"attn_norm norm {1 if i else 0}")
        hooks.output(block.ffn_norm, at + "ffn_norm norm 1")
        hooks.output(block.attn.qkv, at + "attn.qkv linear 0")
        hooks.input(block.attn.out, at + "attn attention 0")
        hooks.output(block.attn.out, at + "attn.out linear 0")
        hooks.output(block.ffn.up, at + "ffn.up linear 0")
        hooks.input(block.ffn.down, at + "ffn activation 0")
        hooks.output(block.ffn.down, at + "ffn.down linear 0")
    hooks.output(model.final_norm, "final_norm norm 1")
    hooks.output(model.head, "head linear 0")


def hook_resnet(model, hooks):
    hooks.output(model.stem, "stem conv2d 0")
    hooks.input(model.stages[0][0].conv1, "stem_norm norm 0")
    for i in range(3):
        block, at = model.stages[i][0], f"stages.{i}.0."
        hooks.output(block.conv1, at + "conv1 conv2d 0")
        hooks.input(block.conv2, at + "norm1 norm 0")
        hooks.output(block.conv2, at + "conv2 conv2d 0")
        hooks.output(block, at + "norm2 norm 0")
        if block.downsample is not None:
            hooks.output(block.downsample.conv, at + "downsample.conv conv2d 0")
            hooks.output(block.downsample.norm, at + "downsample.norm norm 0")
    hooks.input(model.head, " global_avg_pool 0")
    hooks.output(model.head, "head linear 0")


def attention_facts(qkv, heads):
    """Entropies and largest logits by head, of a plain causal attention on packed q, k, v."""
    batch, time, width = qkv.shape
    q, k, _ = (t.view(batch, time, heads, -1).transpose(1, 2)
               for t in qkv.detach().split(width // 3, dim=-1))
    logits = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    logits = logits.masked_fill(~torch.ones(time, time).tril().bool(), -math.inf)
    entropy = torch.special.entr(logits.softmax(dim=-1)).sum(dim=-1).mean(dim=(0, 2))
    largest = logits.amax(dim=(0, 2, 3))
    return {"attention_entropy": {"mean": entropy.mean().item(), "heads": entropy.tolist()},
            "largest_logit": {"largest": largest.max().item(), "heads": largest.tolist()}}


def channel_variance(x):
    x = channels_last(x.detach())
    return x.reshape(-1, x.shape[-1]).var(dim=0, correction=0).mean().item()


def share(stream, branch):
    a, b = channel_variance(stream), channel_variance(branch)
    return {"branch_share": {"stream": a, "branch": b, "ratio": b / a}}


def gpt_parts(model, hooks, inputs):
    seen = hooks.values
    attention = {f"blocks.{i}.attn": attention_facts(seen[f"blocks.{i}.attn.qkv linear 0"],
                                                     block.attn.heads)
                 for i, block in enumerate(model.blocks)}
    joins = {}
    for i in range(len(model.blocks)):
        stream, branch = inputs[i], seen[f"blocks.{i}.attn.out linear 0"]
        joins[f"blocks.{i}.attn"] = share(stream, branch)
        joins[f"blocks.{i}.ffn"] = share(stream + branch, seen[f"blocks.{i}.ffn.down linear 0"])
    return {"attention": attention, "joins": joins}


def statistics_gaps(model, before, inputs):
    """Of each batch norm: its input's statistics beside those tracked before the forward."""
    gaps = {}
    for name, x in inputs.items():
        rows = channels_last(x).reshape(-1, x.shape[1])
        mean, variance = before[name + ".running_mean"], before[name + ".running_var"]
        off = ((rows.mean(dim=0) - mean) ** 2 / variance).mean().sqrt()
        gaps[name] = {"statistics_gap": {
            "mean": off.item(),
            "log_ratio": (rows.var(dim=0) / variance).log().mean().item()}}  # the unbiased one
    return gaps


def parameter_facts(p, after):
    w, g = p.detach(), p.grad
    facts = {"param_norm": w.norm().item(), "grad_norm": g.norm().item(),
             "grad_to_weight": (g.norm() / w.norm()).item(),
             "radial": abs((w * g).sum().item()) / (w.norm() * g.norm()).item(),
             "update_to_weight": ((after - w).norm() / w.norm()).item()}
    # Twice the angle's half by the chord: right to the last digit however small it is.
    a, b = F.normalize(w.flatten(), dim=0), F.normalize(after.flatten(), dim=0)
    facts["angle"] = 2 * math.asin(min(1.0, (a - b).norm().item() / 2))
    return facts


def case(name, spec, model, x, target):
    generator = torch.Generator().manual_seed(crc32(name.encode()))
    state = random_state(model, generator)
    model.load_state_dict({key.partition(".")[2]: value for key, value in state.items()})
    hooks, inputs, norms = Hooks(), {}, {}
    before = {key: value.clone() for key, value in model.state_dict().items()}
    if spec["type"] == "gpt":
        hook_gpt(model, hooks, spec["layers"])
        for i, block in enumerate(model.blocks):
            block.register_forward_pre_hook(lambda _, args, i=i: inputs.__setitem__(i, args[0]))
    else:
        hook_resnet(model, hooks)
        for key, module in model.named_modules():
            if hasattr(module, "running_mean"):
                module.register_forward_pre_hook(
                    lambda _, args, key=key: norms.__setitem__(key, args[0].detach()))
    targets = target.numel()
    loss = model(x, target.long())
    loss.backward()
    expected = {"modules": {
        key: {"forward": statistics(value, value),
              "backward": statistics(hooks.gradients[key], hooks.gradients[key] * targets)}
        for key, value in hooks.values.items()}}
    expected["parameters"] = {key: parameter_facts(p, p.detach() - LR * p.grad)
                              for key, p in model.named_parameters()}
    if spec["type"] == "gpt":
        expected |= gpt_parts(model, hooks, inputs)
    else:
        expected["norms"] = statistics_gaps(model, before, norms)
    facts = {"kind": "probe", "model": spec, "lr": LR, "expected": expected}
    tensors = {"input": x, "target": target.to(torch.int32)} | state
    return facts, {key: value.detach().clone() for key, value in tensors.items()}


def write_probe_cases(folder):
    draw = torch.Generator().manual_seed(7)
    spec = {"type": "gpt", "layers": 2, "width": 12, "heads": 3, "context": 7, "norm": "layer_norm",
            "tie": False, "bias": False, "ffn": {"hidden": 20, "activation": "gelu"}}
    tokens = torch.randint(0, 11, (4, 7), generator=draw, dtype=torch.int32)
    target = torch.randint(0, 11, (4, 7), generator=draw)
    shapes = {"blocks.0.ffn.up.weight": (20, 12), "pos_embed.weight": (), "final_norm.weight": (),
              "head.weight": ()}
    gpt = Gpt(spec | {"norm": {"type": "layer_norm"}}, 11, shapes).double()
    gpt.train()
    save(folder / "probe_gpt.safetensors", *case("gpt", spec, gpt, tokens, target), {})
    spec = {"type": "resnet", "depth": 8, "width": 3, "norm": "batch_norm"}
    images = torch.randn(6, 2, 8, 8, generator=draw, dtype=torch.float64)
    target = torch.randint(0, 5, (6,), generator=draw)
    resnet = SmallResNet(spec | {"norm": {"type": "batch_norm"}}, 2, 5).double().train()
    save(folder / "probe_resnet.safetensors", *case("resnet", spec, resnet, images, target), {})
