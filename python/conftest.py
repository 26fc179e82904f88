"""What tests stand on: small recordings that are made here, our own references, and research data where they are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sounds import voice, write_wav

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "crates" / "earnest-features" / "tests" / "reference"


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


@pytest.fixture(autouse=True)
def examples(doctest_namespace: dict[str, Any], request: pytest.FixtureRequest) -> None:
    """What the examples of README.md have at hand."""
    if not request.node.name.endswith("README.md"):
        return
    folder = request.getfixturevalue("tmp_path")
    files = [str(write_wav(folder / f"{i}.wav", voice(2.0, hz=110 + 60 * (i % 2), seed=i))) for i in range(6)]
    signal = voice(2.0, seed=1)
    doctest_namespace.update(
        recording=files[0],
        files=files,
        labels=["low", "high"] * 3,
        signal=signal,
        chunks=np.array_split(signal, 37),
    )
