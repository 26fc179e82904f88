"""Writes tests/reference/silero.csv: what ONNX Runtime makes of Silero's own file, window by window.

    python silero.py silero_vad-6.2.3-py3-none-any.whl

Needs `pip install onnxruntime numpy soundfile`. Three recordings, each heard from its start: the speech that the tests of
earnest-features have, the same 40 dB softer, and the same with noise of a linear congruential generator, which the test makes again.
"""

import sys
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import soundfile

here = Path(__file__).parent
speech, rate = soundfile.read(here / "../../earnest-features/tests/reference/male_16000.flac", dtype="float32")
assert rate == 16000


def noise(n):
    state, out = 1, np.empty(n, dtype=np.float32)
    for i in range(n):
        state = (state * 1664525 + 1013904223) % 2**32
        out[i] = np.float32(state / 2**32 - 0.5)
    return out


recordings = {
    "speech": speech,
    "soft": speech * np.float32(0.01),
    "noisy": speech + np.float32(0.2) * noise(len(speech)),
}
with zipfile.ZipFile(sys.argv[1]) as wheel:
    session = onnxruntime.InferenceSession(wheel.read("silero_vad/data/silero_vad_16k_op15.onnx"))
rows = ["recording,window,probability"]
for name, samples in recordings.items():
    state, before = np.zeros((2, 1, 128), np.float32), np.zeros(64, np.float32)
    for i in range(len(samples) // 512):
        window = samples[512 * i : 512 * i + 512].astype(np.float32)
        heard = np.concatenate([before, window])[None]
        p, state = session.run(None, {"input": heard, "state": state, "sr": np.array(16000, dtype=np.int64)})
        before = window[-64:]
        rows.append(f"{name},{i},{p[0, 0]:.7f}")
(here / "../tests/reference/silero.csv").write_text("\n".join(rows) + "\n")
