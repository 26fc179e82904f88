"""openSMILE's own descriptors for audio files, as references for `tests/reference.rs`.

    pip install opensmile==2.6.0 soundfile
    python opensmile_reference.py FILE.wav ...

Writes FILE.csv beside each file: the stock 23 descriptors of eGeMAPSv01a, one row each 10 ms,
at the file's own sample rate. openSMILE is run as it comes from PyPI, as a black box.
"""

import pathlib
import sys
import warnings

import opensmile
import soundfile

warnings.simplefilter("ignore")  # the set is superseded by v02; it is the paper's
smile = opensmile.Smile(
    feature_set=opensmile.FeatureSet.eGeMAPS,
    feature_level=opensmile.FeatureLevel.LowLevelDescriptors,
)
for name in sys.argv[1:]:
    path = pathlib.Path(name)
    samples, rate = soundfile.read(path, dtype="float32")
    rows = smile.process_signal(samples, rate).reset_index(drop=True)
    rows.to_csv(path.with_suffix(".csv"), index=False, float_format="%.9g")
    print(f"{path}: {rate} Hz, {len(rows)} rows")
