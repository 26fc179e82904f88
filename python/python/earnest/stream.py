"""Features of live audio, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from earnest import _earnest
from earnest._earnest import EarnestError
from earnest.arguments import is_number, rate_of, seconds_of
from earnest.feature_set import FeatureLevel, FeatureSet, settings_of
from earnest.front_end import FrontEnd
from earnest.moments import grid
from earnest.samples import PIECE, mono_of, warn_of_scale
from earnest.tables import need_pandas

if TYPE_CHECKING:
    import pandas as pd


class Stream:
    """Features of samples as they come: the same bits as of the whole recording, however they are cut.

    Args:
        feature_set: a :class:`FeatureSet`, its name, or a :class:`FrontEnd`.
        feature_level: a :class:`FeatureLevel`, its name or value. ``LowLevelDescriptors`` gives a row each 10 ms, 70 to 470
            ms after its start; ``Functionals`` gives one row when the recording ends, and one at any time by
            :meth:`so_far`. A front end has its own level: leave it out there.
        sampling_rate: of the samples, in Hz: 8,000 to 48,000 for descriptors and functionals.
        window_s, hop_s: functionals of windows of so many seconds, each so many seconds, as soon as each is complete.

    Raises :class:`EarnestError` for what there is not.

    >>> import earnest
    >>> stream = earnest.Stream("eGeMAPSv02", sampling_rate=16_000)
    >>> rows = stream.push(np.zeros(16_000, np.float32))
    >>> rest = stream.finish()
    >>> len(rows) + len(rest), rows.shape[1]
    (96, 25)
    """

    def __init__(
        self,
        feature_set: FeatureSet | FrontEnd | str = FeatureSet.eGeMAPSv02,
        feature_level: FeatureLevel | str | None = None,
        sampling_rate: int | None = None,
        *,
        window_s: float | None = None,
        hop_s: float | None = None,
    ) -> None:
        if is_number(feature_level):
            raise TypeError(f"the second argument is feature_level, and {feature_level!r} is none; write sampling_rate={feature_level!r}")
        if sampling_rate is None:
            raise EarnestError("say the sampling_rate of the samples that will come, in Hz")
        windows = window_s is not None or hop_s is not None
        window_s = None if window_s is None else seconds_of(window_s, "window_s")
        hop_s = None if hop_s is None else seconds_of(hop_s, "hop_s")
        if isinstance(feature_set, FrontEnd):
            if feature_level is not None or windows:
                raise EarnestError("feature_level, window_s and hop_s have no effect with a FrontEnd, whose settings say all")
            native = feature_set._native
        else:
            level = FeatureLevel.of(FeatureLevel.LowLevelDescriptors if feature_level is None else feature_level)
            if windows and level is not FeatureLevel.Functionals:
                raise EarnestError("window_s and hop_s have no effect with descriptors, which have a row each 10 ms")
            toml, columns = settings_of(FeatureSet.of(feature_set), level, window_s, hop_s)
            native = _earnest.FrontEnd(toml, columns)
        self._sampling_rate = rate_of(sampling_rate)
        self._front_end = native
        self._native = native.open(self._sampling_rate)
        self._words: str = native.words
        self._has_warned = False
        self._given = 0
        self._times = np.zeros((0, 2))

    @property
    def sampling_rate(self) -> int:
        """Rate of the samples, Hz."""
        return self._sampling_rate

    @property
    def feature_names(self) -> list[str]:
        """Names of the columns, in order."""
        return self._front_end.columns

    @property
    def hop_s(self) -> float:
        """Seconds from the start of a row to that of the next; infinite where the recording has one."""
        return self._front_end.row_s

    @property
    def window_s(self) -> float:
        """Seconds that the window of a row is long; infinite where it is the whole recording."""
        return self._front_end.window_s

    @property
    def num_features(self) -> int:
        """How many columns there are."""
        return len(self.feature_names)

    @property
    def times(self) -> npt.NDArray[np.float64]:
        """Start and end of each row of the last :meth:`push` or :meth:`finish`: ``[rows, 2]``, seconds from the recording's first sample."""
        return self._times

    def push(self, samples: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Takes ``[n]`` samples (float32 or float64 of full scale 1.0, or int16), any number of them.

        Returns the rows that are final now, ``[rows, columns]`` float32, often none. Samples that are no numbers raise
        :class:`EarnestError`; then none of them is taken. Where it is interrupted (Ctrl-C), the recording is forgotten.
        """
        array = mono_of(samples)
        # All of them, before the first is taken.
        self._native.check(array)
        self._has_warned = self._has_warned or warn_of_scale(array)
        try:
            pieces = [self._native.push(array[at : at + PIECE]) for at in range(0, max(len(array), 1), PIECE)]
        except KeyboardInterrupt:
            self.reset()
            raise
        rows = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        self._number(rows, 0)
        return rows

    def finish(self) -> npt.NDArray[np.float32]:
        """Ends the recording: the rows that are left. Then the stream is as new."""
        taken = self._native.taken
        rows = self._native.finish()
        self._number(rows, taken)
        self._given = 0
        return rows

    def so_far(self) -> npt.NDArray[np.float32]:
        """Functionals of all samples so far, as if the recording ended here: ``[1, 88]``, or ``[0, 88]`` below 60 ms.

        Of a stream that gives rows as it goes this raises :class:`EarnestError`.
        """
        row = self._native.so_far()
        if row is None:
            raise EarnestError("so_far is of functionals of the whole recording; this stream gives its rows as it goes")
        return row

    def reset(self) -> None:
        """Forgets the recording: the stream is as new."""
        self._native.reset()
        self._given, self._times = 0, np.zeros((0, 2))

    def to_frame(self, rows: npt.NDArray[np.float32]) -> pd.DataFrame:
        """The rows of the last :meth:`push` or :meth:`finish` as a table with the index ``(start, end)``."""
        need_pandas("a table of rows")
        import pandas as pd

        if len(rows) != len(self._times):
            raise EarnestError(f"{len(rows)} rows are not those of the last push or finish, which gave {len(self._times)}")
        ns = np.rint(self._times * 1e9).astype(np.int64).view("timedelta64[ns]")
        index = pd.MultiIndex.from_arrays([ns[:, 0], ns[:, 1]], names=["start", "end"])
        return pd.DataFrame(rows, index=index, columns=self.feature_names, copy=False)

    def __repr__(self) -> str:
        return f"<Stream at {self._sampling_rate} Hz: {self._words}; {self.num_features} columns>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("a Stream has a recording's state, which cannot be copied or pickled; open another with the same arguments")

    def _number(self, rows: Sequence[object] | npt.NDArray[np.float32], taken: int) -> None:
        count = len(rows)
        rate = float(self.sampling_rate)
        if np.isinf(self.hop_s):
            self._times = np.array([[0.0, taken / rate]] * count).reshape(count, 2)
        else:
            hop, window = grid(self.hop_s, self.window_s, rate)
            start = (self._given + np.arange(count)) * hop
            self._times = np.stack([start, start + window], axis=1) / rate
        self._given += count
