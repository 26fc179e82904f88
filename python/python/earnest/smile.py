"""opensmile-python's ``Smile``, with its methods and its tables."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from earnest import _earnest
from earnest._earnest import EarnestError
from earnest.arguments import channels_of, rate_of, workers_of
from earnest.feature_set import FeatureLevel, FeatureSet, settings_of
from earnest.moments import grid, of_seconds, span
from earnest.paths import all_missing_named, path_of
from earnest.samples import array_of, warn_of_scale
from earnest.tables import need_pandas
from earnest.warning import warn

if TYPE_CHECKING:
    import pandas as pd

#: Parts of files whose features are held before they are put together; a person can stop it between.
_AT_ONCE = 128

#: What opensmile's objects have and these have not, and why.
_LACKING = {
    "config_path": "there are no configuration files",
    "default_config_root": "there are no configuration files",
    "process": "its settings are attributes of Smile itself: sampling_rate, channels, mixdown, resample, num_workers",
    "to_yaml": "repr() has every argument",
    "to_yaml_s": "repr() has every argument",
    "to_dict": "repr() has every argument",
    "from_yaml": "repr() has every argument",
    "from_dict": "repr() has every argument",
    "id": "repr() has every argument, and equal ones are ==",
    "short_id": "repr() has every argument, and equal ones are ==",
}


class _Rows:
    """Rows of parts of recordings, and where the parts lie."""

    def __init__(self, spans: Sequence[tuple[int, int | None]]) -> None:
        self.spans = spans
        self.values: list[npt.NDArray[np.float32]] = []
        self.counts: list[int] = []
        self.rates: list[int] = []
        self.own_rates: list[int] = []
        self.lengths: list[int] = []

    def add(self, made: tuple[npt.NDArray[np.float32], list[int], list[int], list[int], list[int]]) -> None:
        values, counts, rates, own_rates, lengths = made
        self.values.append(values)
        self.counts += counts
        self.rates += rates
        self.own_rates += own_rates
        self.lengths += lengths


class Smile:
    """Descriptors and functionals of GeMAPS and eGeMAPS, with opensmile-python's calls and tables.

    Args:
        feature_set: a :class:`FeatureSet`, or its name. It has no default: opensmile's is ComParE_2016, which is not here.
        feature_level: a :class:`FeatureLevel`, or its name or value: ``Functionals`` (a row for each recording or part of one)
            or ``LowLevelDescriptors`` (a row each 10 ms).
        sampling_rate: the rate in Hz that recordings must have; None takes each at its own. Descriptors are of
            8,000 to 48,000 Hz.
        channels: number of the channel that is heard, or several; -1 is the last. Of several each has columns of its own.
        mixdown: hear the mean of ``channels``.
        resample: bring recordings to ``sampling_rate``. The resampler is Earnest's, so values differ a little from
            opensmile's there, and nowhere else.
        keep_nat: leave an end that was not given as NaT in the index of functionals.
        num_workers: threads for several files or parts; None for one a core. The same bits whatever it is.
        verbose: say on standard error how many files are done.
        options, loglevel, logfile, segment, multiprocessing: only as opensmile's defaults have them; else
            :class:`EarnestError`, since they would have no effect.

    Methods raise ``FileNotFoundError`` and other ``OSError`` for files that cannot be opened, :class:`EarnestError` (a
    ``ValueError``) for damaged ones, samples that are no numbers, channels that are not there, and ``RuntimeError``
    for a rate that is not ``sampling_rate``. What is shorter than 60 ms gets a row of NaN and a ``UserWarning``.

    >>> import earnest
    >>> smile = earnest.Smile("eGeMAPSv02", "Functionals")
    >>> smile.num_features
    88
    >>> tone = 0.3 * np.sin(2 * np.pi * 200 * np.arange(16_000) / 16_000)
    >>> smile(tone, 16_000).shape
    (1, 88, 1)
    """

    def __init__(
        self,
        feature_set: FeatureSet | str | None = None,
        feature_level: FeatureLevel | str = FeatureLevel.Functionals,
        *,
        options: dict[str, Any] | None = None,
        loglevel: int = 2,
        logfile: str | None = None,
        sampling_rate: int | None = None,
        channels: int | Sequence[int] = 0,
        mixdown: bool = False,
        resample: bool = False,
        segment: Any = None,
        keep_nat: bool = False,
        num_workers: int | None = 1,
        multiprocessing: bool = False,
        verbose: bool = False,
    ) -> None:
        if feature_set is None:
            raise EarnestError(
                "say feature_set: opensmile's default is ComParE_2016, which Earnest has not, and another set in its "
                "place would be a silent change; earnest.FeatureSet.eGeMAPSv02 is what opensmile recommends"
            )
        for given, name, advice in (
            (bool(options), "options", "they are of openSMILE's configuration files, which are not here"),
            (loglevel != 2, "loglevel", "nothing is logged; errors and warnings are Python's"),
            (logfile is not None, "logfile", "nothing is logged; errors and warnings are Python's"),
            (segment is not None, "segment", "give process_index the segments that were found"),
            (
                bool(multiprocessing),
                "multiprocessing",
                "num_workers are threads, which share the work without Python's lock",
            ),
        ):
            if given:
                raise EarnestError(f"{name} has no effect here: {advice}; leave it out")
        if resample and sampling_rate is None:
            raise EarnestError("resample=True needs the rate to bring recordings to: give sampling_rate")
        self._feature_set = FeatureSet.of(feature_set)
        self._feature_level = FeatureLevel.of(feature_level)
        #: Rate that recordings must have or are brought to, Hz; None is their own.
        self.sampling_rate = None if sampling_rate is None else rate_of(sampling_rate)
        #: Numbers of the channels that are heard.
        self.channels = channels_of(channels)
        #: True if their mean is heard.
        self.mixdown = mixdown
        #: True if recordings are brought to ``sampling_rate``.
        self.resample = resample
        #: True if an end that was not given stays NaT.
        self.keep_nat = keep_nat
        #: Threads; None for one a core.
        self.num_workers = workers_of(num_workers)
        #: True if progress is told.
        self.verbose = verbose
        toml, columns = settings_of(self.feature_set, self.feature_level)
        self._front_end = _earnest.FrontEnd(toml, columns)
        if self.resample and self.sampling_rate is not None:
            # A rate that features cannot be made at is said here, and not after the work of bringing a recording to it.
            self._front_end.open(self.sampling_rate)

    # -- what it is

    @property
    def feature_set(self) -> FeatureSet:
        """The feature set."""
        return self._feature_set

    @property
    def feature_level(self) -> FeatureLevel:
        """The feature level."""
        return self._feature_level

    @property
    def feature_names(self) -> list[str]:
        """Names of the features, in order."""
        return self._front_end.columns

    @property
    def multiprocessing(self) -> bool:
        """Always False."""
        return False

    @property
    def name(self) -> str:
        """As opensmile has it: ``"smile"``."""
        return "smile"

    @property
    def config_name(self) -> str:
        """The name of the feature set, with its version."""
        return self.feature_set.value.rsplit("/", 1)[-1]

    @property
    def num_features(self) -> int:
        """How many features there are."""
        return len(self.feature_names)

    @property
    def num_channels(self) -> int:
        """How many signals are heard: 1 where they are mixed."""
        return 1 if self.mixdown else len(self.channels)

    @property
    def column_names(self) -> pd.Index:
        """Columns of the tables: the features, or channel and feature where there are several channels."""
        need_pandas("a table of features")
        import pandas as pd

        if self.num_channels == 1:
            return pd.Index(self.feature_names)
        pairs = [(channel, name) for channel in self.channels for name in self.feature_names]
        return pd.MultiIndex.from_tuples(pairs)

    @property
    def win_dur(self) -> None:
        """None, as opensmile has it: rows have their own start and end."""
        return None

    @property
    def hop_dur(self) -> None:
        """None, as opensmile has it."""
        return None

    @property
    def params(self) -> dict[str, Any]:
        """Set, level, rate and channels, as opensmile has them."""
        channels = {f"channels.{i}": channel for i, channel in enumerate(self.channels)}
        return {
            "feature_set": self.feature_set.name,
            "feature_level": self.feature_level.name,
            "sampling_rate": self.sampling_rate,
            **channels,
            "mixdown": self.mixdown,
            "resample": self.resample,
        }

    def _same(self) -> tuple[Any, ...]:
        return (
            self.feature_set,
            self.feature_level,
            self.sampling_rate,
            tuple(self.channels),
            self.mixdown,
            self.resample,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Smile) and self._same() == other._same()

    def __hash__(self) -> int:
        return hash(self._same())

    def __repr__(self) -> str:
        channels = self.channels[0] if len(self.channels) == 1 else self.channels
        return (
            f"Smile(FeatureSet.{self.feature_set.name}, FeatureLevel.{self.feature_level.name}, "
            f"sampling_rate={self.sampling_rate}, channels={channels}, mixdown={self.mixdown}, resample={self.resample}, "
            f"keep_nat={self.keep_nat}, num_workers={self.num_workers}, verbose={self.verbose})"
        )

    if not TYPE_CHECKING:  # to whoever checks types, what is not there is an error as always

        def __getattr__(self, name: str) -> Any:
            if name in _LACKING:
                raise AttributeError(f"earnest.Smile has no {name}: {_LACKING[name]}")
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        del state["_front_end"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        toml, columns = settings_of(self.feature_set, self.feature_level)
        self._front_end = _earnest.FrontEnd(toml, columns)

    # -- files

    def process_file(
        self,
        file: str | os.PathLike[str],
        *,
        start: Any = None,
        end: Any = None,
        root: str | None = None,
        process_func_args: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Features of a file, or of what lies between two moments of it.

        Args:
            file: an audio file: WAV, AIFF, FLAC, Ogg/Vorbis or MP3, told apart by content.
            start, end: seconds, ``pandas.Timedelta``, or a text with a unit (``"500ms"``); None or NaT is the file's own.
                An end beyond the file's is the file's.
            root: folder that ``file`` lies in; the index has ``file`` as it was given.

        Returns:
            float32 table, ``[rows, features]``, with the index ``(file, start, end)``.
        """
        _no_arguments(process_func_args)
        return self._of_files([file], [span(start, end, path_of(file))], root)

    def process_files(
        self,
        files: Sequence[str] | Iterable[str | os.PathLike[str]],
        *,
        starts: Any = None,
        ends: Any = None,
        root: str | None = None,
        process_func_args: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """:meth:`process_file` of several files, in their order, ``num_workers`` at a time.

        ``starts`` and ``ends`` are one for all, or one for each file; another number of them is an error.
        """
        _no_arguments(process_func_args)
        if isinstance(files, (str, bytes, os.PathLike)):
            raise TypeError(f"process_files takes a list of files; {path_of(files)!r} is one: give process_file it")
        paths = [path_of(file, f"file {i} of the list") for i, file in enumerate(files)]
        spans = [
            span(start, end, path)
            for path, start, end in zip(paths, _each(starts, paths, "starts"), _each(ends, paths, "ends"))
        ]
        return self._of_files(paths, spans, root)

    def process_folder(
        self,
        root: str | os.PathLike[str],
        *,
        filetype: str = "wav",
        include_root: bool = True,
        process_func_args: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """:meth:`process_files` of the files in a folder (not below it) whose names end in ``filetype``, sorted.

        The index has their absolute paths, or with ``include_root=False`` their names.
        """
        _no_arguments(process_func_args)
        folder = os.path.realpath(os.path.expanduser(root))
        ending = "." + filetype.removeprefix(".")
        names = sorted(
            entry.name for entry in os.scandir(folder) if entry.name.endswith(ending) and entry.is_file()
        )
        if not names:
            raise EarnestError(
                f"no file in {folder} ends in {ending!r} (upper and lower case differ, and folders below are not "
                "looked into); give another filetype"
            )
        files = [os.path.join(folder, name) for name in names] if include_root else names
        return self._of_files(files, [(0, None)] * len(files), None if include_root else folder)

    def process_index(
        self,
        index: pd.Index,
        *,
        preserve_index: bool = False,
        root: str | None = None,
        cache_root: str | None = None,
        process_func_args: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Features of what an index of audformat names: ``file``, or ``(file, start, end)``.

        Parts of a file that follow each other decode it once. With ``preserve_index`` the table has the index that was given,
        which functionals only can have.
        """
        need_pandas("process_index")
        import pandas as pd

        _no_arguments(process_func_args)
        if not isinstance(index, pd.Index):
            raise TypeError(
                f"process_index takes an index of pandas, not {type(index).__name__}: give pandas.Index(files, name='file') or a table's .index, "
                "or process_files a list"
            )
        if cache_root is not None:
            raise EarnestError("cache_root has no effect here: nothing is cached; leave it out, or save the table")
        names = list(index.names)
        if isinstance(index, pd.MultiIndex):
            if names != ["file", "start", "end"]:
                raise EarnestError(f"the index has the levels {names}; audformat's are file, start and end")
            files = [str(file) for file in index.get_level_values("file")]
            starts, ends = index.get_level_values("start"), index.get_level_values("end")
            spans = [span(start, end, file) for file, start, end in zip(files, starts, ends)]
        else:
            if names not in (["file"], [None]):
                raise EarnestError(f"the index is called {names[0]!r}; audformat's is file, or (file, start, end)")
            files = [str(file) for file in index]
            spans = [(0, None)] * len(files)
        if preserve_index and self.feature_level is not FeatureLevel.Functionals:
            raise EarnestError(
                "preserve_index=True needs one row for each part; descriptors have one each 10 ms: leave it out, or ask for functionals"
            )
        frame = self._of_files(files, spans, root)
        if preserve_index:
            frame.index = index
        return frame

    # -- signals

    def process_signal(
        self,
        signal: npt.ArrayLike,
        sampling_rate: int,
        *,
        file: str | None = None,
        start: Any = None,
        end: Any = None,
        process_func_args: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Features of samples, or of what lies between two moments of them.

        Args:
            signal: ``[n]`` or ``[channels, n]``: float32 or float64 of full scale 1.0 (what is beyond is taken as full
                scale), or int16. float32 without gaps is not copied; do not change it meanwhile.
            sampling_rate: Hz.
            file: a name for the index, which then has ``(file, start, end)``; otherwise it has ``(start, end)``.
            start, end: as :meth:`process_file` has them.
        """
        _no_arguments(process_func_args)
        spans = [span(start, end, file or "the signal")]
        return self._frame(self._of_signal(signal, sampling_rate, spans), None if file is None else [file], of_signal=True)

    def process_signal_from_index(
        self,
        signal: npt.ArrayLike,
        sampling_rate: int,
        index: pd.MultiIndex,
        process_func_args: dict[str, object] | None = None,
    ) -> pd.DataFrame:
        """Features of the parts of a signal that an index with the levels ``start`` and ``end`` names."""
        _no_arguments(process_func_args)
        if not hasattr(index, "get_level_values"):
            raise TypeError(f"process_signal_from_index takes an index of pandas with the levels start and end, not {type(index).__name__}")
        if list(index.names) != ["start", "end"]:
            raise EarnestError(f"the index has the levels {list(index.names)}; they are start and end")
        if index.has_duplicates:
            raise EarnestError(f"the index names a part twice: {index[index.duplicated()][0]}")
        starts, ends = index.get_level_values("start"), index.get_level_values("end")
        spans = [span(start, end, "the signal") for start, end in zip(starts, ends)]
        if not spans:
            raise EarnestError("the index names no part of the signal")
        return self._frame(self._of_signal(signal, sampling_rate, spans), None, of_signal=True)

    def __call__(self, signal: npt.ArrayLike, sampling_rate: int) -> npt.NDArray[np.float32]:
        """The features of samples as an array ``[channels, features, rows]``, float32; takes no pandas."""
        rows = self._of_signal(signal, sampling_rate, [(0, None)])
        values, _ = self._filled(rows, None)
        return self._by_channel(values)

    def to_numpy(self, frame: pd.DataFrame) -> npt.NDArray[np.float32]:
        """The values of a table of these features as an array ``[channels, features, rows]``."""
        width = self.num_channels * self.num_features
        if frame.shape[1] != width:
            raise EarnestError(f"the table has {frame.shape[1]} columns; these features have {width}")
        return np.ascontiguousarray(self._by_channel(frame.to_numpy()))

    # -- within

    def _by_channel(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return values.reshape(len(values), self.num_channels, self.num_features).transpose(1, 2, 0)

    @property
    def _channels(self) -> dict[str, Any]:
        return {"numbers": self.channels, "mixdown": self.mixdown}

    @property
    def _rate(self) -> dict[str, Any]:
        return {"sampling_rate": self.sampling_rate, "resample": self.resample}

    def _of_signal(
        self, signal: npt.ArrayLike, sampling_rate: int, spans: Sequence[tuple[int, int | None]]
    ) -> _Rows:
        array, rate = array_of(signal), rate_of(sampling_rate)
        warn_of_scale(array)
        rows = _Rows(spans)
        rows.add(
            self._front_end.of_signal(
                array, rate, list(spans), self._channels, self._rate, self.num_workers
            )
        )
        return rows

    def _rows_of_files(
        self,
        names: Sequence[str],
        spans: Sequence[tuple[int, int | None]],
        root: str | None = None,
    ) -> _Rows:
        if not names:
            raise EarnestError("no files were given; there is nothing to make a table of")
        paths = names if root is None else [os.path.join(root, name) for name in names]
        rows = _Rows(spans)
        done = 0
        while done < len(paths):
            end = min(done + _AT_ONCE, len(paths))
            # Parts of one file stay together, so that it is decoded once.
            while end < len(paths) and paths[end] == paths[end - 1]:
                end += 1
            part = list(paths[done:end]), list(spans[done:end])
            with all_missing_named(paths):
                rows.add(self._front_end.of_files(*part, self._channels, self._rate, self.num_workers))
            done = end
            if self.verbose:
                print(f"earnest: {done} of {len(paths)} files", file=sys.stderr)
        return rows

    def _of_files(
        self,
        files: Sequence[str | os.PathLike[str]],
        spans: Sequence[tuple[int, int | None]],
        root: str | None,
    ) -> pd.DataFrame:
        names = [path_of(file) for file in files]
        return self._frame(self._rows_of_files(names, spans, root), names)

    def _array_of_file(self, path: str, name: str) -> npt.NDArray[np.float32]:
        """Features of a file as ``[rows, features]``, without pandas; a row of NaN if it is too short."""
        return self._filled(self._rows_of_files([path], [(0, None)]), [name])[0]

    def _filled(
        self, rows: _Rows, names: Sequence[str] | None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """All values, with a row of NaN for parts that have none; and how many rows each part has."""
        values = rows.values[0] if len(rows.values) == 1 else np.concatenate(rows.values)
        counts = np.array(rows.counts, np.int64)
        short = counts == 0
        if not short.any():
            return values, counts
        first = int(np.argmax(short))
        start, end = rows.spans[first]
        what = "the signal" if names is None else names[first]
        where = "" if (start, end) == (0, None) else f" (from {start / 1e9:g} s{'' if end is None else f' to {end / 1e9:g} s'})"
        others = int(short.sum()) - 1
        length_s = rows.lengths[first] / rows.own_rates[first]
        is_beyond = start > 0 and start / 1e9 >= length_s
        why = (
            f"begins where there is nothing any more: the recording lasts {length_s:g} s"
            if is_beyond
            else f"is shorter than {self._front_end.shortest_s * 1000:.0f} ms"
        )
        warn(f"{what}{where} {why}, so its row is NaN" + (f"; so are those of {others} others" if others else ""))
        filled = np.full((int(np.maximum(counts, 1).sum()), values.shape[1]), np.nan, np.float32)
        filled[np.repeat(~short, np.maximum(counts, 1))] = values
        return filled, np.maximum(counts, 1)

    def _frame(self, rows: _Rows, names: Sequence[str] | None, *, of_signal: bool = False) -> pd.DataFrame:
        need_pandas("a table of features")
        import pandas as pd

        values, counts = self._filled(rows, names)
        part = np.repeat(np.arange(len(counts)), counts)
        start = np.array([first for first, _ in rows.spans], np.int64)
        own = np.array(rows.own_rates, np.float64)
        length = of_seconds(np.array(rows.lengths) / own)
        given = np.array([end is not None for _, end in rows.spans])
        end = np.array([0 if end is None else end for _, end in rows.spans], np.int64)
        own_end = length
        if not of_signal:
            # opensmile-python's is the sum of where a file is cut and how long the rest is, each in whole nanoseconds.
            cut = np.minimum(np.rint(start / 1e9 * own), rows.lengths) / own
            own_end = np.where(start > 0, of_seconds(cut) + of_seconds(np.array(rows.lengths) / own - cut), length)
        end = np.maximum(np.where(given, np.minimum(end, length), own_end), start)
        if self.feature_level is FeatureLevel.Functionals:
            if self.keep_nat:
                end = np.where(given, end, np.iinfo(np.int64).min)
            starts, ends = start[part], end[part]
        else:
            rate = np.array(rows.rates, np.float64)
            hop, window = grid(self._front_end.row_s, self._front_end.window_s, rate)
            last = np.cumsum(counts) - 1
            number = np.arange(len(part)) - np.repeat(last + 1 - counts, counts)
            at = number * hop[part]
            starts = start[part] + of_seconds(at / rate[part])
            ends = start[part] + of_seconds((at + window[part]) / rate[part])
            # The last row reaches to the end, as opensmile has it, and a row of NaN is of the whole part.
            ends[last] = end
        levels: list[Any] = [starts.view("timedelta64[ns]"), ends.view("timedelta64[ns]")]
        level_names = ["start", "end"]
        if names is not None:
            try:
                of_files = pd.Index(list(names))
            except UnicodeEncodeError:  # names of files that are no text have no place in pandas' own texts
                of_files = pd.Index(list(names), dtype=object)
            levels.insert(0, of_files.take(part))
            level_names.insert(0, "file")
        index = pd.MultiIndex.from_arrays(levels, names=level_names)
        return pd.DataFrame(values, index=index, columns=self.column_names, copy=False)


def _no_arguments(process_func_args: dict[str, object] | None) -> None:
    if process_func_args:
        raise EarnestError("process_func_args has no effect here: making features takes no further arguments; leave it out")


def _each(moments: Any, files: Sequence[Any], name: str) -> list[Any]:
    """One moment for each file."""
    single = moments is None or isinstance(moments, str) or not hasattr(moments, "__len__")
    if single:
        return [moments] * len(files)
    listed = list(moments)
    if len(listed) != len(files):
        raise EarnestError(f"{name} has {len(listed)} moments for {len(files)} files; give one for all, or one for each")
    return listed
