"""A scikit-learn transformer: recordings in, functionals out."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, TransformerMixin  # type: ignore[import-untyped]

from earnest._earnest import EarnestError
from earnest.arguments import rate_of
from earnest.audio_column import Signal, opened
from earnest.feature_set import FeatureLevel
from earnest.paths import path_of
from earnest.samples import array_of, is_samples
from earnest.smile import Smile


class FunctionalsTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Functionals of recordings, as a step of a scikit-learn pipeline. It learns nothing.

    Args:
        feature_set: a :class:`earnest.FeatureSet`, or its name.
        sampling_rate: rate of arrays, in Hz, which say nothing of it themselves; files and others have their own.
        channels, mixdown: as :class:`earnest.Smile` has them.
        num_workers: threads; None for one a core.

    Recordings are a list, a column (a pandas Series, a table or an array ``[recordings, 1]``, as ``ColumnTransformer`` gives) or an array
    ``[recordings, n]`` of samples. Each is a path, an ``[n]`` or ``[channels, n]`` arrays, or what audio columns have. One that is shorter than 60 ms
    is an error that says which: a row of NaN would fail later, without saying why.

    >>> import earnest
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from sklearn.svm import SVC
    >>> pipeline = make_pipeline(earnest.FunctionalsTransformer(sampling_rate=16_000), StandardScaler(), SVC())
    >>> t = np.arange(16_000) / 16_000
    >>> tones = [0.3 * np.sin(2 * np.pi * hz * t) for hz in (120, 130, 240, 250)]
    >>> pipeline.fit(tones, ["low", "low", "high", "high"]).predict(tones[:1]).tolist()
    ['low']
    """

    def __init__(
        self,
        feature_set: str = "eGeMAPSv02",
        *,
        sampling_rate: int | None = None,
        channels: int | Sequence[int] = 0,
        mixdown: bool = False,
        num_workers: int | None = None,
    ) -> None:
        self.feature_set = feature_set
        self.sampling_rate = sampling_rate
        self.channels = channels
        self.mixdown = mixdown
        self.num_workers = num_workers

    def fit(self, X: Any, y: Any = None) -> FunctionalsTransformer:
        """Checks the parameters; ``X`` and ``y`` teach it nothing."""
        self._smile()
        return self

    def fit_transform(self, X: Any, y: Any = None, **fit_params: Any) -> Any:
        """:meth:`transform`."""
        return self.fit(X, y).transform(X)

    def transform(self, X: Any) -> npt.NDArray[np.float32]:
        """Functionals of each recording: ``[recordings, features]`` float32."""
        smile = self._smile()
        if isinstance(X, (str, os.PathLike)):
            raise EarnestError("recordings are a list; one path was given: put it into a list")
        recordings = list(_column_of(X))
        if not recordings:
            raise EarnestError("there are no recordings to make functionals of")
        if all(isinstance(one, (str, os.PathLike)) for one in recordings):
            return _rows(smile, [path_of(one) for one in recordings])
        return np.concatenate([self._of(smile, one, i) for i, one in enumerate(recordings)])

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[Any]:
        """Names of the columns; of several channels with the channel's number first."""
        smile = self._smile()
        if smile.num_channels == 1:
            return np.array(smile.feature_names, dtype=object)
        return np.array([f"{c}_{name}" for c in smile.channels for name in smile.feature_names], dtype=object)

    def _smile(self) -> Smile:
        if self.sampling_rate is not None:
            rate_of(self.sampling_rate)
        return Smile(
            self.feature_set,
            FeatureLevel.Functionals,
            channels=self.channels,
            mixdown=self.mixdown,
            num_workers=self.num_workers,
        )

    def _of(self, smile: Smile, recording: Any, number: int) -> npt.NDArray[np.float32]:
        if is_samples(recording) and not isinstance(recording, Signal):
            if self.sampling_rate is None:
                raise EarnestError(f"recording {number} is an array, which says nothing of its rate: give sampling_rate")
            recording = Signal(array_of(recording), rate_of(self.sampling_rate))
        if isinstance(recording, Signal):
            return _row(smile, recording, number)
        with opened(recording, f"recording {number}") as sound:
            if isinstance(sound, Signal):
                return _row(smile, sound, number)
            return _rows(smile, [sound.path])

    def __sklearn_is_fitted__(self) -> bool:
        # It learns nothing, so it never has to be fitted.
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        # Recordings are no table of numbers, and nothing is learned of them.
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.no_validation = True
        tags.requires_fit = False
        return tags


def _column_of(X: Any) -> Any:
    """The recordings of what scikit-learn passes on: a table of one column, or an array of one, is that column."""
    is_table = hasattr(X, "iloc") and hasattr(X, "columns")
    is_of_things = isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "OUT"
    if not (is_table or is_of_things):
        return X
    if X.shape[1] != 1:
        columns = f": {', '.join(str(name) for name in list(X.columns)[:8])}" if is_table else ""
        raise EarnestError(f"there are {X.shape[1]} columns{columns}; give the one that has the recordings, as table[['file']]")
    return X.iloc[:, 0] if is_table else X[:, 0]


def _rows(smile: Smile, files: list[str]) -> npt.NDArray[np.float32]:
    rows = smile._rows_of_files(files, [(0, None)] * len(files))
    for file, count in zip(files, rows.counts):
        if count == 0:
            raise EarnestError(f"{file} is shorter than 60 ms, so it has no functionals; leave it out")
    return np.concatenate(rows.values)


def _row(smile: Smile, signal: Signal, number: int) -> npt.NDArray[np.float32]:
    with warnings.catch_warnings():
        # The error below says it, with the recording's number.
        warnings.simplefilter("ignore", UserWarning)
        values = smile(signal.samples, signal.sampling_rate)
    if np.isnan(values).any():
        raise EarnestError(f"recording {number} is shorter than 60 ms, so it has no functionals; leave it out")
    return values.reshape(1, -1)
