"""The native part of the package."""

import os
from collections.abc import Sequence
from typing import Any, TypedDict, final

import numpy as np
import numpy.typing as npt

__version__: str
STARTER_CARD: str
NATIVE_RATE: int
RATES: tuple[int, int]
MOST_THREADS: int
__all__ = [
    "Augmenter",
    "EarnestError",
    "FrontEnd",
    "NATIVE_RATE",
    "RATES",
    "MOST_THREADS",
    "Recogniser",
    "RecogniserStream",
    "RowStream",
    "STARTER_CARD",
    "__version__",
    "loudest",
    "read_audio",
    "read_run",
]

_Path = str | os.PathLike[str]
_Moments = tuple[int, int | None]
_Rows = tuple[npt.NDArray[np.float32], list[int], list[int], list[int], list[int]]
_Told = tuple[list[float], float, float, bool]
_Table = tuple[list[str], list[list[str]]]

class EarnestError(ValueError): ...

@final
class FrontEnd:
    def __new__(cls, settings: str, columns: Sequence[str] | None = None) -> FrontEnd: ...
    @property
    def columns(self) -> list[str]: ...
    @property
    def words(self) -> str: ...
    @property
    def toml(self) -> str: ...
    @property
    def row_s(self) -> float: ...
    @property
    def window_s(self) -> float: ...
    @property
    def shortest_s(self) -> float: ...
    @property
    def look_ahead_s(self) -> float: ...
    def of_files(
        self,
        files: Sequence[_Path],
        moments: Sequence[_Moments],
        channels: dict[str, Any],
        rate: dict[str, Any],
        threads: int | None = None,
    ) -> _Rows: ...
    def of_signal(
        self,
        signal: npt.NDArray[Any],
        sampling_rate: int,
        moments: Sequence[_Moments],
        channels: dict[str, Any],
        rate: dict[str, Any],
        threads: int | None = None,
    ) -> _Rows: ...
    def open(self, sampling_rate: int) -> RowStream: ...

@final
class RowStream:
    @property
    def taken(self) -> int: ...
    def check(self, signal: npt.NDArray[Any]) -> None: ...
    def push(self, signal: npt.NDArray[Any]) -> npt.NDArray[np.float32]: ...
    def finish(self) -> npt.NDArray[np.float32]: ...
    def so_far(self) -> npt.NDArray[np.float32] | None: ...
    def reset(self) -> None: ...

@final
class Recogniser:
    @staticmethod
    def load(folder: _Path | None = None) -> Recogniser: ...
    @property
    def description(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def uncertain_below(self) -> float | None: ...
    def of_files(self, files: Sequence[_Path], threads: int | None = None) -> list[_Told]: ...
    def of_signal(self, signal: npt.NDArray[Any], sampling_rate: int) -> _Told: ...
    def stream(self, sampling_rate: int, windows: tuple[float, float] | None = None) -> RecogniserStream: ...

@final
class RecogniserStream:
    def check(self, signal: npt.NDArray[Any]) -> None: ...
    def push(self, signal: npt.NDArray[Any]) -> list[tuple[list[float], float, float]]: ...
    def finish(self) -> list[tuple[list[float], float, float]]: ...

@final
class Augmenter:
    def __new__(cls, chain: str, noises: Sequence[_Path], rooms: Sequence[_Path]) -> Augmenter: ...
    @property
    def chain(self) -> str: ...
    @property
    def warnings(self) -> list[str]: ...
    def apply(
        self, signal: npt.NDArray[Any], sampling_rate: int, seed: int, key: str, presentation: int
    ) -> tuple[npt.NDArray[np.float32], list[tuple[str, str]]]: ...

class _Run(TypedDict):
    units: list[dict[str, Any]]
    results: _Table
    tables: _Table
    is_crossed: bool
    missing: int
    name: str
    corpus: str
    classes: list[str]
    toml: str

def read_run(folder: _Path) -> _Run: ...
def loudest(signal: npt.NDArray[Any]) -> float: ...
def read_audio(file: _Path) -> npt.NDArray[np.float32]: ...
