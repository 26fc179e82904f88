"""Samples that users give, as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from earnest import _earnest
from earnest._earnest import EarnestError
from earnest.warning import warn

#: Full scale is 1; samples that are larger than this are of another scale, and not merely loud.
_FAR_BEYOND = 2.0

#: Samples of one call that are worked on before a person can stop it by Ctrl-C.
PIECE = 1 << 18


def array_of(samples: Any) -> npt.NDArray[Any]:
    """Samples as an array, of lists too. Says what to do with bytes and with masked arrays."""
    if isinstance(samples, (bytes, bytearray)) or (isinstance(samples, memoryview) and samples.format == "B"):
        raise TypeError(
            "samples are an array, and bytes say nothing of what they are: np.frombuffer(data, np.int16) makes one of 16-bit samples"
        )
    if isinstance(samples, np.ma.MaskedArray):
        raise EarnestError(
            "the array is masked, and there are no gaps in a recording: give signal.filled(0) for silence there, or signal.data "
            "for what lies below the mask"
        )
    try:
        array = np.asarray(samples)
    except (ValueError, TypeError) as error:
        raise EarnestError(f"samples cannot be made an array of: {error}") from None
    if array.ndim == 0 or array.dtype.kind in "OSU":
        what = type(samples).__name__ if array.ndim == 0 else f"of type {array.dtype}"
        raise EarnestError(f"the samples are {what}; give an array [n] of numbers: float32 or float64 (full scale 1.0), or int16")
    return array


def is_samples(value: Any) -> bool:
    """True for samples by themselves: arrays, lists, and what numpy makes an array of, as PyTorch's tensors on the CPU."""
    return isinstance(value, (list, tuple, bytes, bytearray)) or hasattr(value, "__array__")


def mono_of(samples: Any) -> npt.NDArray[Any]:
    """Samples of one channel: ``[n, 1]``, as sound cards give them, is ``[n]``."""
    array = array_of(samples)
    if array.ndim == 2 and array.shape[1] == 1 and array.shape[0] != 1:
        return array[:, 0]
    return array


def warn_of_scale(array: npt.NDArray[Any]) -> bool:
    """Warns of samples that are far beyond full scale, as 16-bit ones that became floats; True if it did."""
    if array.dtype.kind != "f" or array.size == 0:
        return False
    loudest = _earnest.loudest(array)
    if loudest <= _FAR_BEYOND:
        return False
    warn(
        f"the samples go up to {loudest:g}, and full scale is 1, so what is beyond is cut off or far too loud; if they are 16-bit "
        "samples as floats, divide them by 32768, or give them as int16"
    )
    return True
