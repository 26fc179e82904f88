"""Writes cross_entropy.json: PyTorch's cross-entropy with label smoothing and weighted utterances, for src/loss.rs.

    pip install torch numpy scikit-learn
    python3 crates/earnest-model/tests/reference/cross_entropy.py

Outputs come from a formula that the test repeats. An utterance's loss is multiplied with its class's balanced weight
(scikit-learn's compute_class_weight), and the mean is over utterances: reduction "none", then mean.
"""

import json
import math
import pathlib

import numpy
import torch
from sklearn.utils.class_weight import compute_class_weight

torch.set_default_dtype(torch.float64)


def case(smoothing, balanced, classes, width):
    y = torch.tensor([2.0 * math.sin(1.1 * i + 0.3) for i in range(len(classes) * width)])
    y = y.reshape(-1, width).requires_grad_()
    target = torch.tensor(classes)
    weights = torch.ones(len(classes))
    if balanced:
        present = sorted(set(classes))
        of_class = dict(zip(present, compute_class_weight("balanced", classes=numpy.array(present), y=numpy.array(classes))))
        weights = torch.tensor([float(of_class[c]) for c in classes])
    each = torch.nn.functional.cross_entropy(y, target, reduction="none", label_smoothing=smoothing)
    loss = (weights * each).mean()
    loss.backward()
    return {
        "smoothing": smoothing,
        "balanced": balanced,
        "classes": classes,
        "width": width,
        "weights": weights.tolist(),
        "loss": loss.item(),
        "gradient": y.grad.reshape(-1).tolist(),
    }


cases = [
    case(0.0, True, [0, 2, 2, 2, 1, 0], 3),
    case(0.1, False, [0, 2, 2, 2, 1, 0], 3),
    case(0.3, True, [3, 1, 1, 0, 1], 5),
    case(0.1, True, [1, 0, 1], 2),
]
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"torch": torch.__version__, "cases": cases}) + "\n")
print(path, path.stat().st_size, "bytes")
