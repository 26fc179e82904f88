"""process_files of opensmile and of earnest on the same files, in turns.

    python compare/speed.py FOLDER [--rounds 3]

prints a line for each level and number of workers: seconds (the least of the rounds) and their ratio. Both read their files in that time and
make the same table. Other work on the machine hits both, since each round has both.
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path
from typing import Any

import opensmile

import earnest


def seconds(smile: Any, files: list[str]) -> float:
    began = time.perf_counter()
    smile.process_files(files)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    files = sorted(str(path) for path in arguments.folder.rglob("*.wav"))
    warnings.simplefilter("ignore")
    print(f"{len(files)} files, opensmile {opensmile.__version__}, earnest {earnest.__version__}, {arguments.rounds} rounds")
    for level in ("Functionals", "LowLevelDescriptors"):
        for workers in (1, 2):
            both = [module.Smile("eGeMAPSv02", level, num_workers=workers) for module in (opensmile, earnest)]
            for smile in both:
                smile.process_files(files[:2])
            times = [[seconds(smile, files) for smile in both] for _ in range(arguments.rounds)]
            ratios = sorted(theirs / ours for theirs, ours in times)
            theirs, ours = (min(pair[i] for pair in times) for i in (0, 1))
            print(
                f"{level:20} num_workers={workers}: opensmile {theirs:7.2f} s, earnest {ours:6.2f} s; "
                f"ratio {theirs / ours:.1f} (by round {ratios[0]:.1f} to {ratios[-1]:.1f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
