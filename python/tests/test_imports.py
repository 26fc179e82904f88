"""What is imported when: heavy packages only where they are used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("pandas", "sklearn", "datasets", "torch", "scipy", "opensmile")

PROGRAM = """
import sys
import numpy as np
import earnest
signal = (0.1 * np.sin(np.arange(16_000) * 0.1)).astype(np.float32)
{}
print([name for name in {!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    "used",
    [
        "",
        "earnest.Model.load().predict(signal, 16_000)",
        "earnest.Model.load().stream(16_000).push(signal)",
        "earnest.Smile('eGeMAPSv02')(signal, 16_000)",
        "earnest.Stream('eGeMAPSv02', sampling_rate=16_000).push(signal)",
        "earnest.Augment('paper', seed=1)(signal, 16_000, key='a')",
        "earnest.AudioFeatures()({'audio': {'array': signal, 'sampling_rate': 16_000}})",
    ],
)
def test_nothing_heavy_is_imported(used: str) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(used, HEAVY)], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_tables_import_pandas_and_the_transformer_scikit_learn() -> None:
    used = "earnest.Smile('eGeMAPSv02').process_signal(signal, 16_000); earnest.FunctionalsTransformer"
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(used, HEAVY)], capture_output=True, text=True)
    assert "pandas" in done.stdout and "sklearn" in done.stdout
