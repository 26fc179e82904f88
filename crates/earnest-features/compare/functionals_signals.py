"""Synthetic signals on which functionals are easy to get wrong, for `tests/functionals.rs`.

    pip install numpy soundfile
    python functionals_signals.py FOLDER

Writes short FLAC files at 16 kHz (one at 22.05 kHz) into FOLDER: loudness and F0 contours with
ripples, plateaus and small steps, one voiced stretch, stretches of few frames, no voice, silence,
segments that end before F0 is decided.
"""

import pathlib
import sys

import numpy as np
import soundfile

RATE = 16_000
rng = np.random.default_rng(7)


def line(points, rate=RATE):
    """Straight lines through (seconds, value)."""
    t, x = zip(*points)
    return np.interp(np.arange(int(t[-1] * rate)) / rate, t, x)


def tone(points, f=1_000.0):
    """A tone whose period divides the hop: frames of a constant level are equal to the bit."""
    level = line(points)
    return level * np.sin(2 * np.pi * f * np.arange(len(level)) / RATE)


def voice(semitones, level, rate=RATE):
    """Pulses through a resonance; semitones above 27.5 Hz and level as lines."""
    f0 = 27.5 * 2 ** (line(semitones, rate) / 12)
    phase = np.cumsum(f0) / rate
    pulses = np.diff(np.floor(phase), prepend=0.0)
    y = np.zeros(len(pulses))
    r, theta = np.exp(-np.pi * 90 / rate), 2 * np.pi * 650 / rate
    a1, a2 = 2 * r * np.cos(theta), -r * r
    for i, x in enumerate(pulses):
        y[i] = x + a1 * y[i - 1] + a2 * y[i - 2]
    return 0.1 * line(level, rate)[: len(y)] * y


def noise(points):
    level = line(points)
    return level * rng.normal(size=len(level))


ripples = [(0, 0.02), (0.12, 0.3), (0.16, 0.28), (0.2, 0.31), (0.3, 0.1), (0.33, 0.12), (0.4, 0.05)]
steps = [(0, 0.3), (0.1, 0.2), (0.13, 0.21), (0.2, 0.14), (0.23, 0.15), (0.3, 0.09), (0.45, 0.33)]


def after(points, others):
    """The second line goes on where the first ends."""
    return points + [(points[-1][0] + 0.05 + t, x) for t, x in others]


SIGNALS = {
    "tone_ripples": tone(after(ripples, ripples)),
    "tone_steps": tone(after(steps, ripples)),
    "tone_plateaus": tone(
        [(0, 0.1), (0.1, 0.5), (0.2, 0.05), (0.3, 0.05), (0.4, 0.3), (0.46, 0.3), (0.6, 0)]
        + [(0.7, 0), (0.8, 0.3), (0.9, 0.02), (0.95, 0.6), (1.0, 0.6), (1.1, 0.01)]
    ),
    "noise_no_voice": noise([(t, 0.01 * x) for t, x in after(ripples, steps)]),
    "silence": np.zeros(8_000),
    "one_voice": np.concatenate(
        [np.zeros(3_200), voice([(0, 24), (0.3, 30), (0.5, 22)], [(0, 1), (0.5, 0.4)]), np.zeros(4_000)]
    ),
    "voice_to_both_ends": voice(
        [(0, 20), (0.2, 26), (0.25, 25), (0.5, 33), (0.7, 24), (0.75, 24.5), (1, 18)],
        [(0, 0.6), (0.5, 1), (1, 0.5)],
    ),
    "many_short_voices": np.concatenate(
        [
            np.concatenate([voice([(0, 28), (s, 30)], [(0, 1), (s, 1)]), g * rng.normal(size=n)])
            for s, n, g in [
                (0.05, 600, 1e-3), (0.07, 900, 1e-2), (0.09, 400, 1e-3), (0.06, 1_500, 3e-2),
                (0.08, 800, 1e-4), (0.1, 500, 1e-2), (0.05, 1_200, 1e-3), (0.12, 700, 3e-2),
            ]
        ]
    ),
    "voice_of_80_ms": voice([(0, 30), (0.08, 31)], [(0, 1), (0.08, 1)]),
    "noise_of_75_ms": noise([(0, 0.02), (0.075, 0.03)]),
}

folder = pathlib.Path(sys.argv[1])
for name, signal in SIGNALS.items():
    soundfile.write(folder / f"{name}.flac", np.clip(signal, -1, 1), RATE, subtype="PCM_16")
other = voice([(0, 22), (0.3, 28), (0.6, 20)], [(0, 0.2), (0.3, 1), (0.6, 0.1)], 22_050)
soundfile.write(folder / "voice_22050.flac", np.clip(other, -1, 1), 22_050, subtype="PCM_16")
