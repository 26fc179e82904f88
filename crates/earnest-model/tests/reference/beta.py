"""Writes beta.json: how much of Beta(a, a) lies below .1, .2, ... .9, by scipy, for src/mixup.rs.

    pip install scipy
    python3 crates/earnest-model/tests/reference/beta.py
"""

import json
import pathlib

from scipy.stats import beta

limits = [0.1 * (i + 1) for i in range(9)]
cases = [{"alpha": a, "distribution": [float(beta.cdf(x, a, a)) for x in limits]} for a in (0.2, 0.4, 1.0, 3.0)]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases) + "\n")
print(path, path.stat().st_size, "bytes")
