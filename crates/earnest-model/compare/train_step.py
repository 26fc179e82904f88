"""The training step of examples/train_step.rs in PyTorch: the same batch, sizes, clipping and optimiser.

    pip install torch
    python3 compare/train_step.py --network rnn --threads 2 --steps 10

The RNN is timed in both ways that PyTorch offers: padded (its backward direction then reads padding first, so it is
not the masked model) and packed (the masked model). Prints JSON.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

parser = argparse.ArgumentParser()
parser.add_argument("--network", choices=["rnn", "cnn"], default="rnn")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--steps", type=int, default=10)
a = parser.parse_args()
torch.set_num_threads(a.threads)
torch.manual_seed(1)

lengths = torch.tensor([450 - 8 * i for i in range(32)])
x = nn.utils.rnn.pad_sequence([torch.randn(n, 32) for n in lengths], batch_first=True)
mask = (torch.arange(x.shape[1])[None] < lengths[:, None]).float()[..., None]
target = torch.arange(32) % 4


class Rnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(32, 128, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(256, 4)

    def forward(self, x, lengths, mask, packed):
        if packed:
            y, _ = self.gru(pack_padded_sequence(x, lengths, batch_first=True))
            y, _ = pad_packed_sequence(y, batch_first=True)
        else:
            y, _ = self.gru(x)
        return self.head((y * mask).sum(1) / lengths[:, None])


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.ModuleList(nn.Conv1d(n, 128, 5, padding=2) for n in (32, 128, 128))
        self.norms = nn.ModuleList(nn.BatchNorm1d(128) for _ in range(3))
        self.head = nn.Linear(128, 4)

    def forward(self, x, lengths, mask, packed):
        y = x.transpose(1, 2)
        for convolution, norm in zip(self.convolutions, self.norms):
            y = torch.relu(norm(convolution(y)))
        return self.head(y.max(2).values)


def milliseconds(work, repeats):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    times.sort()
    return {"median_ms": times[len(times) // 2], "least_ms": times[0]}


def measure(packed):
    model = Rnn() if a.network == "rnn" else Cnn()
    optimiser = torch.optim.Adam(model.parameters(), 3e-4)

    def step():
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(model(x, lengths, mask, packed), target)
        loss.backward()
        nn.utils.clip_grad_value_(model.parameters(), 1.0)
        optimiser.step()

    step()
    result = milliseconds(step, max(a.steps // 3, 2) if packed else a.steps)
    model.eval()
    torch.set_num_threads(1)
    with torch.no_grad():
        predict = lambda: model(x[:1], lengths[:1], mask[:1], False)
        predict()
        result["inference_ms"] = milliseconds(predict, 20)["median_ms"]
    torch.set_num_threads(a.threads)
    return result


result = {"network": a.network, "threads": a.threads, "torch": torch.__version__}
if a.network == "rnn":
    result |= {"padded": measure(False), "packed": measure(True)}
else:
    result |= {"padded": measure(False)}
print(json.dumps(result))
