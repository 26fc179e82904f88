"""Ctrl-C ends what takes long, and is a KeyboardInterrupt whenever it comes."""

from __future__ import annotations

import subprocess
import sys

import pytest

#: A thread presses Ctrl-C after a while, or the program has a pending one at its first call; it says what came of it and how soon.
PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
import earnest

# Whoever started the tests in the background may have them ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal_ = np.tile((0.1 * np.sin(np.arange(16_000) * 0.1)).astype(np.float32), {seconds})
{before}
def press():
    time.sleep({after})
    pressed.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
pressed = []
try:
    threading.Thread(target=press).start()
    {call}
    time.sleep(5)
except KeyboardInterrupt:
    print("interrupted", time.monotonic() - pressed[0] < 3)
{afterwards}
"""


def run(**parts: object) -> str:
    program = PROGRAM.format(**{"before": "", "afterwards": "", **parts})
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert "Panic" not in done.stderr and done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    ("before", "call"),
    [
        ("", "earnest.Smile('eGeMAPSv02')(signal_, 16_000)"),
        ("", "earnest.Smile('eGeMAPSv02', num_workers=2).process_signal(signal_, 16_000)"),
        ("", "earnest.Smile('eGeMAPSv02', sampling_rate=48_000, resample=True)(signal_, 16_000)"),
        ("stream = earnest.Stream('eGeMAPSv02', 'Functionals', 16_000)", "stream.push(signal_)"),
        ("stream = earnest.Model.load().stream(16_000)", "stream.push(signal_)"),
    ],
)
def test_a_long_signal_can_be_interrupted(before: str, call: str) -> None:
    # An hour and more, which takes seconds even of a release.
    assert run(seconds=6_000, after=0.3, before=before, call=call) == "interrupted True\n"


def test_a_stream_that_was_interrupted_is_as_new() -> None:
    afterwards = "print(stream.push(signal_[:16_000]).shape == earnest.Stream('eGeMAPSv02', sampling_rate=16_000).push(signal_[:16_000]).shape)"
    before = "stream = earnest.Stream('eGeMAPSv02', sampling_rate=16_000)"
    assert run(seconds=6_000, after=0.3, before=before, call="stream.push(signal_)", afterwards=afterwards) == "interrupted True\nTrue\n"


@pytest.mark.parametrize(
    "call",
    [
        "earnest.Smile('eGeMAPSv02')(signal_[:20_000], 16_000)",
        "earnest.Stream('eGeMAPSv02', sampling_rate=16_000).push(signal_)",
        "earnest.Augment('paper', seed=1)(signal_, 16_000, key='a')",
        "earnest.Model.load().predict(signal_, 16_000)",
    ],
)
def test_an_interrupt_in_the_first_call_is_no_panic(call: str) -> None:
    # At several moments of it, since what happened depended on which.
    for after in (0.0, 0.003, 0.02, 0.1):
        assert run(seconds=20, after=after, call=call).startswith("interrupted")
