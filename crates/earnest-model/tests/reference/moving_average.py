"""Writes moving_average.json: torch.optim.swa_utils.AveragedModel with a bias-corrected weight of each step, for
src/moving_average.rs.

    pip install torch
    python3 crates/earnest-model/tests/reference/moving_average.py

Weights come from a formula that the test repeats. As a check, the average is also computed by its definition.
"""

import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)

DECAY = 0.9


def weights(step):
    return torch.tensor([math.sin(1.3 * i + 0.7 * step) for i in range(5)])


def average(old, new, taken):
    return old + (1 - DECAY) / (1 - DECAY ** (taken + 1)) * (new - old)


model = torch.nn.ParameterList([torch.nn.Parameter(torch.zeros(5))])
averaged = torch.optim.swa_utils.AveragedModel(model, avg_fn=average)
averages = []
for step in range(12):
    with torch.no_grad():
        model[0].copy_(weights(step))
    averaged.update_parameters(model)
    averages.append(next(averaged.parameters()).tolist())
    powers = [DECAY ** (step - k) for k in range(step + 1)]
    defined = sum(p * weights(k) for k, p in enumerate(powers)) / sum(powers)
    assert torch.allclose(defined, torch.tensor(averages[-1]), atol=1e-14, rtol=0)

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"torch": torch.__version__, "decay": DECAY, "averages": averages}) + "\n")
print(path, path.stat().st_size, "bytes")
