"""Random cases with scikit-learn's and scipy's answers, for tests/metrics.rs.

    pip install scikit-learn scipy
    python3 crates/earnest-experiment/compare/metrics_reference.py > crates/earnest-experiment/tests/reference/metrics.json

Every case is drawn from a fixed seed. Classes may be missing in the truth, in the answers or in both.
"""
import json
import warnings

import numpy as np
import scipy
import scipy.stats
import sklearn
from sklearn import metrics

warnings.filterwarnings("ignore")
rng = np.random.default_rng(20261124)


def categorical():
    n = int(rng.integers(1, 60))
    present = rng.choice(4, size=int(rng.integers(1, 5)), replace=False)
    answered = rng.choice(4, size=int(rng.integers(1, 5)), replace=False)
    truth = rng.choice(present, size=n)
    answer = np.where(rng.random(n) < 0.6, truth, rng.choice(answered, size=n))
    occurring = sorted(set(truth))
    recall = metrics.recall_score(truth, answer, labels=range(4), average=None, zero_division=np.nan)
    return {
        "truth": truth.tolist(),
        "answer": answer.tolist(),
        "accuracy": metrics.accuracy_score(truth, answer),
        # balanced accuracy leaves out classes that are not in the truth
        "uar": metrics.recall_score(truth, answer, labels=occurring, average="macro", zero_division=0),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, answer),
        "macro_f": metrics.f1_score(truth, answer, average="macro", zero_division=0),
        "recall": [None if c not in occurring else float(recall[c]) for c in range(4)],
        "confusion": metrics.confusion_matrix(truth, answer, labels=range(4)).tolist(),
    }


def dimensional():
    n = int(rng.integers(3, 80))
    truth = np.round(rng.uniform(1, 5, n) * 2) / 2
    answer = truth * rng.uniform(-0.3, 1.1) + rng.normal(0, rng.uniform(0.05, 1.5), n) + rng.uniform(-2, 2)
    if np.ptp(truth) == 0:
        truth[0] += 0.5
    a, b = truth.mean(), answer.mean()
    covariance = np.mean((truth - a) * (answer - b))
    return {
        "truth": truth.tolist(),
        "answer": answer.tolist(),
        "mae": metrics.mean_absolute_error(truth, answer),
        "r": scipy.stats.pearsonr(truth, answer).statistic,
        # Lin 1989, with numpy's population moments: neither library has it
        "ccc": 2 * covariance / (truth.var() + answer.var() + (a - b) ** 2),
    }


def paired():
    n = int(rng.integers(3, 13))
    differences = np.round(rng.normal(rng.uniform(-0.1, 0.1), 0.1, n), 3)
    test = scipy.stats.permutation_test(
        (differences, np.zeros(n)),
        lambda x, y, axis: np.mean(x - y, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
        alternative="two-sided",
    )
    return {"differences": differences.tolist(), "p": test.pvalue}


print(
    json.dumps(
        {
            "source": f"scikit-learn {sklearn.__version__}, scipy {scipy.__version__}, numpy {np.__version__}",
            "categorical": [categorical() for _ in range(60)],
            "dimensional": [dimensional() for _ in range(40)],
            "paired": [paired() for _ in range(40)],
        }
    )
)
