"""Our box-shaped rooms beside pyroomacoustics on the same geometry, in one run, one thread each.

    pip install pyroomacoustics numpy
    cargo build --release -p earnest-acoustics --example rooms
    python crates/earnest-acoustics/compare/pyroomacoustics_rooms.py [ROOMS] [TIMED]

ROOMS random rooms (30) are compared: time and level of the direct sound and the first 20 reflections in
the two lists of arrivals; energy of the two responses in 0.8 ms around those that stand alone; RT60 (T30)
of both responses, cut to the same length, by the same code. Then 1,000 rooms are timed, pyroomacoustics on
TIMED (100) of them.

RT60 is measured from 100 Hz up, and beside it over all frequencies. All images have the same sign, so at the
lowest frequencies, where many arrive within a period, pyroomacoustics' sum of impulses grows with their number
and not with its root: there it decays more slowly than the energy of its own images (T30 of which is the third
measure), up to a fifth in live rooms. Ours has the images' energy at every frequency.
"""

import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1")

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyroomacoustics as pra

RATE, SPEED = 16_000, 343.0
program = Path(__file__).parents[3] / "target/release/examples/rooms"
random = np.random.default_rng(1)
pra.constants.set("c", SPEED)
pra.constants.set("num_threads", 1)


def room():
    size = random.uniform([3, 3, 2.4], [8, 7, 3.5])
    place = lambda: (size * random.uniform(0.15, 0.85, 3)).tolist()
    while True:
        source, receiver = place(), place()
        if np.linalg.norm(np.subtract(source, receiver)) > 1:
            break
    rt60 = random.uniform(0.2, 0.8)
    absorption, order = pra.inverse_sabine(rt60, size)
    return {"size": size.tolist(), "source": source, "receiver": receiver, "absorption": absorption,
            "seconds": 1.2 * rt60 + 0.05, "order": order}


def theirs(r):
    box = pra.ShoeBox(r["size"], fs=RATE, materials=pra.Material(r["absorption"]), max_order=r["order"], air_absorption=False)
    box.add_source(r["source"])
    box.add_microphone(r["receiver"])
    box.compute_rir()
    return box, box.rir[0][0]


def ours(rooms, out=None):
    with tempfile.TemporaryDirectory() as place:
        listing = Path(place) / "rooms.jsonl"
        keys = ["size", "source", "receiver", "absorption", "seconds"]
        listing.write_text("".join(json.dumps({k: r[k] for k in keys}) + "\n" for r in rooms))
        command = [program, listing] + ([out] if out else [])
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def t30(h):
    curve = np.cumsum(h[::-1] ** 2)[::-1]
    db = 10 * np.log10(curve / curve[0] + 1e-30)
    a, b = np.argmax(db <= -5), np.argmax(db <= -35)
    return -60 / np.polyfit(np.arange(a, b) / RATE, db[a:b], 1)[0]


def from_100_hz(h):
    """A Butterworth high-pass of order 4 without phase."""
    n = 4 * len(h)
    hz = np.fft.rfftfreq(n, 1 / RATE)
    return np.fft.irfft(np.fft.rfft(h, n) / np.sqrt(1 + (100 / np.maximum(hz, 1e-3)) ** 8), n)[: len(h)]


def energy(amplitude, distance, n):
    """The root of the energy that images bring to each sample."""
    sample = (distance / SPEED * RATE).astype(int)
    near = sample < n
    return np.sqrt(np.bincount(sample[near], (amplitude[near] / distance[near]) ** 2, n))


os.sched_setaffinity(0, {0})
count, timed = (int(x) for x in (sys.argv[1:] + ["30", "100"][len(sys.argv) - 1 :]))
rooms = [room() for _ in range(count)]
times, levels, windows, reverberation, whole, own_images, their_images = [], [], [], [], [], [], []
with tempfile.TemporaryDirectory() as out:
    ours(rooms, out)
    lists = [json.loads(line) for line in (Path(out) / "arrivals.jsonl").read_text().splitlines()]
    for i, (r, own) in enumerate(zip(rooms, lists)):
        h = np.fromfile(f"{out}/{i}.f32", dtype="<f4").astype(float)
        box, g = theirs(r)
        g = g[pra.constants.get("frac_delay_length") // 2 :]
        source = box.sources[0]
        distance = np.linalg.norm(source.images - np.array(r["receiver"])[:, None], axis=0)
        nearest = np.argsort(distance)[:21]
        arrivals = distance[nearest] / SPEED
        amplitude = source.damping[0, nearest] / distance[nearest]
        times += (1e3 * np.abs(arrivals - [t for t, _ in own])).tolist()
        levels += (20 * np.abs(np.log10(amplitude / [a for _, a in own]))).tolist()
        all_times = np.sort(distance) / SPEED
        for t in arrivals:
            near = np.abs(all_times - t)
            if np.sort(near)[1] > 0.0012:  # nothing else within 1.2 ms
                n = int(round(t * RATE))
                around = lambda x: np.sum(x[max(0, n - 6) : n + 7] ** 2)
                windows.append(10 * abs(np.log10(around(h) / around(g))))
        g = g[: len(h)]
        images = t30(energy(source.damping[0], distance, len(h)))
        reverberation.append(abs(t30(from_100_hz(h)) / t30(from_100_hz(g)) - 1))
        whole.append(abs(t30(h) / t30(g) - 1))
        own_images.append(abs(t30(h) / images - 1))
        their_images.append(abs(t30(g) / images - 1))
print(f"pyroomacoustics {pra.__version__}, {count} rooms")
print(f"direct sound and first 20 reflections: times differ by {max(times):.6f} ms at most, levels by {max(levels):.6f} dB")
print(f"responses around {len(windows)} arrivals that stand alone: {np.median(windows):.3f} dB median, {max(windows):.3f} dB at most")
for what, differences in [
    ("from 100 Hz up", reverberation),
    ("over all frequencies", whole),
    ("ours beside the images' energy", own_images),
    ("pyroomacoustics' beside the images' energy", their_images),
]:
    far = sum(d > 0.1 for d in differences)
    print(f"RT60 {what}: {100 * np.median(differences):.1f} % median, {100 * max(differences):.1f} % at most, {far} rooms over 10 %")
rooms = [room() for _ in range(1000)]
mine = ours(rooms)
start = time.perf_counter()
for r in rooms[:timed]:
    theirs(r)
peer = (time.perf_counter() - start) / timed * 1000
start = time.perf_counter()
print(f"1,000 rooms: Earnest {mine:.1f} s, pyroomacoustics {peer:.1f} s (from {timed}), ratio {peer / mine:.1f}")
