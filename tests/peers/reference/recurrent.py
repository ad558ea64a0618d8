"""LSTM: PyTorch's own, and with norms the formula of Ba et al. 2016, step by step."""

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from .norms import build_norm


class Lstm(nn.Module):
    def __init__(self, width, hidden, bias=True, norm=None):
        super().__init__()
        self.hidden = hidden
        self.ih = nn.Linear(width, 4 * hidden, bias=False)
        self.hh = nn.Linear(hidden, 4 * hidden, bias=False)
        self.bias = nn.Parameter(torch.zeros(4 * hidden)) if bias else None
        self.normed = norm is not None
        if self.normed:
            self.ih_norm, self.hh_norm = (build_norm(norm, 4 * hidden) for _ in range(2))
            self.cell_norm = build_norm(norm, hidden)

    def forward(self, x, mask=None):
        lengths = [x.shape[1]] * len(x) if mask is None else mask.sum(dim=1).tolist()
        return self.by_formula(x, lengths) if self.normed else self.by_torch(x, lengths)

    def by_torch(self, x, lengths):
        bias = torch.zeros(4 * self.hidden, dtype=x.dtype) if self.bias is None else self.bias
        weights = {"weight_ih_l0": self.ih.weight, "weight_hh_l0": self.hh.weight,
                   "bias_ih_l0": bias, "bias_hh_l0": torch.zeros_like(bias)}
        theirs = nn.LSTM(x.shape[-1], self.hidden, batch_first=True).to(x.dtype)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        y, _ = torch.func.functional_call(theirs, weights, (packed,))
        return pad_packed_sequence(y, batch_first=True, total_length=x.shape[1])[0]

    def by_formula(self, x, lengths):
        samples = []
        for sample, length in zip(x, lengths):
            h = c = torch.zeros(1, self.hidden, dtype=x.dtype)
            outputs = []
            for t in range(length):
                gates = self.ih_norm(self.ih(sample[t:t + 1])) + self.hh_norm(self.hh(h))
                if self.bias is not None:
                    gates = gates + self.bias
                i, f, g, o = gates.chunk(4, dim=-1)
                c = f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * self.cell_norm(c).tanh()
                outputs.append(h[0])
            outputs += [torch.zeros_like(h[0])] * (x.shape[1] - length)
            samples.append(torch.stack(outputs))
        return torch.stack(samples)
