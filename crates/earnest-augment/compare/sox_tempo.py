"""Our tempo beside SoX's, as a black box, on speech.

    apt-get install sox; pip install numpy soundfile praat-parselmouth
    cargo build --release -p earnest
    python crates/earnest-augment/compare/sox_tempo.py FOLDER_OF_WAV [EVERY]

For each factor, over every EVERYth file: how far lengths differ; F0 by Praat, medians of |difference|:
to SoX's output frame by frame, to the input's at the time the factor maps to (ours and SoX's), and of
the files' median F0 (ours and SoX's); the largest step between samples over the input's; and the mean difference of log-mel spectra (40 bands, 25 ms
windows each 10 ms, dB, frames within 50 dB of the loudest) between us and SoX, and between SoX's
default and its -s mode. Text on standard output.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import parselmouth
import soundfile

RATE = 16_000
FACTORS = [0.5, 0.7, 0.85, 0.95, 1.05, 1.2, 1.5, 2.0]


def mel_filters(bands=40, size=512):
    mel = lambda hz: 1127 * np.log1p(hz / 700)
    edges = 700 * np.expm1(np.linspace(mel(60), mel(RATE / 2), bands + 2) / 1127)
    hz = np.arange(size // 2 + 1) * RATE / size
    rows = []
    for low, mid, high in zip(edges, edges[1:], edges[2:]):
        rows.append(np.clip(np.minimum((hz - low) / (mid - low), (high - hz) / (high - mid)), 0, None))
    return np.array(rows)


FILTERS = mel_filters()


def log_mel(x):
    n = 1 + max(0, len(x) - 400) // 160
    frames = np.stack([x[i * 160 : i * 160 + 400] for i in range(n)]) * np.hanning(400)
    power = np.abs(np.fft.rfft(frames, 512)) ** 2
    return 10 * np.log10(power @ FILTERS.T + 1e-10)


def distance(a, b):
    a, b = log_mel(a), log_mel(b)
    n = min(len(a), len(b))
    a, b = a[:n], b[:n]
    loud = a.max(axis=1) > a.max() - 50
    return np.abs(a - b)[loud].mean()


def pitch(x):
    track = parselmouth.Sound(x.astype(np.float64), RATE).to_pitch_ac(time_step=0.005, pitch_floor=75, pitch_ceiling=500)
    return track.xs(), track.selected_array["frequency"]


def shared_pitch(a, b):
    """|difference| of two signals of the same length, each 5 ms where both are voiced."""
    (_, a), (_, b) = pitch(a), pitch(b)
    n = min(len(a), len(b))
    a, b = a[:n], b[:n]
    good = (a > 0) & (b > 0)
    return np.abs(b[good] / a[good] - 1).tolist()


def pitch_kept(before, after, factor, within=0.041):
    """|difference| to the input's F0 at the time that the factor maps to, where the input has it
    within half a segment: a segment is moved as a whole, so time is right to that only."""
    times, f0 = pitch(before)
    out = []
    for t, hz in zip(*pitch(after)):
        near = f0[(np.abs(times - t * factor) <= within) & (f0 > 0)]
        if hz > 0 and len(near):
            out.append(np.abs(hz / near - 1).min())
    return out


def median_pitch(before, after):
    voiced = lambda x: x[x > 0]
    a, b = voiced(pitch(before)[1]), voiced(pitch(after)[1])
    return abs(np.median(b) / np.median(a) - 1) if len(a) and len(b) else np.nan


def step(x):
    return np.abs(np.diff(x)).max()


def sox(source, target, *effect):
    subprocess.run(["sox", "-V1", source, "-e", "floating-point", "-b", "32", target, *effect], check=True)
    return soundfile.read(target)[0]


def main():
    folder, every = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    earnest = Path(__file__).parents[3] / "target/release/earnest"
    files = sorted(folder.rglob("*.wav"))[::every]
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        (place / "in").mkdir()
        for f in files:
            x, rate = soundfile.read(f)
            assert rate == RATE, f
            soundfile.write(place / "in" / f.name, x, RATE, subtype="FLOAT")
        print(f"{len(files)} files of {folder}")
        print("factor | length ms | F0 %: to SoX; to input ours, SoX; of medians ours, SoX | step ratio, 99 % and most: ours; SoX | log-mel dB: ours-SoX, SoX-SoX -s")
        for factor in FACTORS:
            chain = place / "chain.toml"
            chain.write_text(f'[[steps]]\ntransform = "tempo"\nprobability = 1\nfactor = {factor}\n')
            out = place / f"out{factor}"
            subprocess.run([earnest, "augment", place / "in", out, "--chain", chain, "--float"], check=True, capture_output=True)
            lengths, to_sox, ours_f0, sox_f0, ours_median, sox_median = [], [], [], [], [], []
            steps, sox_steps, near, modes = [], [], [], []
            for f in files:
                x = soundfile.read(place / "in" / f.name)[0]
                ours = soundfile.read(out / f.name)[0]
                theirs = sox(place / "in" / f.name, place / "s.wav", "tempo", str(factor))
                speech = sox(place / "in" / f.name, place / "s.wav", "tempo", "-s", str(factor))
                lengths.append(abs(len(ours) - len(theirs)) / RATE * 1e3)
                to_sox += shared_pitch(theirs, ours)
                ours_f0 += pitch_kept(x, ours, factor)
                sox_f0 += pitch_kept(x, theirs, factor)
                ours_median.append(median_pitch(x, ours))
                sox_median.append(median_pitch(x, theirs))
                steps.append(step(ours) / step(x))
                sox_steps.append(step(theirs) / step(x))
                near.append(distance(theirs, ours))
                modes.append(distance(theirs, speech))
            print(
                f"{factor:5.2f} | {max(lengths):6.2f} | {100 * np.median(to_sox):.3f}; "
                f"{100 * np.median(ours_f0):.3f}, {100 * np.median(sox_f0):.3f}; "
                f"{100 * np.nanmedian(ours_median):.3f}, {100 * np.nanmedian(sox_median):.3f} | "
                f"{np.percentile(steps, 99):.3f} {max(steps):.3f}; {np.percentile(sox_steps, 99):.3f} {max(sox_steps):.3f} | "
                f"{np.mean(near):.3f}, {np.mean(modes):.3f}"
            )


main()
