"""Our functionals beside openSMILE's on the same files, one thread each, in turns.

    pip install opensmile==2.6.0 soundfile
    python functionals_speed.py FILE.wav ...      # a hundred utterances, say

openSMILE is timed twice: `process_files` as users call it, with its reading of files, and
`process_signal` on samples in memory; the extractor without decoding.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import pathlib
import re
import subprocess
import sys
import time

import opensmile
import soundfile

files = [str(pathlib.Path(name).resolve()) for name in sys.argv[1:]]
crate = pathlib.Path(__file__).resolve().parent.parent
build = ["cargo", "build", "--release", "-q", "-p", "earnest-features", "--example", "functionals"]
subprocess.run(build, cwd=crate, check=True)
run = ["cargo", "run", "--release", "-q", "-p", "earnest-features", "--example", "functionals", "--"]
smile = opensmile.Smile(
    feature_set=opensmile.FeatureSet.eGeMAPSv02,
    feature_level=opensmile.FeatureLevel.Functionals,
)
signals = [soundfile.read(file, dtype="float32") for file in files]
whole, memory, ours = [], [], []
for turn in range(3):
    start = time.perf_counter()
    smile.process_files(files)
    whole.append(time.perf_counter() - start)
    start = time.perf_counter()
    for samples, rate in signals:
        smile.process_signal(samples, rate)
    memory.append(time.perf_counter() - start)
    text = subprocess.run(run + files, cwd=crate, check=True, capture_output=True, text=True).stderr
    ours.append(float(re.search(r"audio: ([\d.]+) s", text)[1]))
    print(text, end="")
a, b, c = min(whole), min(memory), min(ours)
print(f"openSMILE's process_files {a:.2f} s, process_signal {b:.2f} s, ours {c:.3f} s: {a / c:.1f} and {b / c:.1f} times as fast")
