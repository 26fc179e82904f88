"""Writes silero-16k.bin: the weights of Silero's voice activity detector for 16 kHz, single precision, little-endian.

    python weights.py silero_vad-6.2.3-py3-none-any.whl silero-16k.bin

The wheel is PyPI's (`pip download --no-deps silero-vad==6.2.3`); needs `pip install onnx numpy`. In the order of the
reader (src/voice_activity/silero.rs): weight [out, in, 3] and bias of the four convolutions, input and recurrent
weights [512, 128] and the sum of the two biases [512] of the LSTM (gates i, f, g, o), weights and bias of the output.
The first layer, a short-time Fourier transform, is not written: it is checked to be one with a Hann window.
"""

import sys
import zipfile

import numpy as np
import onnx
from onnx import numpy_helper

wheel, out = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    model = onnx.load_from_string(archive.read("silero_vad/data/silero_vad_16k_op15.onnx"))
tensors = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}

n = np.arange(256)
k = np.arange(129)[:, None]
window = 0.5 - 0.5 * np.cos(2 * np.pi * n / 256)
basis = np.concatenate([window * np.cos(2 * np.pi * k * n / 256), -window * np.sin(2 * np.pi * k * n / 256)])
worst = np.abs(tensors["model.stft.forward_basis_buffer"][:, 0] - basis).max()
assert worst < 1e-7, worst

parts = []
for i in range(4):
    parts += [tensors[f"model.encoder.{i}.reparam_conv.{kind}"] for kind in ("weight", "bias")]
rnn = {kind: tensors[f"model.decoder.rnn.{kind}"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")}
parts += [rnn["weight_ih"], rnn["weight_hh"], rnn["bias_ih"] + rnn["bias_hh"]]
parts += [tensors["model.decoder.decoder.2.weight"], tensors["model.decoder.decoder.2.bias"]]
np.concatenate([np.asarray(p, dtype="<f4").ravel() for p in parts]).tofile(out)
