"""Writes SOFA files in each version of HDF5's format and each way to index chunks, for
tests/rooms.rs. All hold the same responses, which a formula gives.

    pip install h5py==3.16          # with HDF5 2.0
    python crates/earnest-corpus/compare/write_latest_sofa.py
"""

from pathlib import Path

import h5py
import numpy as np

OUT = Path(__file__).parent.parent / "tests/sofa"
M, R, N = 3, 2, 100
m, r, n = np.meshgrid(np.arange(M), np.arange(R), np.arange(N), indexing="ij")
IR = ((m * 7 + r * 3 + n * 5) % 17 - 8) / 16

LAYOUTS = {
    "contiguous": {},
    "chunked": dict(chunks=(1, R, N)),
    "gzip": dict(chunks=(1, R, N), compression="gzip", shuffle=True, fletcher32=True),
    "single": dict(chunks=(M, R, N), compression="gzip"),
    "growing": dict(chunks=(1, 1, 50), compression="gzip", maxshape=(None, R, N)),
}
for version in ["earliest", "v108", "v110", "latest"]:
    for name, how in LAYOUTS.items():
        bounds = version if version in ["earliest", "latest"] else (version, version)
        with h5py.File(OUT / f"{version}_{name}.sofa", "w", libver=bounds) as f:
            for key, value in dict(
                Conventions="SOFA", SOFAConventions="SingleRoomSRIR", DataType="FIR", RoomType="reverberant"
            ).items():
                f.attrs[key] = value
            f.create_dataset("Data.IR", data=IR, **how)
            f.create_dataset("Data.SamplingRate", data=np.array([48000.0]))
            f.create_dataset("Data.Delay", data=np.zeros((1, R)))
            places = f.create_dataset("SourcePosition", data=np.array([[10.0 * i, 0, 1] for i in range(M)]))
            places.attrs["Type"] = "spherical"
