"""What is imported when: heavy packages only where they are used."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import earnest

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


def test_tab_completion_shows_what_the_package_has_and_nothing_else() -> None:
    assert [name for name in dir(earnest) if not name.startswith("__")] == sorted(
        name for name in earnest.__all__ if not name.startswith("__")
    )
    assert "FunctionalsTransformer" in dir(earnest) and "__version__" in dir(earnest)


@pytest.mark.parametrize(
    ("missing", "used", "sentence"),
    [
        ("pandas", "earnest.Smile('eGeMAPSv02').process_signal(signal, 16_000)", "a table of features needs pandas, .*pip install 'earnest[pandas]'"),
        ("pandas", "earnest.Answers().to_frame()", "a table of answers needs pandas, .*pip install 'earnest[pandas]'"),
        ("sklearn", "earnest.FunctionalsTransformer", "FunctionalsTransformer needs scikit-learn, .*pip install 'earnest[sklearn]'"),
    ],
)
def test_what_is_not_installed_is_asked_for_in_a_sentence(missing: str, used: str, sentence: str) -> None:
    hidden = f"sys.modules[{missing!r}] = None; {used}"
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(hidden, HEAVY)], capture_output=True, text=True)
    last = done.stderr.strip().splitlines()[-1]
    assert re.search(sentence.replace("[", r"\["), last), done.stderr
