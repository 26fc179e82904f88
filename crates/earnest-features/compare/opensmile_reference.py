"""openSMILE's own descriptors for audio files, as references for `tests/reference.rs` and for
`examples/parity.rs`.

    pip install opensmile==2.6.0 soundfile
    python opensmile_reference.py [--set v01a|v02] [--to FOLDER] FILE.wav ...

Writes NAME.csv for each NAME.wav or NAME.flac, into FOLDER or beside the file: the stock
descriptors of eGeMAPSv01a (23, the default) or of eGeMAPSv02 (25), one row each 10 ms, at the
file's own sample rate. openSMILE is run as it comes from PyPI, as a black box.
"""

import argparse
import pathlib
import warnings

import opensmile
import soundfile

SETS = {
    "v01a": opensmile.FeatureSet.eGeMAPSv01a,
    "v02": opensmile.FeatureSet.eGeMAPSv02,
}

arguments = argparse.ArgumentParser()
arguments.add_argument("--set", choices=SETS, default="v01a")
arguments.add_argument("--to", type=pathlib.Path)
arguments.add_argument("files", nargs="+", type=pathlib.Path)
asked = arguments.parse_args()

warnings.simplefilter("ignore")  # v01a is superseded by v02; it is the paper's
smile = opensmile.Smile(
    feature_set=SETS[asked.set],
    feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
)
for path in asked.files:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    rows = smile.process_signal(samples[:, 0], rate).reset_index(drop=True)
    to = (asked.to or path.parent) / path.with_suffix(".csv").name
    rows.to_csv(to, index=False, float_format="%.9g")
    print(f"{path}: {rate} Hz, {len(rows)} rows")
