"""What stands in an audio column: a path, samples with their rate, or a decoder of them."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from earnest._earnest import EarnestError
from earnest.arguments import rate_of
from earnest.paths import path_of
from earnest.samples import array_of

#: Endings of names that a file may get.
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")


class Signal(NamedTuple):
    """Samples and their rate in Hz."""

    samples: npt.NDArray[Any]
    sampling_rate: int


class File(NamedTuple):
    """A file with audio, and what warnings call it."""

    path: str
    name: str


def _item(value: Any, key: str) -> Any:
    # Asked by subscript and never by type: datasets 4 and later have decoders there, which are no dicts.
    try:
        return value[key]
    except (KeyError, TypeError, IndexError):
        return None


@contextlib.contextmanager
def opened(value: Any, where: str) -> Iterator[Signal | File]:
    """The samples of an audio column's value, or a file with them, as long as the context lasts.

    Understands paths; ``{"array", "sampling_rate"}`` and decoders that answer to these by subscript; and what
    ``datasets.Audio(decode=False)`` gives, ``{"path", "bytes"}``, of which bytes are what is heard where there are both. ``where`` is
    what errors call it.
    """
    if isinstance(value, (str, os.PathLike)):
        path = path_of(value)
        yield File(path, path)
        return
    array, rate = _item(value, "array"), _item(value, "sampling_rate")
    if array is not None and rate is not None:
        # Lists come from Arrow, which has lost what kind of floating-point numbers they were.
        samples = array if isinstance(array, np.ndarray) else array_of(array)
        yield Signal(samples, rate_of(rate, f"{where}: sampling_rate"))
        return
    path, content = _item(value, "path"), _item(value, "bytes")
    if content is not None:
        with _written(content, path, where) as file:
            yield file
        return
    if isinstance(path, (str, os.PathLike)):
        yield File(path_of(path), path_of(path))
        return
    raise EarnestError(
        f"{where} is {type(value).__name__}, which has no audio that Earnest understands: give a path, "
        "{'array': samples, 'sampling_rate': Hz}, a decoder with these, or {'path': …, 'bytes': …} of a file"
    )


@contextlib.contextmanager
def _written(content: Any, path: Any, where: str) -> Iterator[File]:
    """The bytes of a file as a file, which errors do not name: nobody gave it."""
    if not isinstance(content, (bytes, bytearray, memoryview)):
        raise EarnestError(f"{where}: 'bytes' is {type(content).__name__}; give the content of an audio file as bytes")
    called = f"{os.fspath(path)!r} in " if isinstance(path, (str, os.PathLike)) and os.fspath(path) else ""
    name = f"{called}{where} ({len(content)} bytes)"
    # Files are told apart by content; an ending helps where that says little.
    ending = os.path.splitext(str(path or ""))[1]
    with tempfile.TemporaryDirectory(prefix="earnest-") as folder:
        file = os.path.join(folder, "audio" + (ending if _ENDING.fullmatch(ending) else ""))
        with open(file, "wb") as out:
            out.write(content)
        try:
            yield File(file, name)
        except (EarnestError, OSError, RuntimeError) as error:
            if file not in str(error):
                raise
            raise type(error)(str(error).replace(file, name)) from None


def column_of(example: Any, name: str) -> Any:
    """A column of an example or batch; :class:`EarnestError` names those that there are."""
    try:
        return example[name]
    except KeyError:
        there = ", ".join(sorted(str(key) for key in example)) if hasattr(example, "__iter__") else "none"
        raise EarnestError(f"there is no column {name!r}; there are {there}") from None
