"""Our extractor beside openSMILE's on the same file, one thread each, in turns.

    pip install opensmile==2.6.0 soundfile
    python opensmile_speed.py FILE.wav      # ten minutes of speech at 16 kHz, say

openSMILE is timed inside the process (no start-up, no file reading), as is the extractor.
"""

import os

os.environ["OMP_NUM_THREADS"] = "1"

import pathlib
import re
import subprocess
import sys
import time
import warnings

import opensmile
import soundfile

warnings.simplefilter("ignore")
path = pathlib.Path(sys.argv[1]).resolve()
crate = pathlib.Path(__file__).resolve().parent.parent
samples, rate = soundfile.read(path, dtype="float32")
smile = opensmile.Smile(
    feature_set=opensmile.FeatureSet.eGeMAPS,
    feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
)
build = ["cargo", "build", "--release", "-q", "-p", "earnest-features", "--example", "speed"]
subprocess.run(build, cwd=crate, check=True)
run = ["cargo", "run", "--release", "-q", "-p", "earnest-features", "--example", "speed", "--"]
theirs, ours = [], []
for turn in range(3):
    start = time.perf_counter()
    rows = len(smile.process_signal(samples, rate))
    theirs.append(time.perf_counter() - start)
    text = subprocess.run(run + [str(path)], cwd=crate, check=True, capture_output=True, text=True)
    ours.append(float(re.search(r"rows: ([\d.]+) s", text.stdout)[1]))
    print(f"turn {turn + 1}: openSMILE {theirs[-1]:.3f} s, Earnest {ours[-1]:.3f} s")
seconds = len(samples) / rate
print(f"{seconds:.0f} s of audio, {rows} rows")
print(f"openSMILE {min(theirs):.3f} s = {seconds / min(theirs):.0f} times real time (23 descriptors)")
print(f"Earnest   {min(ours):.3f} s = {seconds / min(ours):.0f} times real time (32 descriptors)")
print(f"ratio     {min(theirs) / min(ours):.1f}")
