"""What stands in an audio column: a path, samples with their rate, or a decoder of them."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from earnest._earnest import EarnestError


class Signal(NamedTuple):
    """Samples and their rate in Hz."""

    samples: npt.NDArray[Any]
    sampling_rate: int


def _item(value: Any, key: str) -> Any:
    # Asked by subscript and never by type: datasets 4 and later have decoders there, which are no dicts.
    try:
        return value[key]
    except (KeyError, TypeError, IndexError):
        return None


@contextlib.contextmanager
def opened(value: Any, where: str) -> Iterator[Signal | str]:
    """The samples of an audio column's value, or the path of a file with them, as long as the context lasts.

    Understands paths; ``{"array", "sampling_rate"}`` and decoders that answer to these by subscript; and what
    ``datasets.Audio(decode=False)`` gives, ``{"path", "bytes"}``. ``where`` is what errors call it.
    """
    if isinstance(value, (str, os.PathLike)):
        yield os.fspath(value)
        return
    array, rate = _item(value, "array"), _item(value, "sampling_rate")
    if array is not None and rate is not None:
        # Lists come from Arrow, which has lost what kind of floating-point numbers they were.
        samples = array if isinstance(array, np.ndarray) else np.asarray(array)
        yield Signal(samples, int(rate))
        return
    path, content = _item(value, "path"), _item(value, "bytes")
    if path is not None and os.path.exists(path):
        yield os.fspath(path)
        return
    if content is not None:
        # Files are told apart by content, so the name says nothing.
        with tempfile.TemporaryDirectory(prefix="earnest-") as folder:
            file = os.path.join(folder, os.path.basename(path or "audio"))
            with open(file, "wb") as out:
                out.write(content)
            yield file
        return
    raise EarnestError(
        f"{where} is {type(value).__name__}, which has no audio that Earnest understands: give a path, "
        "{'array': samples, 'sampling_rate': Hz}, a decoder with these, or {'path': …, 'bytes': …} of a file"
    )


def column_of(example: Any, name: str) -> Any:
    """A column of an example or batch; :class:`EarnestError` names those that there are."""
    try:
        return example[name]
    except KeyError:
        there = ", ".join(sorted(str(key) for key in example)) if hasattr(example, "__iter__") else "none"
        raise EarnestError(f"there is no column {name!r}; there are {there}") from None
