"""Paths that users give."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

#: Files that are named where many are missing.
_NAMED = 3


def path_of(file: Any, name: str = "file") -> str:
    """A path as text; bytes are those of the file system. ``name`` is what errors call it."""
    if isinstance(file, (str, bytes, os.PathLike)):
        return os.fsdecode(file)
    raise TypeError(f"{name}={file!r} is no path, but {type(file).__name__}; give a text or a pathlib.Path")


@contextmanager
def all_missing_named(paths: Sequence[str]) -> Iterator[None]:
    """Says of all files how many are missing, where one of several is."""
    try:
        yield
    except FileNotFoundError:
        missing = [(i, path) for i, path in enumerate(paths) if not os.path.exists(path)]
        if len(missing) < 2:
            raise
        first = ", ".join(f"{path} (number {i} of the list)" for i, path in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise FileNotFoundError(
            f"{len(missing)} of {len(paths)} files are not there: {first}{more}, counted from 0; check the folder that they lie in, or give root"
        ) from None
