"""Arguments that are numbers: taken if they are whole, whatever type they have, and refused with a sentence."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from earnest._earnest import MOST_THREADS, RATES, EarnestError


def is_number(given: Any) -> bool:
    """True of Python's and numpy's numbers, which truth values are none of."""
    return isinstance(given, (int, float, np.integer, np.floating)) and not isinstance(given, bool)


def _whole(given: Any) -> int | None:
    """The whole number that was given; None if it is none. A float that is whole is taken."""
    if isinstance(given, (bool, np.bool_)):
        return None
    if isinstance(given, (float, np.floating)):
        return int(given) if given == given // 1 else None
    try:
        return operator.index(given)
    except TypeError:
        return None


def rate_of(given: Any, name: str = "sampling_rate") -> int:
    """A rate in Hz; ``name`` is what errors call it."""
    rate = _whole(given)
    lowest, highest = RATES
    if rate is None or not lowest <= rate <= highest:
        raise EarnestError(f"{name}={_told(given)}: give a whole number of Hz, {lowest:,} to {highest:,}, as sampling_rate=16000")
    return rate


def workers_of(given: Any) -> int | None:
    """A number of threads; None for one a core."""
    if given is None:
        return None
    workers = _whole(given)
    if workers is None or not 1 <= workers <= MOST_THREADS:
        raise EarnestError(f"num_workers={_told(given)}: give a whole number, 1 to {MOST_THREADS}, or None for one a core")
    return workers


def seconds_of(given: Any, name: str) -> float:
    """A number of seconds."""
    if not is_number(given):
        raise TypeError(f"{name}={given!r} is no number of seconds, but {type(given).__name__}")
    return float(given)


def channels_of(given: Any) -> list[int]:
    """Numbers of channels, of one or of several."""
    several = [given] if isinstance(given, str) or not hasattr(given, "__iter__") else list(given)
    numbers = [_whole(one) for one in several]
    channels = [number for number in numbers if number is not None and abs(number) < 2**31]
    if not channels or len(channels) < len(several):
        raise EarnestError(f"channels={given!r}: give the number of at least one channel, as channels=0, or several, as channels=[0, 1]; -1 is the last")
    return channels


def count_of(given: Any, name: str) -> int:
    """A seed or an epoch."""
    count = _whole(given)
    if count is None or not 0 <= count < 2**63:
        raise EarnestError(f"{name}={_told(given)}: give a whole number, 0 or more and less than 2**63")
    return count


def _told(given: Any) -> str:
    # np.float64(16000.5) reads worse than 16000.5.
    return repr(given.item() if isinstance(given, np.generic) else given)
