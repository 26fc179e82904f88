"""Writes room responses as other tools write them, for tests/rooms.rs: scipy (.mat) and sofar (.sofa).

    pip install scipy sofar netCDF4==1.7.2   # sofar 1.3 writes no texts with 1.7.5
    python crates/earnest-corpus/compare/write_rooms.py crates/earnest-corpus/tests/rooms

The responses are made here: a direct sound and decaying noise from a fixed seed. What they are
is stored beside them in expected.json.
"""

import json
import struct
import sys
from pathlib import Path

import numpy as np
import scipy.io
import sofar

OUT = Path(sys.argv[1])
OUT.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(7)
expected = {}


def response(rt60, fs, delay, seconds=None):
    n = int((seconds or 1.2 * rt60) * fs)
    t = np.arange(n) / fs
    tail = 0.05 * random.standard_normal(n) * 10 ** (-3 * t / rt60)
    out = np.zeros(delay + n)
    out[delay:] = tail
    out[delay] = 0.8
    return out


def remember(name, channels, fs):
    expected[name] = {
        "rate": fs,
        "channels": [
            {"samples": len(c), "first": [float(x) for x in c[:300:50]], "sum": float(np.sum(c)), "at": int(np.argmax(np.abs(c)))}
            for c in channels
        ],
    }


def info(room, channel, fs):
    return {
        "fs": fs, "rir_type": 1, "room": room, "channel": channel, "head": 1, "rir_no": 2,
        "distance": 1.5, "azimuth": 90, "mic_type": "HMS2",
    }


# One channel a file, compressed or not, as double or single, as a row or a column.
for room, channel, options in [
    ("booth", 0, {"do_compression": True}),
    ("booth", 1, {"do_compression": False}),
    ("aula_carolina", 1, {"do_compression": True, "oned_as": "column"}),
]:
    h = response(0.12 if room == "booth" else 0.3, 48000, 150 + 20 * channel, 0.12 if room == "booth" else 0.27)
    stem = f"air_binaural_{room}_{channel}_1_2" + ("_90" if room != "booth" else "")
    value = h[:, None] if options.get("oned_as") == "column" else h[None, :]
    scipy.io.savemat(OUT / f"{stem}.mat", {"h_air": value, "air_info": info(room, channel, 48000)}, **options)
    remember(f"{stem}.mat", [h], 48000)

both = np.stack([response(0.1, 16000, 40)[:1900], response(0.1, 16000, 52)[:1900]])
scipy.io.savemat(
    OUT / "air_binaural_office_both.mat",
    # Whole numbers in small types, as MATLAB stores them.
    {"h_air": both.astype(np.float32), "air_info": info("office", 0, np.uint16(16000))},
)
remember("air_binaural_office_both.mat", both.astype(np.float32).astype(float), 16000)



# As MATLAB itself stores doubles: whole numbers in the smallest type that holds them (MAT-File
# Level 5 format, "data compression of numbers"), which scipy reads but never writes.
def element(kind, data):
    return struct.pack("<II", kind, len(data)) + data + b"\0" * (-len(data) % 8)


def matrix(name, dims, klass, rest):
    flags = element(6, struct.pack("<II", klass, 0))
    body = flags + element(5, struct.pack(f"<{len(dims)}i", *dims)) + element(1, name.encode()) + rest
    return struct.pack("<II", 14, len(body)) + body


def double_as_uint16(name, value):
    small = struct.pack("<HHHH", 4, 2, value, 0)  # small data element: miUINT16, 2 bytes
    return matrix(name, (1, 1), 6, small)


def char(name, text):
    return matrix(name, (1, len(text)), 4, element(4, text.encode("utf-16-le")))


h = response(0.1, 48000, 120, 0.1)
fields = [("fs", double_as_uint16("", 48000)), ("room", char("", "kitchen"))]
names = b"".join(n.encode().ljust(32, b"\0") for n, _ in fields)
structure = matrix(
    "air_info",
    (1, 1),
    2,
    struct.pack("<HHi", 5, 4, 32) + element(1, names) + b"".join(v for _, v in fields),
)
data = matrix("h_air", (1, len(h)), 6, element(9, struct.pack(f"<{len(h)}d", *h)))
header = b"MATLAB 5.0 MAT-file, by hand".ljust(124) + struct.pack("<H2s", 0x0100, b"IM")
path = OUT / "air_binaural_kitchen_1_0_3.mat"
path.write_bytes(header + data + structure)
read = scipy.io.loadmat(path)
assert read["air_info"]["fs"][0, 0][0, 0] == 48000 and np.array_equal(read["h_air"][0], h)
remember(path.name, [h], 48000)

sofa = sofar.Sofa("SingleRoomSRIR")
m, r, n = 3, 2, 1920
ir = np.stack([[response(0.09, 16000, 30 + 9 * k + 4 * ear, 0.12)[:n] for ear in range(r)] for k in range(m)])

sofa.Data_IR = ir
sofa.Data_SamplingRate = 16000
sofa.Data_Delay = np.array([[0, 3]])
sofa.ReceiverPosition = np.array([[0, 0.09, 0], [0, -0.09, 0]])
for name in ["ReceiverDescriptions", "ReceiverView", "ReceiverUp", "ReceiverView_Type", "ReceiverView_Units"]:
    sofa.delete(name)
sofa.SourcePosition_Type = "spherical"
sofa.SourcePosition_Units = "degree, degree, metre"
sofa.SourcePosition = np.array([[0.0, 0.0, 1.6], [90.0, 0.0, 1.6], [180.0, 10.0, 1.6]])
sofa.ListenerPosition = np.zeros((m, 3))
sofa.ListenerView = np.tile([1, 0, 0], (m, 1))
sofa.ListenerUp = np.tile([0, 0, 1], (m, 1))
sofa.MeasurementDate = np.zeros(m)
sofa.GLOBAL_RoomType = "reverberant"
sofa.GLOBAL_RoomDescription = "made for a test"
sofa.GLOBAL_DatabaseName = "earnest"
sofar.write_sofa(str(OUT / "lab.sofa"), sofa)
delays = [0, 3]
remember(
    "lab.sofa",
    [np.concatenate([np.zeros(delays[ear]), ir[k, ear]]) for k in range(m) for ear in range(r)],
    16000,
)

json.dump(expected, open(OUT / "expected.json", "w"), indent=1)
print({k: v["rate"] for k, v in expected.items()})
