"""Features of audio columns, for ``datasets.map``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from earnest._earnest import EarnestError
from earnest.audio_column import Signal, column_of, opened
from earnest.feature_set import FeatureLevel, FeatureSet
from earnest.smile import Smile


class AudioFeatures:
    """Features of the audio column of a Hugging Face dataset: ``dataset.map(AudioFeatures())``.

    Args:
        feature_set, feature_level: as :class:`Smile` has them.
        audio_column: the column that has the audio: a path, ``{"array", "sampling_rate"}``, a decoder with these, or
            ``{"path", "bytes"}``.
        column: name of one new column with all features (``[features]`` of functionals, ``[rows, features]`` of
            descriptors). Without, functionals have a column each under their own names.

    Works on examples and on batches (``batched=True``). A recording that is shorter than 60 ms has NaN, with a warning, as
    :class:`Smile` has it. A column that is there already is an error.

    >>> import earnest
    >>> features = earnest.AudioFeatures("eGeMAPSv02", column="egemaps")
    >>> tone = 0.3 * np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000)
    >>> features({"audio": {"array": tone, "sampling_rate": 16_000}})["egemaps"].shape
    (88,)
    """

    def __init__(
        self,
        feature_set: FeatureSet | str = FeatureSet.eGeMAPSv02,
        feature_level: FeatureLevel | str = FeatureLevel.Functionals,
        *,
        audio_column: str = "audio",
        column: str | None = None,
    ) -> None:
        #: What makes the features.
        self.smile = Smile(feature_set, feature_level)
        if column is None and self.smile.feature_level is not FeatureLevel.Functionals:
            raise EarnestError("descriptors have a row each 10 ms, which take one column: say its name, column='lld'")
        #: The column that has the audio.
        self.audio_column = audio_column
        #: Name of the one new column.
        self.column = column

    def __repr__(self) -> str:
        smile = self.smile
        return (
            f"AudioFeatures({smile.feature_set.name!r}, {smile.feature_level.name!r}, audio_column={self.audio_column!r}, "
            f"column={self.column!r})"
        )

    @property
    def columns(self) -> list[str]:
        """Names of the new columns."""
        return self.smile.feature_names if self.column is None else [self.column]

    def __call__(self, example: Any) -> dict[str, Any]:
        """The new columns of an example or a batch."""
        for name in self.columns:
            if name in example:
                raise EarnestError(f"there is a column {name!r} already; say another name by column=, or remove it")
        audio = column_of(example, self.audio_column)
        if not isinstance(audio, (list, tuple)):
            return self._named([self._of(audio)], batched=False)
        return self._named([self._of(one) for one in audio], batched=True)

    def _of(self, audio: Any) -> Any:
        with opened(audio, f"the column {self.audio_column!r}") as sound:
            if isinstance(sound, Signal):
                values = self.smile(sound.samples, sound.sampling_rate)[0].T
            else:
                values = self.smile._array_of_file(sound.path, sound.name)
        return values[0] if self.smile.feature_level is FeatureLevel.Functionals else np.ascontiguousarray(values)

    def _named(self, rows: Sequence[Any], batched: bool) -> dict[str, Any]:
        if self.column is not None:
            return {self.column: list(rows) if batched else rows[0]}
        names = self.smile.feature_names
        if not batched:
            return {name: float(value) for name, value in zip(names, rows[0])}
        return {name: [float(row[i]) for row in rows] for i, name in enumerate(names)}
