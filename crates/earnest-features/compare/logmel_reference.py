"""What librosa says of `logmel`: writes tests/reference/logmel/*.csv.

    pip install librosa==0.11.0
    python3 compare/logmel_reference.py

The signal is made from a formula that tests/logmel.rs has too. All is computed in double
precision.
"""

from pathlib import Path

import librosa
import numpy as np

TO = Path(__file__).parent.parent / "tests/reference/logmel"


def signal(rate, seconds):
    """A chirp whose level jumps, in noise of a linear congruential generator."""
    n = round(rate * seconds)
    t = np.arange(n) / rate
    phase = 2 * np.pi * (200.0 * t + 0.5 * 0.4 * rate / seconds * t * t)
    level = np.where(t < 0.5 * seconds, 0.05, 0.4)
    noise = np.empty(n)
    state = 1
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        noise[i] = state / 2**31 - 1.0
    return (level * np.sin(phase) + 0.01 * noise).astype(np.float32).astype(np.float64)


def logmel(rate, seconds, window_ms, hop_ms, bands, low_hz, high_hz, pcen=None):
    y = signal(rate, seconds)
    length, hop = round(rate * window_ms / 1000), round(rate * hop_ms / 1000)
    size = 2 ** int(np.ceil(np.log2(length)))
    # librosa puts a window into the middle of its transform.
    before = (size - length) // 2
    y = np.pad(y, (before, size - length - before))
    mel = librosa.feature.melspectrogram(
        y=y, sr=rate, n_fft=size, win_length=length, hop_length=hop, window="hann", center=False,
        power=2.0, n_mels=bands, fmin=low_hz, fmax=high_hz, htk=True, norm=None, dtype=np.float64,
    )
    if pcen is None:
        return np.log(np.maximum(mel, 1e-10)).T
    scaled = mel * 2.0**31
    rows = pcen["time_constant"] * rate / hop
    share = (np.sqrt(1 + 4 * rows**2) - 1) / (2 * rows**2)
    # The smoothed energy begins at the first row's own.
    begin = (1 - share) * scaled[:, :1]
    return librosa.pcen(scaled, sr=rate, hop_length=hop, zi=begin, **pcen).T


LIBROSAS_OWN = dict(time_constant=0.4, gain=0.98, bias=2.0, power=0.5, eps=1e-6)
OTHER = dict(time_constant=0.06, gain=0.8, bias=10.0, power=0.25, eps=1e-3)
CASES = {
    "default_16000": logmel(16000, 0.3, 25, 10, 64, 20, 7600),
    "narrow_8000": logmel(8000, 0.3, 32, 16, 24, 100, 3800),
    "wide_44100": logmel(44100, 0.3, 20, 10, 40, 0, 22050),
    "pcen_16000": logmel(16000, 0.4, 25, 10, 32, 20, 7600, LIBROSAS_OWN),
    "pcen_other_16000": logmel(16000, 0.4, 25, 10, 32, 20, 7600, OTHER),
}

TO.mkdir(parents=True, exist_ok=True)
for name, rows in CASES.items():
    np.savetxt(TO / f"{name}.csv", rows, fmt="%.7g", delimiter=",")
    print(name, rows.shape, rows.min(), rows.max())
