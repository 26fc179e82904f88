"""What tests stand on: small recordings that are made here, our own references, and research data where they are."""

from __future__ import annotations

import os
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "crates" / "earnest-features" / "tests" / "reference"


def voice(seconds: float = 2.0, rate: int = 16_000, hz: float = 140.0, seed: int = 0) -> np.ndarray:
    """Something like a voice: harmonics that come and go, with breath, float32."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    pitch = hz * (1 + 0.1 * np.sin(2 * np.pi * 0.7 * t + seed))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    harmonics = sum(np.sin(k * phase) / k for k in range(1, 12))
    loud = 0.5 + 0.5 * np.sin(2 * np.pi * 1.9 * t) > 0.25
    breath = rng.standard_normal(len(t))
    return np.asarray(0.12 * harmonics * loud + 0.004 * breath, np.float32)


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    """Writes ``[n]`` or ``[channels, n]`` as 16-bit WAV."""
    channels = np.atleast_2d(samples)
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.round(channels.T * 32767).astype("<i2").tobytes())
    return path


def as_read(samples: np.ndarray) -> np.ndarray:
    """Samples as a 16-bit file gives them back."""
    return (np.round(samples * 32767).astype(np.int16) / np.float32(32768)).astype(np.float32)


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """A few recordings: some made here, some of our own references, at several rates."""
    folder = tmp_path_factory.mktemp("recordings")
    made = [
        write_wav(folder / "low.wav", voice(2.0, hz=110, seed=1)),
        write_wav(folder / "high.wav", voice(1.5, hz=230, seed=2)),
        write_wav(folder / "quick.wav", voice(0.7, rate=44_100, hz=180, seed=3), 44_100),
    ]
    ours = [REFERENCE / f"{name}.flac" for name in ("male_16000", "female_8000", "male_22050", "rough_voice_16000")]
    return [str(path) for path in made + ours]


@pytest.fixture(scope="session")
def emodb() -> list[str]:
    """Real speech, where research data are."""
    data = Path(os.environ.get("EARNEST_DATA") or ROOT.parent / "shared" / "data")
    files = sorted(str(path) for path in (data / "emodb").rglob("*.wav"))
    if not files:
        pytest.skip(f"SKIPPED: there is no EmoDB in {data} (EARNEST_DATA names the folder of research data)")
    return files


@pytest.fixture(scope="session")
def earnest_program() -> str:
    """The command line, which answers have to be equal to."""
    named = os.environ.get("EARNEST_PROGRAM")
    found = [Path(named)] if named else [ROOT / "target" / kind / "earnest" for kind in ("release", "debug")]
    for path in found:
        if path.is_file():
            return str(path)
    pytest.skip("SKIPPED: the program earnest is not built (cargo build -p earnest, or EARNEST_PROGRAM)")


@pytest.fixture(scope="session")
def finished_run(earnest_program: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small experiment, run here: a synthetic corpus, two baselines."""
    folder = tmp_path_factory.mktemp("run")
    corpus, run = folder / "corpus", folder / "run"

    def earnest(*arguments: str | Path) -> None:
        done = subprocess.run([earnest_program, *map(str, arguments)], capture_output=True, text=True, cwd=folder)
        assert done.returncode == 0, done.stderr

    earnest("corpus", "synthesize", corpus, "--utterances-per-speaker", "8")
    earnest(
        "reproduce", "table1", "--corpus", corpus, "--recipes", "logistic,ridge", "--folds", "2", "--out", run
    )
    return run
