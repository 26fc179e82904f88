#!/usr/bin/env python3
"""Writes scikit-learn's answers for the baselines' test: baselines.json, beside this script.

    python3 -m venv v && v/bin/pip install scikit-learn==1.9.0 && v/bin/python sklearn_baselines.py

The cases are drawn, with as many rows as a test can read quickly; nothing of them is speech. Rows are
written as single-precision numbers, so that both sides learn from the same ones.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

warnings.filterwarnings("ignore")


def rows_of(rng, count, columns, classes, apart):
    centres = rng.normal(size=(classes, columns)) * apart
    labels = rng.integers(0, classes, size=count)
    # Uneven classes, uneven columns.
    labels[rng.random(count) < 0.3] = 0
    scales = np.exp(rng.normal(size=columns))
    rows = (centres[labels] + rng.normal(size=(count, columns))) * scales + rng.normal(size=columns)
    return single_of(rows), labels


def single_of(a):
    """Short decimals, as single-precision numbers."""
    return np.round(a, 3).astype(np.float32)


def written(a):
    return [float(x) for x in np.asarray(a, dtype=np.float64).ravel()]


def single(a):
    return [round(float(x), 3) for x in np.asarray(a).ravel()]


def class_case(rng, kernel, classes, columns, apart, c, gamma, balanced):
    train, labels = rows_of(rng, 90, columns, classes, apart)
    rng_state = rng.integers(1 << 31)
    test, truth = rows_of(np.random.default_rng(rng_state), 40, columns, classes, apart)
    scaler = StandardScaler().fit(train.astype(np.float64))
    x, y = scaler.transform(train.astype(np.float64)), scaler.transform(test.astype(np.float64))
    weight = "balanced" if balanced else None
    own = SVC(kernel=kernel, C=c, gamma=gamma / columns, class_weight=weight,
              decision_function_shape="ovo", tol=1e-9, shrinking=False, cache_size=500)
    own.fit(x, labels)
    decisions = own.decision_function(y)
    if classes == 2:
        # scikit-learn turns the sign of two classes: above 0 is the second.
        decisions = -decisions[:, None]
    return {
        "engine": "svm", "kernel": kernel, "classes": classes, "columns": columns, "c": c,
        "gamma": gamma, "balanced": balanced, "train": single(train), "labels": labels.tolist(),
        "test": single(test), "answers": own.predict(y).tolist(), "decisions": written(decisions),
    }


def logistic_case(rng, classes, columns, c, balanced):
    train, labels = rows_of(rng, 90, columns, classes, 0.6)
    test, _ = rows_of(rng, 40, columns, classes, 0.6)
    scaler = StandardScaler().fit(train.astype(np.float64))
    x, y = scaler.transform(train.astype(np.float64)), scaler.transform(test.astype(np.float64))
    own = LogisticRegression(C=c, class_weight="balanced" if balanced else None, tol=1e-12,
                             max_iter=100_000, solver="newton-cg")
    own.fit(x, labels)
    return {
        "engine": "logistic", "classes": classes, "columns": columns, "c": c, "balanced": balanced,
        "train": single(train), "labels": labels.tolist(), "test": single(test),
        "answers": own.predict(y).tolist(), "probabilities": written(own.predict_proba(y)),
    }


def value_case(rng, engine, kernel, count, columns, c, gamma, epsilon):
    train = single_of(rng.normal(size=(count, columns)))
    test = single_of(rng.normal(size=(40, columns)))
    direction = rng.normal(size=columns)
    values = np.tanh(train @ direction / 2) + 0.3 * rng.normal(size=count)
    values = single_of((values - values.mean()) / values.std())
    scaler = StandardScaler().fit(train.astype(np.float64))
    x, y = scaler.transform(train.astype(np.float64)), scaler.transform(test.astype(np.float64))
    t = values.astype(np.float64)
    if engine == "svr":
        own = SVR(kernel=kernel, C=c, gamma=gamma / columns, epsilon=epsilon, tol=1e-9, shrinking=False)
    else:
        own = Ridge(alpha=c, solver="cholesky" if columns < count else "svd")
    own.fit(x, t)
    return {
        "engine": engine, "kernel": kernel, "columns": columns, "c": c, "gamma": gamma,
        "epsilon": epsilon, "train": single(train), "values": single(values), "test": single(test),
        "answers": written(own.predict(y)),
    }


def calibrated_case(rng):
    """Rows of 12 speakers; scikit-learn's own probabilities of speakers that it did not hear."""
    classes, columns, speakers = 4, 20, 12
    centres = rng.normal(size=(classes, columns)) * 0.45
    of = np.repeat(np.arange(speakers), 40)
    labels = rng.integers(0, classes, size=len(of))
    shifts = rng.normal(size=(speakers, columns)) * 0.6
    rows = single_of(centres[labels] + shifts[of] + rng.normal(size=(len(of), columns)))
    train, test = of < 8, of >= 8
    scaler = StandardScaler().fit(rows[train].astype(np.float64))
    x, y = scaler.transform(rows[train].astype(np.float64)), scaler.transform(rows[test].astype(np.float64))
    own = SVC(C=1.0, gamma=1.0 / columns, class_weight="balanced", probability=True, random_state=0)
    own.fit(x, labels[train])
    return {
        "columns": columns, "classes": classes, "c": 1.0, "train": single(rows[train]),
        "labels": labels[train].tolist(), "speakers": of[train].tolist(), "test": single(rows[test]),
        "truth": labels[test].tolist(),
        "log_loss": float(log_loss(labels[test], own.predict_proba(y), labels=range(classes))),
    }


def main():
    rng = np.random.default_rng(20)
    cases = [
        class_case(rng, "rbf", 2, 5, 0.8, 1.0, 1.0, False),
        class_case(rng, "rbf", 4, 8, 0.7, 10.0, 0.25, True),
        class_case(rng, "rbf", 7, 12, 0.8, 100.0, 1.0, True),
        class_case(rng, "rbf", 3, 6, 0.3, 0.1, 4.0, False),
        class_case(rng, "linear", 2, 6, 0.5, 1.0, 1.0, True),
        class_case(rng, "linear", 4, 9, 0.6, 0.1, 1.0, False),
        class_case(rng, "linear", 5, 30, 0.5, 0.01, 1.0, True),
        logistic_case(rng, 2, 6, 1.0, False),
        logistic_case(rng, 4, 9, 0.1, True),
        logistic_case(rng, 7, 20, 1.0, True),
        value_case(rng, "svr", "rbf", 80, 6, 1.0, 1.0, 0.1),
        value_case(rng, "svr", "rbf", 80, 12, 10.0, 0.25, 0.3),
        value_case(rng, "svr", "linear", 80, 8, 0.01, 1.0, 0.1),
        value_case(rng, "ridge", "linear", 80, 8, 10.0, 1.0, 0.0),
        value_case(rng, "ridge", "linear", 30, 50, 3.0, 1.0, 0.0),
    ]
    out = {
        "scikit_learn": sklearn.__version__,
        "cases": cases,
        "calibrated": [calibrated_case(rng) for _ in range(4)],
    }
    path = Path(__file__).parent / "baselines.json"
    path.write_text(json.dumps(out) + "\n")
    print(path, path.stat().st_size, file=sys.stderr)


if __name__ == "__main__":
    main()
