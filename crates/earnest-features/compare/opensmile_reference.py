"""openSMILE's own descriptors or functionals for audio files, as references for `tests/reference.rs`,
`tests/functionals.rs` and `examples/parity.rs`.

    pip install opensmile==2.6.0 soundfile
    python opensmile_reference.py [--set v01a|v02] [--level lld|functionals]
        [--to FOLDER | --table FILE.csv] FILE.wav ...

Writes NAME.csv for each NAME.wav or NAME.flac, into FOLDER or beside the file: the stock
descriptors of eGeMAPSv01a (23, the default) or of eGeMAPSv02 (25), one row each 10 ms, at the
file's own sample rate; or the 88 functionals, one row. With `--table` all goes into one table, the
file's name first in each row. openSMILE is run as it comes from PyPI, as a black box.
"""

import argparse
import pathlib
import warnings

import opensmile
import pandas
import soundfile

SETS = {
    "v01a": opensmile.FeatureSet.eGeMAPSv01a,
    "v02": opensmile.FeatureSet.eGeMAPSv02,
}
LEVELS = {
    "lld": opensmile.FeatureLevel.LowLevelDescriptors,
    "functionals": opensmile.FeatureLevel.Functionals,
}

arguments = argparse.ArgumentParser()
arguments.add_argument("--set", choices=SETS, default="v01a")
arguments.add_argument("--level", choices=LEVELS, default="lld")
arguments.add_argument("--to", type=pathlib.Path)
arguments.add_argument("--table", type=pathlib.Path)
arguments.add_argument("files", nargs="+", type=pathlib.Path)
asked = arguments.parse_args()

warnings.simplefilter("ignore")  # v01a is superseded by v02; it is the paper's
smile = opensmile.Smile(
    feature_set=SETS[asked.set],
    feature_level=LEVELS[asked.level],
)
table = []
for path in asked.files:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    rows = smile.process_signal(samples[:, 0], rate).reset_index(drop=True)
    if asked.table:
        rows.insert(0, "file", path.name)
        table.append(rows)
        continue
    to = (asked.to or path.parent) / path.with_suffix(".csv").name
    rows.to_csv(to, index=False, float_format="%.9g")
    print(f"{path}: {rate} Hz, {len(rows)} rows")
if table:
    pandas.concat(table).to_csv(asked.table, index=False, float_format="%.9g")
