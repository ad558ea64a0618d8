"""What the `layer` command does, done by PyTorch: tensors in, tensors out, the same names."""

import torch

from .layers import build

SIDES = ("cond", "segmentation", "memory")  # inputs beside the first, which get gradients


def set_state(module, tensors):
    """Copies `param.*` and `buffer.*` into the module; every name must exist and fit."""
    state = module.state_dict()
    for name, value in tensors.items():
        kind, _, leaf = name.partition(".")
        if kind in ("param", "buffer"):
            if leaf not in state or state[leaf].shape != value.shape:
                raise ValueError(f"{name} {tuple(value.shape)}: the reference has "
                                 f"{ {k: tuple(v.shape) for k, v in state.items()} }")
            state[leaf].copy_(value)


def read_state(module):
    """Buffers after the forward. Counters leave as int32, the only integer Norma has."""
    for name, value in module.named_buffers():
        yield f"buffer.{name}", value.int() if value.dtype == torch.int64 else value.clone()


def run_layer(spec, tensors, mode, repeat=1, centre=0.0, dtype=torch.float64):
    """Output, buffers and all gradients of one layer.

    `centre` is for inputs with a mean far above their deviation: it is subtracted from the input
    (exactly: the two are close) and from the running mean before PyTorch computes, and added to
    the running mean after. A norm that removes the mean does not notice, and the reference keeps
    all its digits.
    """
    tensors = {name: t.detach().to(dtype) if t.is_floating_point() else t
               for name, t in tensors.items()}
    x = tensors["input"]
    sides = {name: tensors[name].requires_grad_(True) for name in SIDES if name in tensors}
    module = build(spec, x.shape, {name: t.shape for name, t in sides.items()}).to(dtype)
    set_state(module, tensors)
    module.train(mode == "train")
    shift_running_mean(module, -centre)
    if x.is_floating_point():
        x = (x - centre).requires_grad_(True)
    extra = [tensors[name] for name in ("target", "mask") if name in tensors]
    masks = {name: tensors[name] for name in ("memory_mask",) if name in tensors}
    for _ in range(repeat):
        output = module(x, *extra, **sides, **masks)
    out = {"output": output.detach()}
    terms = getattr(module, "loss_terms", {})  # name: (value, coefficient), added to the loss
    out.update({f"loss.{name}": value.reshape(1) for name, (value, _) in terms.items()})
    if "grad_output" in tensors:
        out.update(gradients(module, x, output, tensors["grad_output"], sides, terms.values()))
    shift_running_mean(module, centre)
    out.update(read_state(module))
    return {name: value.detach().contiguous().clone() for name, value in out.items()}


def shift_running_mean(module, by):
    if by and getattr(module, "running_mean", None) is not None:
        module.running_mean += by


def gradients(module, x, output, grad_output, sides, terms=()):
    wanted = {f"grad_param.{name}": p for name, p in module.named_parameters()}
    wanted |= {f"grad_{name}": side for name, side in sides.items()}
    if x.requires_grad:
        wanted["grad_input"] = x
    if not output.requires_grad:
        return {}
    outputs = [output, *(value for value, _ in terms)]
    seeds = [grad_output, *(torch.full_like(value, factor) for value, factor in terms)]
    found = torch.autograd.grad(outputs, list(wanted.values()), seeds, allow_unused=True)
    return {name: torch.zeros_like(wanted[name]) if g is None else g
            for name, g in zip(wanted, found)}
