"""Moments in a recording, as users write them, in nanoseconds as pandas counts them."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np
import numpy.typing as npt

from earnest._earnest import EarnestError

_UNITS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "milliseconds": 1_000_000,
    "s": 1_000_000_000,
    "sec": 1_000_000_000,
    "seconds": 1_000_000_000,
    "m": 60_000_000_000,
    "min": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_WITH_UNIT = re.compile(r"([0-9]*\.?[0-9]+) *([A-Za-z]+)")


def of_seconds(seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Seconds in nanoseconds to the digit as pandas makes them: whole seconds, and the rest to nine digits."""
    whole = np.floor(seconds)
    rest = np.round(seconds - whole, 9)
    # The product is cut and not rounded, as pandas cuts it.
    return whole.astype(np.int64) * 1_000_000_000 + (rest * 1e9).astype(np.int64)


def grid(row_s: float, window_s: float, rate: Any) -> tuple[Any, Any]:
    """How far rows are apart and how long their windows are, in samples: whole numbers, as front ends round them."""
    return np.floor(row_s * rate + 0.5), np.floor(window_s * rate + 0.5)


def nanoseconds(moment: Any, name: str) -> int | None:
    """A moment in nanoseconds; None for None, NaT and NaN, which are a recording's end.

    Numbers are seconds; texts have a unit (``"500ms"``). ``name`` is what errors call it.
    """
    if isinstance(moment, np.ndarray) and moment.ndim == 0:
        moment = moment[()]
    if moment is None or type(moment).__name__ == "NAType":  # pandas' NA is unlike anything, itself included
        return None
    if isinstance(moment, str):
        found = _of_text(moment, name)
    elif isinstance(moment, np.timedelta64):
        found = (
            None
            if np.isnat(moment)
            else _of_timedelta64(moment, name)
        )
    elif isinstance(moment, datetime.timedelta):
        # pandas' Timedelta is one, with nanoseconds besides; its NaT is unlike itself.
        whole = (moment.days * 86_400 + moment.seconds) * 1_000_000 + moment.microseconds
        found = whole * 1_000 + int(getattr(moment, "nanoseconds", 0))
    elif isinstance(moment, (int, float, np.integer, np.floating)) and not isinstance(moment, bool):
        seconds = float(moment) if isinstance(moment, (float, np.floating)) or abs(int(moment)) < 10**18 else np.inf
        if seconds != seconds:
            return None
        if abs(seconds) > 1e9:
            raise EarnestError(f"{name}={moment!r} is no moment of a recording, in seconds")
        found = int(of_seconds(np.array(seconds)))
    elif _is_unlike_itself(moment):
        return None
    else:
        raise TypeError(
            f"{name}={moment!r} is no moment; give seconds, a pandas.Timedelta, or a text with a unit as '500ms'"
        )
    if found is not None and found >= 1 << 62:
        raise EarnestError(f"{name}={moment!r} is no moment of a recording, which is not that long")
    if found is not None and found < 0:
        raise EarnestError(f"{name}={moment!r} lies before the recording's beginning; moments count from 0")
    return found


def _of_timedelta64(moment: np.timedelta64, name: str) -> int:
    try:
        seconds = float(moment / np.timedelta64(1, "s"))
    except TypeError:  # of months, which have no length, or of no unit
        raise EarnestError(f"{name}={moment!r} has no length in seconds; give seconds") from None
    if abs(seconds) > 1e9:
        raise EarnestError(f"{name}={moment!r} is no moment of a recording, which is not that long")
    return int(moment.astype("timedelta64[ns]").astype(np.int64))


def _is_unlike_itself(moment: Any) -> bool:
    """True of NaT and other NaNs."""
    try:
        return bool(moment != moment)
    except (TypeError, ValueError):
        return False


def _of_text(text: str, name: str) -> int | None:
    if text in ("None", "NaT", "nat"):
        return None
    match = _WITH_UNIT.fullmatch(text.strip())
    unit = _UNITS.get(match[2].lower()) if match else None
    if match is None or unit is None:
        raise EarnestError(
            f"{name}={text!r} is no moment: a text has a number and a unit, as '1.5s' or '500ms' "
            f"(units: {', '.join(_UNITS)}); numbers without one are seconds"
        )
    return round(float(match[1]) * unit)


def span(start: Any, end: Any, of: str) -> tuple[int, int | None]:
    """Start and end in nanoseconds; ``of`` is what errors say they are of."""
    first = nanoseconds(start, "start") or 0
    last = nanoseconds(end, "end")
    if last is not None and last < first:
        raise EarnestError(f"{of}: its end ({end!r}) lies before its start ({start!r})")
    return first, last
