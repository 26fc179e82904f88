"""Front ends: Earnest's own names and settings for what makes features."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt

from earnest import _earnest
from earnest.arguments import rate_of
from earnest.paths import path_of
from earnest.samples import mono_of, warn_of_scale


class FrontEnd:
    """What turns a recording into rows of features, by Earnest's own name and settings.

    ``settings`` is a name (``lld32``, ``egemaps-v01a``, ``egemaps-v02``, ``functionals``, ``logmel``) or a table in
    TOML with ``name`` and the front end's keys. An unknown name or key raises :class:`earnest.EarnestError`, which names the nearest.

    >>> import earnest
    >>> mel = earnest.FrontEnd('name = "logmel"\\nbands = 40')
    >>> mel.words
    'logmel: 40 ...'
    >>> mel.extract(np.zeros(16_000, np.float32), 16_000).shape
    (98, 40)
    """

    def __init__(self, settings: str) -> None:
        if not isinstance(settings, str):
            raise TypeError(f"settings={settings!r} is no text, but {type(settings).__name__}; give a name as 'lld32', or a table in TOML")
        toml = settings if "=" in settings else f'name = "{settings}"'
        self._native = _earnest.FrontEnd(toml)

    @property
    def columns(self) -> list[str]:
        """Names of the columns, in order."""
        return self._native.columns

    @property
    def words(self) -> str:
        """Name and settings in a line."""
        return self._native.words

    @property
    def settings(self) -> str:
        """Every setting, as TOML: whoever has the same settings has the same bits."""
        return self._native.toml

    @property
    def row_s(self) -> float:
        """Seconds from the start of one row to that of the next; infinite where a recording has one row."""
        return self._native.row_s

    @property
    def shortest_s(self) -> float:
        """Seconds of audio that the first row needs; what is shorter has none."""
        return self._native.shortest_s

    def extract(self, signal: npt.ArrayLike, sampling_rate: int) -> npt.NDArray[np.float32]:
        """The features of a signal, ``[rows, columns]`` float32; no rows if it is too short.

        ``signal`` is ``[n]``: float32 or float64 of full scale 1.0, or int16; float32 without gaps is not copied. It is worked on
        at its own rate, in Hz. Raises :class:`earnest.EarnestError` for samples that are no numbers and for other rates than the
        front end has (descriptors: 8,000 to 48,000).
        """
        array = mono_of(signal)
        if array.ndim != 1:
            raise _earnest.EarnestError(f"the signal has the shape {array.shape}; extract takes one channel, [n]")
        rate = rate_of(sampling_rate)
        warn_of_scale(array)
        values, *_ = self._native.of_signal(array, rate, [(0, None)], _FIRST, _OWN)
        return values

    def extract_file(self, file: str | os.PathLike[str]) -> npt.NDArray[np.float32]:
        """The features of a file's first channel, at its own rate: ``[rows, columns]`` float32.

        Raises :class:`FileNotFoundError` and other ``OSError``, or :class:`earnest.EarnestError` for what is no whole recording.
        """
        values, *_ = self._native.of_files([path_of(file)], [(0, None)], _FIRST, _OWN, 1)
        return values

    def __repr__(self) -> str:
        return f"FrontEnd({self.settings.strip()!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FrontEnd) and self.settings == other.settings

    def __hash__(self) -> int:
        return hash(self.settings)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.settings,)


#: The first channel, and a recording's own rate.
_FIRST: dict[str, Any] = {"numbers": [0], "mixdown": False}
_OWN: dict[str, Any] = {"sampling_rate": None, "resample": False}
