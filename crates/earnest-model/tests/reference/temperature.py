"""Writes temperature.json: outputs of networks that are too sure, not sure enough, or of weighted utterances, and the
temperature of the least mean log loss that scipy finds.

    python crates/earnest-model/tests/reference/temperature.py

Made with Python 3.11, numpy 2.4.6, scipy 1.17.1.
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax


def case(name, seed, utterances, classes, scale, weighted):
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(utterances, classes)) * 1.5
    chances = np.exp(log_softmax(honest, axis=1))
    truth = np.array([rng.choice(classes, p=p) for p in chances])
    # As a network gives them: single precision.
    outputs = (honest * scale + rng.normal(size=(utterances, 1))).astype(np.float32)
    weights = rng.uniform(0.2, 3.0, size=utterances) if weighted else np.ones(utterances)

    def loss(ln_t):
        each = -log_softmax(outputs.astype(np.float64) / np.exp(ln_t), axis=1)[np.arange(utterances), truth]
        return float(np.average(each, weights=weights))

    found = minimize_scalar(loss, bounds=(-2.9, 2.9), method="bounded", options={"xatol": 1e-9, "maxiter": 500})
    return {
        "name": name,
        "outputs": [[float(x) for x in row] for row in outputs],
        "classes": [int(c) for c in truth],
        "weights": [float(w) for w in weights],
        "temperature": float(np.exp(found.x)),
        "log_loss_before": loss(0.0),
        "log_loss": found.fun,
    }


cases = [
    case("honest", 1, 60, 4, 1.0, False),
    case("too sure", 2, 60, 4, 4.0, False),
    case("not sure enough", 3, 60, 4, 0.3, False),
    case("two classes", 4, 50, 2, 2.0, False),
    case("many classes", 5, 40, 9, 2.5, False),
    case("weighted", 6, 60, 4, 3.0, True),
]
Path(__file__).with_name("temperature.json").write_text(json.dumps({"cases": cases}) + "\n")
