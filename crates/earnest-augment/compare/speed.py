"""Augmentation beside SoX and audiomentations, on the same sounds in one run, one thread each.

    apt-get install sox; pip install audiomentations soundfile scipy numpy
    cargo build --release -p earnest-augment --example augment_speed
    python crates/earnest-augment/compare/speed.py SPEECH NOISE ROOMS

SPEECH, NOISE and ROOMS are folders of 16 kHz WAV (NOISE may have the clips in a folder below). Prints
times real time: SoX on a minute, its start left out by subtracting a run on 0.1 s; audiomentations on
clips of 4.5 s; Earnest in turns with both (examples/augment_speed.rs). SoX and audiomentations: medians of 5.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import audiomentations as am
import numpy as np
import soundfile

warnings.filterwarnings("ignore")
RATE, CLIP = 16_000, 72_000
speech, noise, rooms = sys.argv[1:4]
root = Path(__file__).parents[3]

sounds = np.concatenate([soundfile.read(f, dtype="float32")[0] for f in sorted(Path(speech).rglob("*.wav"))[:60]])
minute = sounds[: 60 * RATE]
clips = [sounds[i : i + CLIP] for i in range(0, len(minute) - CLIP + 1, CLIP)]
seconds = len(clips) * CLIP / RATE


def earnest():
    command = ["taskset", "-c", "0", root / "target/release/examples/augment_speed", speech, noise, rooms]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name: float(x) for name, x in (line.split("\t") for line in lines)}


def median(work, rounds=5):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)[rounds // 2]


def sox_minute():
    with tempfile.TemporaryDirectory() as place:
        whole, short = Path(place) / "minute.wav", Path(place) / "short.wav"
        soundfile.write(whole, minute, RATE)
        soundfile.write(short, minute[: RATE // 10], RATE)
        run = lambda f: subprocess.run(["taskset", "-c", "0", "sox", "-V1", f, "-n", "tempo", "1.1"], check=True)
        return 60 / (median(lambda: run(whole)) - median(lambda: run(short)))


def theirs(transforms):
    # Once over all clips first: it decodes and caches noises and rooms.
    chain = am.Compose(transforms)
    work = lambda: [chain(samples=c, sample_rate=RATE) for c in clips]
    for _ in range(3):
        work()
    return seconds / median(work)


def paper(p):
    return [
        am.TimeStretch(0.85, 1.20, leave_length_unchanged=False, p=p),
        am.Gain(-6, 3, p=p),
        am.AddBackgroundNoise(noise, min_snr_db=0.9, max_snr_db=6.0, p=p),
        am.ApplyImpulseResponse(rooms, p=p),
    ]


pairs = {
    "the paper's chain, each step half the time": lambda: theirs(paper(0.5)),
    "the paper's chain, every step": lambda: theirs(paper(1.0)),
    "Tempo": lambda: theirs([am.TimeStretch(0.85, 1.20, leave_length_unchanged=False, p=1)]),
    "Loudness": lambda: theirs([am.Gain(-6, 3, p=1)]),
    "Noise": lambda: theirs([am.AddBackgroundNoise(noise, min_snr_db=0.9, max_snr_db=6.0, p=1)]),
    "Room": lambda: theirs([am.ApplyImpulseResponse(rooms, p=1)]),
    "ColouredNoise": lambda: theirs([am.AddColorNoise(p=1)]),
    "LowPass": lambda: theirs([am.LowPassFilter(2000, 7000, min_rolloff=24, max_rolloff=24, p=1)]),
    "HighPass": lambda: theirs([am.HighPassFilter(100, 130, min_rolloff=24, max_rolloff=24, p=1)]),
    "BandPass": lambda: theirs([am.BandPassFilter(1000, 2000, min_rolloff=24, max_rolloff=24, p=1)]),
    "Equaliser": lambda: theirs([am.SevenBandParametricEQ(-6, 6, p=1)]),
    "Clipping": lambda: theirs([am.ClippingDistortion(0, 10, p=1)]),
}

os.sched_setaffinity(0, {0})
ours, sox = [], []
for _ in range(3):
    ours.append(earnest())
    sox.append(sox_minute())
best = {name: sorted(o[name] for o in ours)[1] for name in ours[0]}
s = sorted(sox)[1]
print(f"audiomentations {am.__version__}; one thread; times real time")
print(f"tempo, 4.5 s clips: Earnest {best['tempo, 4.5 s clips']:.0f}")
print(f"tempo 1.1, a minute: Earnest {best['tempo 1.1, a minute']:.0f}, SoX {s:.0f}, ratio {best['tempo 1.1, a minute'] / s:.1f}")
for name, work in pairs.items():
    t = work()
    print(f"{name}: Earnest {best[name]:.0f}, audiomentations {t:.0f}, ratio {best[name] / t:.1f}")
for name in ["Tilt", "Telephone", "PacketDrop", "Microphone"]:
    print(f"{name}: Earnest {best[name]:.0f}")
