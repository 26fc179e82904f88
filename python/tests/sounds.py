"""Small recordings that tests make themselves."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def voice(seconds: float = 2.0, rate: int = 16_000, hz: float = 140.0, seed: int = 0) -> npt.NDArray[Any]:
    """Something like a voice: harmonics that come and go, with breath, float32."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    pitch = hz * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * t + seed))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    harmonics = sum(np.sin(k * phase) / k for k in range(1, 12))
    loud = 0.5 + 0.5 * np.sin(2 * np.pi * 1.9 * t) > 0.25
    breath = rng.standard_normal(len(t))
    return np.asarray(0.12 * harmonics * loud + 0.004 * breath, np.float32)


def write_wav(path: Path, samples: npt.NDArray[Any], rate: int = 16_000) -> Path:
    """Writes ``[n]`` or ``[channels, n]`` as 16-bit WAV."""
    channels = np.atleast_2d(samples)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.round(channels.T * 32767).astype("<i2").tobytes())
    return path


def as_read(samples: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Samples as a 16-bit file gives them back."""
    return (np.round(samples * 32767).astype(np.int16) / np.float32(32768)).astype(np.float32)


def laid_out(samples: npt.NDArray[Any], kind: str) -> npt.NDArray[Any]:
    """The same samples as an array that lies otherwise in memory, or of another type where ``kind`` is one."""
    if kind == "packed":
        rows = np.zeros(len(samples), [("flag", "u1"), ("value", samples.dtype)])
        rows["value"] = samples
        return rows["value"]
    if kind == "unaligned":
        return np.frombuffer(b"x" + samples.tobytes(), samples.dtype, offset=1)
    if kind == "strided":
        return np.repeat(samples, 3)[::3]
    if kind == "backwards":
        return samples[::-1].copy()[::-1]
    return samples.astype(kind)
