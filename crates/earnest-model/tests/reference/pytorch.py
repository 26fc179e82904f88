"""Writes pytorch.json: what PyTorch's float64 autograd says of small networks, for tests/pytorch.rs.

    pip install torch
    python3 crates/earnest-model/tests/reference/pytorch.py

Parameters and inputs come from formulas that the test repeats, so only results are stored: outputs, loss, every
gradient, running statistics, outputs afterwards in prediction, and the losses of five steps of Adam with clipping.
Layers are PyTorch's own: GRU on packed sequences, Conv1d on each sequence by itself, BatchNorm1d over the frames that
exist, cross_entropy, mse_loss, Adam, clip_grad_value_.
"""

import json
import math
import pathlib

import torch
from torch import nn
from torch.nn.utils.rnn import pack_sequence, unpack_sequence

torch.set_default_dtype(torch.float64)


def formula(count, k):
    """Values of the k-th tensor."""
    return torch.tensor([0.4 * math.sin(0.7 * i * i + 1.3 * k + 0.5) for i in range(count)])


def frames(lengths, inputs):
    return [
        torch.tensor([[1.5 * math.sin(0.37 * (t * inputs + c) + s) + 0.2 * c for c in range(inputs)] for t in range(n)])
        for s, n in enumerate(lengths)
    ]


def pool(kind, sequence, query):
    if kind == "mean":
        return sequence.mean(0)
    if kind == "max":
        return sequence.max(0).values
    if kind == "statistics":
        deviation = torch.sqrt(sequence.var(0, correction=0) + 1e-5)
        return torch.cat([sequence.mean(0), deviation, sequence.max(0).values])
    return torch.softmax(sequence @ query, 0) @ sequence


def pooled(kind, width):
    return 3 * width if kind == "statistics" else width


class Rnn(nn.Module):
    def __init__(self, a, inputs, outputs):
        super().__init__()
        self.kind = a["pooling"]
        self.gru = nn.GRU(inputs, a["hidden"], a["layers"], bidirectional=True)
        self.query = nn.Parameter(torch.zeros(2 * a["hidden"]))
        self.head = nn.Linear(pooled(self.kind, 2 * a["hidden"]), outputs)
        names = {"w_ih": "weight_ih", "w_hh": "weight_hh", "b_ih": "bias_ih", "b_hh": "bias_hh"}
        self.named = [
            (f"gru.{l}.{word}.{ours}", getattr(self.gru, f"{theirs}_l{l}{suffix}"))
            for l in range(a["layers"])
            for word, suffix in (("forward", ""), ("backward", "_reverse"))
            for ours, theirs in names.items()
        ]
        if self.kind == "attention":
            self.named.append(("pooling.query", self.query))
        self.named += [("head.weight", self.head.weight), ("head.bias", self.head.bias)]
        self.running = []

    def forward(self, sequences):
        packed = pack_sequence(sequences, enforce_sorted=False)
        hidden = unpack_sequence(self.gru(packed)[0])
        return self.head(torch.stack([pool(self.kind, h, self.query) for h in hidden]))


class Cnn(nn.Module):
    def __init__(self, a, inputs, outputs):
        super().__init__()
        self.kind = a["pooling"]
        widths = [inputs] + [a["filters"]] * a["layers"]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(n, m, a["kernel"], padding=a["kernel"] // 2) for n, m in zip(widths, widths[1:])
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(a["filters"]) for _ in range(a["layers"]))
        self.query = nn.Parameter(torch.zeros(a["filters"]))
        self.head = nn.Linear(pooled(self.kind, a["filters"]), outputs)
        self.named = []
        for i, (c, n) in enumerate(zip(self.convolutions, self.norms)):
            self.named += [(f"conv.{i}.weight", c.weight), (f"conv.{i}.bias", c.bias)]
            self.named += [(f"norm.{i}.gamma", n.weight), (f"norm.{i}.beta", n.bias)]
        if self.kind == "attention":
            self.named.append(("pooling.query", self.query))
        self.named += [("head.weight", self.head.weight), ("head.bias", self.head.bias)]
        self.running = running(self.norms)

    def forward(self, sequences):
        sequences = convolved(self.convolutions, self.norms, sequences)
        return self.head(torch.stack([pool(self.kind, s, self.query) for s in sequences]))


class Crnn(nn.Module):
    def __init__(self, a, inputs, outputs):
        super().__init__()
        self.kind = a["pooling"]
        widths = [inputs] + [a["filters"]] * a["convolutions"]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(n, m, a["kernel"], stride=a["stride"], padding=a["kernel"] // 2)
            for n, m in zip(widths, widths[1:])
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(a["filters"]) for _ in range(a["convolutions"]))
        self.rnn = Rnn(a, a["filters"], outputs)
        self.named = []
        for i, (c, n) in enumerate(zip(self.convolutions, self.norms)):
            self.named += [(f"conv.{i}.weight", c.weight), (f"conv.{i}.bias", c.bias)]
            self.named += [(f"norm.{i}.gamma", n.weight), (f"norm.{i}.beta", n.bias)]
        self.named += self.rnn.named
        self.running = running(self.norms)

    def forward(self, sequences):
        return self.rnn(convolved(self.convolutions, self.norms, sequences))


def running(norms):
    return [
        (f"norm.{i}.{ours}", getattr(n, theirs))
        for i, n in enumerate(norms)
        for ours, theirs in (("running_mean", "running_mean"), ("running_variance", "running_var"))
    ]


def convolved(convolutions, norms, sequences):
    for convolution, norm in zip(convolutions, norms):
        sequences = [convolution(s.T[None])[0].T for s in sequences]
        normal = torch.relu(norm(torch.cat(sequences)))
        sequences = torch.split(normal, [len(s) for s in sequences])
    return sequences


def ours(name, tensor):
    """In Earnest's layout: convolutions are [out, kernel, in]."""
    return tensor.transpose(1, 2) if name.startswith("conv") and tensor.dim() == 3 else tensor


def flat(tensor):
    return [float(f"{x:.12g}") for x in tensor.detach().reshape(-1)]


def case(name, architecture, lengths, inputs, outputs, task):
    kinds = {"rnn": Rnn, "cnn": Cnn, "crnn": Crnn}
    model = kinds[architecture["kind"]](architecture, inputs, outputs)
    with torch.no_grad():
        for k, (n, p) in enumerate(model.named):
            shape = ours(n, p).shape
            value = formula(p.numel(), k).reshape(shape)
            p.copy_(value.transpose(1, 2) if n.startswith("conv") and p.dim() == 3 else value)
    x = frames(lengths, inputs)
    if task == "categorical":
        target = torch.tensor([(3 * i + 1) % outputs for i in range(len(lengths))])
        loss_of = lambda y: nn.functional.cross_entropy(y, target)
    else:
        target = torch.tensor([[math.sin(i * outputs + j) for j in range(outputs)] for i in range(len(lengths))])
        loss_of = lambda y: nn.functional.mse_loss(y, target)
    optimiser = torch.optim.Adam([p for _, p in model.named], lr=0.01)
    record = {"name": name, "architecture": architecture, "lengths": lengths, "inputs": inputs, "outputs": outputs}
    record |= {"task": task, "losses": []}
    for step in range(5):
        optimiser.zero_grad()
        y = model(x)
        loss = loss_of(y)
        loss.backward()
        record["losses"].append(loss.item())
        if step == 0:
            record["y"] = flat(y)
            record["gradients"] = {n: flat(ours(n, p.grad)) for n, p in model.named}
            record["running"] = {n: flat(p) for n, p in model.running}
        nn.utils.clip_grad_value_([p for _, p in model.named], 0.05)
        optimiser.step()
    model.eval()
    record["prediction"] = flat(model(x))
    return record


def rnn(layers, hidden, pooling="mean"):
    return {"kind": "rnn", "layers": layers, "hidden": hidden, "pooling": pooling}


def cnn(layers, filters, kernel, pooling="max"):
    return {"kind": "cnn", "layers": layers, "filters": filters, "kernel": kernel, "pooling": pooling}


def crnn(convolutions, filters, kernel, stride, layers, hidden, pooling="attention"):
    own = {"convolutions": convolutions, "filters": filters, "kernel": kernel, "stride": stride}
    return own | rnn(layers, hidden, pooling) | {"kind": "crnn"}


MIXED = [7, 1, 12, 3, 9, 9, 2, 5, 4, 11, 6]
cases = [
    case("one GRU layer", rnn(1, 17), [6, 2, 9], 5, 3, "categorical"),
    case("two GRU layers, several groups", rnn(2, 5), MIXED, 3, 4, "categorical"),
    case("GRU, values", rnn(1, 6), [4, 8, 1], 4, 2, "dimensional"),
    case("GRU, a batch of one frame", rnn(2, 3), [1], 3, 4, "categorical"),
    case("GRU, maximum", rnn(1, 4, "max"), [5, 3, 8], 3, 4, "categorical"),
    case("GRU, attention", rnn(1, 9, "attention"), [5, 3, 8], 3, 4, "categorical"),
    case("one convolution", cnn(1, 7, 5), [6, 2, 9], 5, 3, "categorical"),
    case("three convolutions", cnn(3, 6, 3), MIXED, 3, 4, "categorical"),
    case("convolution, values", cnn(2, 5, 5), [4, 8, 1], 4, 2, "dimensional"),
    case("convolution, mean", cnn(2, 4, 3, "mean"), [5, 3, 8], 3, 4, "categorical"),
    case("convolution, attention", cnn(2, 4, 3, "attention"), [5, 3, 8], 3, 4, "categorical"),
    case("stride 2, then GRU", crnn(2, 5, 5, 2, 1, 4), MIXED, 3, 4, "categorical"),
    case("stride 3, then two GRU layers", crnn(1, 4, 3, 3, 2, 3, "mean"), [10, 7, 1, 13], 5, 3, "categorical"),
    case("stride longer than the kernel", crnn(2, 3, 3, 4, 1, 3, "max"), [30, 17, 1, 21], 2, 2, "dimensional"),
    case("GRU, statistics", rnn(1, 4, "statistics"), [5, 3, 1, 8], 3, 4, "categorical"),
    case("convolution, statistics", cnn(2, 5, 3, "statistics"), [5, 1, 3, 8], 3, 4, "categorical"),
    case("stride 2, then GRU, statistics", crnn(2, 4, 5, 2, 1, 3, "statistics"), MIXED, 3, 2, "dimensional"),
]
path = pathlib.Path(__file__).with_suffix(".json")
lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
path.write_text(f'{{"torch":"{torch.__version__}","cases":[\n{lines}\n]}}\n')
print(path, path.stat().st_size, "bytes")
