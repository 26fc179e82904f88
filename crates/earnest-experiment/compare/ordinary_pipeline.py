"""One pass over a corpus's training speakers with the ordinary tools, beside examples/epoch_cost.rs: SoX and numpy
augment, openSMILE extracts, PyTorch trains the recurrent network. Prints CPU seconds by stage as JSON.

    apt-get install sox && pip install torch opensmile scipy soundfile
    python3 ordinary_pipeline.py --corpus nEMO --noise ESC-50 --rooms openair

It does the same work: four steps with probability 0.5 each (tempo and gain in one call of SoX, noise and room with
numpy and scipy), 25 low-level descriptors of eGeMAPSv01b, a 2 x 128 bidirectional GRU with mean pooling on batches of
32, padded, which is PyTorch's faster way. Utterances are those that `epoch_cost` trains on: those of a manifest
with the columns path, speaker and emotion, or EmoDB's, without the first two speakers.
"""

import argparse
import csv
import json
import pathlib
import random
import resource
import subprocess
import tempfile
import time

import numpy as np
import opensmile
import soundfile
import torch
from scipy.signal import fftconvolve
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("--corpus", type=pathlib.Path, required=True)
parser.add_argument("--noise", type=pathlib.Path, required=True)
parser.add_argument("--rooms", type=pathlib.Path, required=True)
parser.add_argument("--threads", type=int, default=2)
a = parser.parse_args()
torch.set_num_threads(a.threads)
random.seed(1)


def cpu():
    """CPU seconds of this process and of those it started."""
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def utterances():
    """(file, class) of the training speakers."""
    if (a.corpus / "manifest.csv").exists():
        classes = {"angry": 0, "happy": 1, "neutral": 2, "sad": 3}
        rows = list(csv.DictReader(open(a.corpus / "manifest.csv")))
        rows = [r for r in rows if r["emotion"] in classes]
        found = [(r["speaker"], a.corpus / r["path"], classes[r["emotion"]]) for r in rows]
    else:
        classes = {"W": 0, "F": 1, "N": 2, "T": 3}
        files = sorted((a.corpus / "wav").glob("*.wav"))
        found = [(p.name[:2], p, classes[p.name[5]]) for p in files if p.name[5] in classes]
    left_out = sorted({s for s, _, _ in found})[:2]
    return [(p, c) for s, p, c in found if s not in left_out]


def sounds(folder):
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".wav", ".flac", ".ogg"))
    read = [soundfile.read(p, dtype="float32", always_2d=True)[0][:, 0] for p in files]
    return [x for x in read if np.abs(x).max() > 1e-3]


rms = lambda x: float(np.sqrt(np.mean(np.square(x, dtype=np.float64)))) + 1e-12
work = pathlib.Path(tempfile.mkdtemp())
noises, rooms = sounds(a.noise), sounds(a.rooms)
given = utterances()
speech = sum(soundfile.info(p).duration for p, _ in given)
seconds = {"augmentation": 0.0, "extraction": 0.0, "network": 0.0}


def augment(path):
    effects = []
    if random.random() < 0.5:
        effects += ["tempo", f"{random.uniform(0.85, 1.2):.4f}"]
    if random.random() < 0.5:
        effects += ["gain", f"{random.uniform(-6, 3):.3f}"]
    out = work / "out.wav"
    subprocess.run(["sox", path, out, *effects], check=True, stderr=subprocess.DEVNULL)
    x, rate = soundfile.read(out, dtype="float32")
    if random.random() < 0.5:
        noise = random.choice(noises)
        start = random.randrange(len(noise))
        noise = np.resize(np.roll(noise, -start), len(x))
        x = x + random.uniform(0.5, 0.9) * rms(x) / rms(noise) * noise
    if random.random() < 0.5:
        room = random.choice(rooms)
        y = fftconvolve(x, room[np.abs(room).argmax() :])[: len(x)]
        x = y * (rms(x) / rms(y))
    return x.astype(np.float32), rate


smile = opensmile.Smile(opensmile.FeatureSet.eGeMAPSv01b, opensmile.FeatureLevel.LowLevelDescriptors)
wall = time.perf_counter()
features = []
for path, _ in given:
    before = cpu()
    x, rate = augment(path)
    seconds["augmentation"] += cpu() - before
    before = cpu()
    features.append(smile.process_signal(x, rate).to_numpy(np.float32))
    seconds["extraction"] += cpu() - before

width = features[0].shape[1]
stacked = np.concatenate(features)
mean, deviation = stacked.mean(0), stacked.std(0) + 1e-9


class Rnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(width, 128, 2, batch_first=True, bidirectional=True)
        self.head = nn.Linear(256, 4)

    def forward(self, x, mask):
        y, _ = self.gru(x)
        return self.head((y * mask).sum(1) / mask.sum(1))


model = Rnn()
optimiser = torch.optim.Adam(model.parameters(), 3e-4)
order = list(range(len(given)))
random.shuffle(order)
before = cpu()
for start in range(0, len(order), 32):
    batch = order[start : start + 32]
    sequences = [torch.from_numpy((features[i] - mean) / deviation) for i in batch]
    lengths = torch.tensor([len(s) for s in sequences])
    x = nn.utils.rnn.pad_sequence(sequences, batch_first=True)
    mask = (torch.arange(x.shape[1])[None] < lengths[:, None]).float()[..., None]
    optimiser.zero_grad()
    loss = nn.functional.cross_entropy(model(x, mask), torch.tensor([given[i][1] for i in batch]))
    loss.backward()
    nn.utils.clip_grad_value_(model.parameters(), 1.0)
    optimiser.step()
seconds["network"] = cpu() - before
result = {"utterances": len(given), "speech_s": speech, "wall_s": time.perf_counter() - wall}
result |= {f"{k}_cpu_s": round(v, 2) for k, v in seconds.items()}
result["cpu_s"] = round(sum(seconds.values()), 2)
print(json.dumps(result))
