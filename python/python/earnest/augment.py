"""Augmentation as training does it, on arrays and on examples of datasets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from earnest import _earnest
from earnest._earnest import EarnestError
from earnest.arguments import count_of, is_number, rate_of
from earnest.audio_column import Signal, column_of, opened
from earnest.samples import is_samples, mono_of, warn_of_scale
from earnest.warning import warn

#: Chains that are built in.
CHAINS = ("paper", "robust")


class Augment:
    """A chain of transforms, drawn anew for each key and epoch.

    What is drawn depends on the seed, the key and the epoch, and on nothing else: not on order, threads, workers or other examples. The
    same seed, file name and presentation give the bits of ``earnest augment`` (an epoch is its presentation less one).

    Args:
        chain: ``"paper"`` (tempo, loudness, noise, room), ``"robust"``, the path of a TOML file that ends in ``.toml``, or its text.
        seed: of all randomness, 0 or more.
        noises, rooms: folders of sounds to draw from; without, the synthetic ones that are built in. Given to a
            chain that has no such step, they are an error.
        audio_column: the column of examples that has the audio.
        key_column: the column that says which example it is; else examples need an index (``with_indices=True``).
        epoch: of examples; see :meth:`set_epoch`.

    Speech is brought to 16 kHz, one channel, and stays so. It can be pickled; whoever unpickles it reads its sounds again.

    >>> import earnest
    >>> augment = earnest.Augment("paper", seed=7)
    >>> speech = 0.1 * np.sin(2 * np.pi * 220 * np.arange(16_000) / 16_000)
    >>> a = augment(speech, 16_000, key="ann/001")
    >>> b = augment(speech, 16_000, key="ann/001")
    >>> bool((a == b).all()), a.dtype.name
    (True, 'float32')
    >>> example = {"audio": {"array": speech, "sampling_rate": 16_000}}
    >>> augment(example, 3)["audio"]["sampling_rate"]
    16000
    """

    def __init__(
        self,
        chain: str | os.PathLike[str] = "paper",
        seed: int = 1,
        *,
        noises: Sequence[str | os.PathLike[str]] = (),
        rooms: Sequence[str | os.PathLike[str]] = (),
        audio_column: str = "audio",
        key_column: str | None = None,
        epoch: int = 0,
    ) -> None:
        for folders, name in ((noises, "noises"), (rooms, "rooms")):
            if isinstance(folders, (str, os.PathLike)):
                raise TypeError(f"{name} is a list of folders: give {name}=[{os.fspath(folders)!r}]")
        self._chain = _text_of(chain)
        #: The seed.
        self.seed = count_of(seed, "seed")
        self._noises = [os.path.abspath(folder) for folder in noises]
        self._rooms = [os.path.abspath(folder) for folder in rooms]
        #: The column that has the audio.
        self.audio_column = audio_column
        #: The column that says which example it is.
        self.key_column = key_column
        #: The epoch of examples.
        self.epoch = count_of(epoch, "epoch")
        self._open()

    def _open(self) -> None:
        self._native = _earnest.Augmenter(self._chain, self._noises, self._rooms)
        for text in self._native.warnings:
            warn(text)

    @property
    def chain(self) -> str:
        """The chain as TOML, every key written out."""
        return self._native.chain

    def set_epoch(self, epoch: int) -> None:
        """Examples are drawn for this epoch from now on.

        A loader's worker processes have copies of their own: call it before they are started (without ``persistent_workers``, that is
        before each pass), or give ``epoch=`` to each call. ``datasets.map`` and its cache know the epoch, since it is part of the state.
        """
        self.epoch = count_of(epoch, "epoch")

    def apply(
        self, signal: npt.ArrayLike, sampling_rate: int, *, key: str, epoch: int | None = None
    ) -> npt.NDArray[np.float32]:
        """A presentation of samples: ``[m]`` float32 at 16 kHz, not clipped; a tempo changes their number.

        ``signal`` is ``[n]``: float32 or float64 of full scale 1.0, or int16. ``key`` says which utterance it is.
        """
        return self.explain(signal, sampling_rate, key=key, epoch=epoch)[0]

    def explain(
        self, signal: npt.ArrayLike, sampling_rate: int, *, key: str, epoch: int | None = None
    ) -> tuple[npt.NDArray[np.float32], list[dict[str, Any]]]:
        """:meth:`apply`, and what was drawn, in the order of the chain; ``words`` says each for people."""
        if not isinstance(key, str):
            raise TypeError(f"key={key!r} is no text; it says which utterance it is, as key='ann/001'")
        if not key:
            raise EarnestError("key is empty; it says which utterance it is, as key='ann/001'")
        rate = rate_of(sampling_rate)
        array = mono_of(signal)
        warn_of_scale(array)
        at = self.epoch if epoch is None else count_of(epoch, "epoch")
        samples, drawn = self._native.apply(array, rate, self.seed, key, at + 1)
        return samples, [{**json.loads(log), "words": words} for log, words in drawn]

    def __call__(
        self,
        example: Any,
        index: int | Sequence[int] | npt.NDArray[np.integer[Any]] | None = None,
        *,
        key: Any = None,
        epoch: int | None = None,
    ) -> Any:
        """An example with its audio augmented; or, of an array and its rate, its samples (:meth:`apply`).

        Examples are what ``datasets.map`` and ``set_transform`` give: a mapping with the audio column, whose value is a path,
        ``{"array", "sampling_rate"}``, a decoder with these, or ``{"path", "bytes"}``; or a batch, a mapping of lists. The column then has
        ``{"array": float32 samples, "sampling_rate": 16000}``. Which example it is says ``key_column``, or ``index``
        (``map(augment, with_indices=True)``); without either nothing is drawn, since all would draw alike. A batch has a key for each
        example: a list, an array, a column of pandas or a range. Numbers count as their texts, and a number that is whole as that
        whole number, so ``1``, ``1.0`` and ``"1"`` are one key. None, NaN and empty texts are no keys.
        """
        if is_samples(example):
            if key is None or not is_number(index):
                raise EarnestError("an array needs its rate and a key that says which utterance it is: augment(array, 16000, key='ann/001')")
            return self.apply(example, rate_of(index), key=key, epoch=epoch)
        if not isinstance(example, Mapping):
            raise TypeError(f"give an array or an example (a mapping with the column {self.audio_column!r}), not {type(example).__name__}")
        audio = column_of(example, self.audio_column)
        keys: Any = column_of(example, self.key_column) if self.key_column is not None else index
        if key is not None:
            keys = key
        if keys is None:
            raise EarnestError(
                "nothing says which example it is, so all would draw alike: make it Augment(…, key_column='id'), or map(augment, with_indices=True)"
            )
        # A batch has a list of audio; an example's own list of samples stands below its column.
        batched = isinstance(audio, (list, tuple))
        if not batched:
            return {**example, self.audio_column: self._presented(audio, _key(keys), epoch)}
        if isinstance(keys, (str, bytes, Mapping)) or not hasattr(keys, "__len__") or len(keys) != len(audio):
            raise EarnestError(f"a batch of {len(audio)} examples needs as many keys, not {keys!r}")
        # Of a column of pandas, too, by place and not by label.
        names = [_key(one, number) for number, one in enumerate(list(keys))]
        presented = [self._presented(one, name, epoch) for one, name in zip(audio, names)]
        return {**example, self.audio_column: presented}

    def _presented(self, audio: Any, key: str, epoch: int | None) -> dict[str, Any]:
        with opened(audio, f"the column {self.audio_column!r}") as sound:
            if isinstance(sound, Signal):
                samples, rate = sound
            else:
                samples, rate = _earnest.read_audio(sound.path), _earnest.NATIVE_RATE
            made = self.apply(samples, rate, key=key, epoch=epoch)
        return {"array": made, "sampling_rate": _earnest.NATIVE_RATE}

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_native"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._open()

    def __repr__(self) -> str:
        chain = self._chain if self._chain in CHAINS else "…"
        return f"Augment({chain!r}, seed={self.seed}, epoch={self.epoch})"


def _key(given: Any, number: int | None = None) -> str:
    """The key of an example as text; ``number`` says which of a batch it is."""
    of = "" if number is None else f" of example {number} of the batch"
    if isinstance(given, (str, os.PathLike)):
        key = os.fspath(given)
    elif hasattr(given, "__len__"):
        raise EarnestError(f"the key{of} is {type(given).__name__}; give a text or a number that says which example it is")
    else:
        try:
            is_missing = given is None or bool(given != given)
        except (TypeError, ValueError):
            is_missing = True  # pandas.NA
        is_whole = not is_missing and isinstance(given, (float, np.floating)) and given == given // 1
        key = "" if is_missing else str(int(given) if is_whole else given)
    if not key:
        raise EarnestError(
            f"the key{of} is {given!r}, which does not say which example it is, so all such would draw alike; give each a text or a number of its own"
        )
    return key


def _text_of(chain: str | os.PathLike[str]) -> str:
    if isinstance(chain, str) and (chain in CHAINS or "\n" in chain or "=" in chain):
        return chain
    path = os.fspath(chain)
    if not isinstance(chain, os.PathLike) and not path.endswith(".toml"):
        raise EarnestError(f"chain={chain!r} is none: there are {', '.join(CHAINS)}, the path of a .toml file, or its text")
    with open(path, encoding="utf-8") as file:
        return file.read()
