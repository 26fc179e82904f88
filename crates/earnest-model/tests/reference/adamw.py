"""Writes adamw.json: steps of torch.optim.AdamW and rates of its schedulers, for tests/adamw.rs.

    pip install torch
    python3 crates/earnest-model/tests/reference/adamw.py

A weight of two dimensions decays, a bias does not. Values and gradients come from formulas that the test repeats.
"""

import json
import math
import pathlib

import torch

torch.set_default_dtype(torch.float64)

RATE, DECAY, CLIP = 0.02, 0.3, 0.5


def value(k, i):
    return 0.9 * math.sin(1.7 * i + 0.6 * k + 0.4)


def gradient(step, k, i):
    return 0.8 * math.cos(0.9 * i * (step + 1) + k)


weight = torch.tensor([value(0, i) for i in range(6)]).reshape(3, 2).requires_grad_()
bias = torch.tensor([value(1, i) for i in range(3)]).requires_grad_()
groups = [{"params": [weight], "weight_decay": DECAY}, {"params": [bias], "weight_decay": 0.0}]
optimiser = torch.optim.AdamW(groups, lr=RATE)
steps = []
for step in range(8):
    for k, p in enumerate((weight, bias)):
        p.grad = torch.tensor([gradient(step, k, i) for i in range(p.numel())]).reshape(p.shape)
    torch.nn.utils.clip_grad_value_([weight, bias], CLIP)
    optimiser.step()
    steps.append([p.detach().reshape(-1).tolist() for p in (weight, bias)])

schedules = []
for rising, epochs in ((0, 7), (3, 12), (1, 2), (9, 10)):
    own = torch.optim.AdamW([weight], lr=RATE)
    fall = torch.optim.lr_scheduler.CosineAnnealingLR(own, T_max=epochs - rising)
    schedule = fall
    if rising:
        rise = torch.optim.lr_scheduler.LinearLR(own, start_factor=1 / (rising + 1), total_iters=rising)
        schedule = torch.optim.lr_scheduler.SequentialLR(own, [rise, fall], milestones=[rising])
    rates = []
    for _ in range(epochs):
        rates.append(own.param_groups[0]["lr"])
        own.step()
        schedule.step()
    schedules.append({"warmup_epochs": rising, "max_epochs": epochs, "rates": rates})

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps({"torch": torch.__version__, "steps": steps, "schedules": schedules}) + "\n")
print(path, path.stat().st_size, "bytes")
