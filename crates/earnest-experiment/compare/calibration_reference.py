"""Random answers with their expected calibration error, log loss (scikit-learn's) and accuracy by coverage, for
tests/calibration.rs.

    pip install numpy scikit-learn
    python3 crates/earnest-experiment/compare/calibration_reference.py > crates/earnest-experiment/tests/reference/calibration.json

Probabilities are single precision, as models answer; every case is drawn from a fixed seed.
"""
import json

import numpy as np
from sklearn.metrics import log_loss

BINS = 15


def expected_calibration_error(confidence, right):
    """By the definition: edges, bins that are open below and closed above, and what is in each."""
    edges = np.linspace(0, 1, BINS + 1)
    number = np.digitize(confidence, edges, right=True) - 1
    total = 0.0
    for m in range(BINS):
        inside = number == m
        if inside.any():
            total += inside.sum() / len(confidence) * abs(right[inside].mean() - confidence[inside].mean())
    return total


def case(seed):
    rng = np.random.default_rng(seed)
    n, classes = int(rng.integers(20, 80)), int(rng.integers(2, 8))
    outputs = rng.normal(size=(n, classes)) * rng.uniform(0.3, 6)
    p = np.exp(outputs - outputs.max(axis=1, keepdims=True))
    p = (p / p.sum(axis=1, keepdims=True)).astype(np.float32)
    # So that confidences are alike now and then.
    p[: n // 4] = p[0]
    truth = np.where(rng.random(n) < 0.6, p.argmax(axis=1), rng.integers(0, classes, n))
    confidence = p.max(axis=1).astype(np.float64)
    right = (p.argmax(axis=1) == truth).astype(float)
    curve = []
    for threshold in sorted(set(confidence), reverse=True):
        sure = confidence >= threshold
        curve.append([float(sure.mean()), float(right[sure].mean())])
    return {
        "probabilities": [[float(x) for x in row] for row in p],
        "truth": truth.tolist(),
        "ece": expected_calibration_error(confidence, right),
        "log_loss": log_loss(truth, p.astype(np.float64) / p.astype(np.float64).sum(axis=1, keepdims=True), labels=range(classes)),
        "curve": curve,
    }


print(json.dumps({"cases": [case(seed) for seed in range(8)]}))
