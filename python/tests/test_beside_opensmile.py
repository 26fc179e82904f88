"""The same calls on opensmile and on earnest, and their tables compared: index, columns, values.

Tolerances are those that crates/earnest-features/README.md states from thousands of files: every descriptor is equal but for
last bits, save where a value falls on the other side of an edge; functionals are off by at most 2e-4 of their deviation.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sounds import as_read, laid_out, voice

import earnest

opensmile = pytest.importorskip("opensmile", reason="SKIPPED: opensmile cannot be imported here (pip install opensmile)")

SETS = ["GeMAPSv01a", "GeMAPSv01b", "eGeMAPSv01a", "eGeMAPSv01b", "eGeMAPSv02"]
LEVELS = ["LowLevelDescriptors", "Functionals"]

#: Descriptors that hang on comparisons, of which one in thousands may fall on the other side.
EDGES = ("jitter", "shimmer", "logRelF0", "F1amplitude", "F2amplitude", "F3amplitude")


def both(feature_set: str, level: str, **arguments: Any) -> tuple[Any, earnest.Smile]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # opensmile calls the earlier sets deprecated
        theirs = opensmile.Smile(feature_set, level, **arguments)
    return theirs, earnest.Smile(feature_set, level, **arguments)


def assert_alike(theirs: pd.DataFrame, ours: pd.DataFrame, *, end_within_s: float = 0.0) -> None:
    if end_within_s:
        # opensmile-python shifts the last end of descriptors of a file's part by what it rounded; ours is what was asked for.
        ends = [frame.index.get_level_values("end")[-1].total_seconds() for frame in (theirs, ours)]
        assert abs(ends[0] - ends[1]) <= end_within_s
        theirs, ours = (frame.reset_index("end", drop=True) for frame in (theirs, ours))
    assert ours.index.names == theirs.index.names
    pd.testing.assert_index_equal(ours.index, theirs.index, exact=True)
    assert list(ours.columns) == list(theirs.columns)
    assert ours.columns.nlevels == theirs.columns.nlevels
    assert (ours.dtypes == np.float32).all()
    a, b = theirs.to_numpy(np.float64), ours.to_numpy(np.float64)
    assert (np.isnan(a) == np.isnan(b)).all()
    names = [str(column[-1] if isinstance(column, tuple) else column) for column in ours.columns]
    for i, name in enumerate(names):
        there = ~np.isnan(a[:, i])
        if not there.any():
            continue
        off = np.abs(a[there, i] - b[there, i])
        # A column's own deviation, or its size where it hardly changes.
        scale = max(a[there, i].std(), 0.01 * np.abs(a[there, i]).max(initial=0), 1e-9)
        of_level = len(theirs) and "amean" not in name and name.endswith(("sma3", "sma3nz"))
        most = 1e-4 if not of_level or name.startswith(EDGES) else 2e-6
        if of_level:
            assert np.sqrt((off**2).mean()) <= most * scale, f"{name}: {np.sqrt((off**2).mean()) / scale:.2e}"
        else:
            # F0 and HNR differ in their last bits, up to 2e-5 semitones and dB.
            last_bits = 2e-5 if name.startswith(("F0semitone", "HNR")) else 1e-6
            assert off.max() <= most * scale + last_bits, f"{name}: {off.max():.2e}, {off.max() / scale:.2e}"


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("feature_set", SETS)
def test_files_of_several_rates_and_formats(feature_set: str, level: str, recordings: list[str]) -> None:
    theirs, ours = both(feature_set, level)
    assert ours.feature_names == theirs.feature_names
    assert ours.num_features == theirs.num_features
    assert ours.column_names.equals(theirs.column_names)
    assert_alike(theirs.process_files(recordings), ours.process_files(recordings))


@pytest.mark.parametrize("level", LEVELS)
def test_real_speech(level: str, emodb: list[str]) -> None:
    theirs, ours = both("eGeMAPSv02", level)
    some = emodb[::25]
    assert_alike(theirs.process_files(some), ours.process_files(some))


def start_and_end(smile: Any, files: list[str]) -> list[pd.DataFrame]:
    index = pd.MultiIndex.from_arrays(
        [[files[0], files[0], files[1]], pd.to_timedelta([0, 0.5, 0.25], unit="s"), pd.to_timedelta([1, None, 1.1], unit="s")],
        names=["file", "start", "end"],
    )
    name, root = Path(files[0]).name, str(Path(files[0]).parent)
    return [
        smile.process_file(files[0], start=0.3, end=1.25),
        smile.process_file(files[0], start="300ms", end=pd.Timedelta("1.1s")),
        smile.process_file(files[0], start=pd.Timedelta(seconds=0.5), end=pd.NaT),
        smile.process_file(files[0], end=99),
        smile.process_file(name, root=root),
        smile.process_files(files[:2], starts=[0.1, 0.2], ends=1.2),
        smile.process_files([files[0], files[0]], starts=pd.to_timedelta([0, 0.8], unit="s"), ends=[1, pd.NaT]),
        smile.process_index(index),
        smile.process_index(pd.Index(files[:2], name="file")),
        smile.process_index(pd.Index([name], name="file"), root=root),
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_parts_of_files(level: str, recordings: list[str]) -> None:
    theirs, ours = both("eGeMAPSv02", level)
    for a, b in zip(start_and_end(theirs, recordings), start_and_end(ours, recordings), strict=True):
        assert_alike(a, b)


@pytest.mark.parametrize("level", LEVELS)
def test_moments_between_samples_are_rounded_alike(level: str, recordings: list[str]) -> None:
    theirs, ours = both("eGeMAPSv02", level)
    signal = as_read(voice(1.0))
    for start in (-0.4, 0.0, 0.4, 0.5, 0.6):
        for end in (-0.99, -0.7, -0.5, -0.49, -0.2, 0.0):
            moments = {"start": (4000 + start) / 16_000, "end": (8800 + end) / 16_000}
            a, b = (smile.process_signal(signal, 16_000, **moments) for smile in (theirs, ours))
            assert_alike(a, b)
            a, b = (smile.process_file(recordings[0], **moments) for smile in (theirs, ours))
            assert_alike(a, b, end_within_s=1.001 / 16_000)


@pytest.mark.parametrize("level", LEVELS)
def test_ends_that_are_the_files_own_are_equal_to_the_nanosecond(level: str, emodb: list[str]) -> None:
    theirs, ours = both("eGeMAPSv02", level)
    rng = np.random.default_rng(5)
    some = [file for file in emodb if any(name in file for name in ("03b10Na", "08b09Wa", "14a01Na"))] + emodb[::9]
    for starts in ([0.6], [0.1], rng.uniform(0.2, 1.0, len(some)), rng.integers(1, 9, len(some)) / 10):
        each = np.resize(starts, len(some))
        a, b = (smile.process_files(some, starts=list(each)).index for smile in (theirs, ours))
        pd.testing.assert_index_equal(a, b, exact=True)
    index = pd.MultiIndex.from_arrays(
        [some, pd.to_timedelta(each, unit="s"), pd.to_timedelta([None] * len(some), unit="s")], names=["file", "start", "end"]
    )
    pd.testing.assert_index_equal(theirs.process_index(index).index, ours.process_index(index).index, exact=True)


@pytest.mark.parametrize("level", LEVELS)
def test_ends_of_files_and_signals_of_other_rates_are_equal_too(level: str, recordings: list[str]) -> None:
    theirs, ours = both("eGeMAPSv02", level)
    for start in (0.1, 0.123456789, 0.3, 1 / 3):
        a, b = (smile.process_files(recordings, starts=start).index for smile in (theirs, ours))
        pd.testing.assert_index_equal(a, b, exact=True)
        for rate, count in ((16_000, 25_845), (22_050, 30_001), (44_100, 50_649)):
            signal = voice(count / rate, rate)
            a, b = (smile.process_signal(signal, rate, start=start).index for smile in (theirs, ours))
            pd.testing.assert_index_equal(a, b, exact=True)


@pytest.mark.parametrize("kind", [">f4", ">f8", "f2", "packed", "unaligned", "strided"])
def test_arrays_of_any_layout_are_taken_as_opensmile_takes_them(kind: str) -> None:
    theirs, ours = both("eGeMAPSv02", "LowLevelDescriptors")
    signal = laid_out(voice(1.0), kind)
    assert_alike(theirs.process_signal(signal, 16_000), ours.process_signal(signal, 16_000))


@pytest.mark.parametrize("level", LEVELS)
def test_signals(level: str) -> None:
    theirs, ours = both("eGeMAPSv02", level)
    signal = voice(1.3, seed=5)
    parts = pd.MultiIndex.from_arrays(
        [pd.to_timedelta([0, 0.5], unit="s"), pd.to_timedelta([0.4, 1.2], unit="s")], names=["start", "end"]
    )
    for rate in (8_000, 16_000, 22_050, 44_100, 48_000):
        assert_alike(theirs.process_signal(signal, rate), ours.process_signal(signal, rate))
    calls: list[Callable[[Any], pd.DataFrame]] = [
        lambda s: s.process_signal(signal.astype(np.float64), 16_000),
        lambda s: s.process_signal(signal, 16_000, file="talk.wav", start=0.25),
        lambda s: s.process_signal(signal, 16_000, start=0.25, end=0.75),
        lambda s: s.process_signal_from_index(signal, 16_000, parts),
    ]
    for call in calls:
        assert_alike(call(theirs), call(ours))
    a, b = theirs(signal, 16_000), ours(signal, 16_000)
    assert a.shape == b.shape and a.dtype == b.dtype
    frame = ours.process_signal(signal, 16_000)
    assert theirs.to_numpy(frame).shape == ours.to_numpy(frame).shape
    assert (theirs.to_numpy(frame) == ours.to_numpy(frame)).all()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "arguments",
    [
        {"channels": 1},
        {"channels": -1},
        {"channels": [0, 1]},
        {"channels": [1, 0]},
        {"channels": range(2)},
        {"mixdown": True},
        {"channels": [0, 1], "mixdown": True},
        {"sampling_rate": 16_000},
        {"sampling_rate": 16_000, "resample": True},
        {"num_workers": None},
    ],
    ids=str,
)
def test_channels_and_rates(level: str, arguments: dict[str, Any]) -> None:
    theirs, ours = both("eGeMAPSv02", level, **arguments)
    signal = np.stack([voice(1.0, seed=6), voice(1.0, hz=220, seed=7)])
    assert ours.num_channels == theirs.num_channels
    assert_alike(theirs.process_signal(signal, 16_000), ours.process_signal(signal, 16_000))
    assert theirs(signal, 16_000).shape == ours(signal, 16_000).shape


def test_folders(recordings: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in recordings[:3]:
        shutil.copy(file, tmp_path)
    (tmp_path / "below").mkdir()
    shutil.copy(recordings[0], tmp_path / "below" / "deep.wav")
    shutil.copy(recordings[0], tmp_path / "LOUD.WAV")
    monkeypatch.chdir(tmp_path.parent)
    theirs, ours = both("eGeMAPSv02", "Functionals")
    for arguments in (
        {"root": str(tmp_path)},
        {"root": tmp_path.name},
        {"root": str(tmp_path), "include_root": False},
        {"root": str(tmp_path), "filetype": ".WAV"},
    ):
        assert_alike(theirs.process_folder(**arguments), ours.process_folder(**arguments))


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_too_short_is_nan_with_a_warning_in_both(level: str, recordings: list[str]) -> None:
    theirs, ours = both("eGeMAPSv02", level)
    signal = voice(1.0)
    calls: list[Callable[[Any], pd.DataFrame]] = [
        lambda s: s.process_signal(signal[:500], 16_000),
        lambda s: s.process_signal(signal[:0], 16_000),
        lambda s: s.process_file(recordings[0], start=5),
        lambda s: s.process_file(recordings[0], end=0),
        lambda s: s.process_files(recordings[:2], starts=[0, 1.49]),
    ]
    for call in calls:
        with pytest.warns(UserWarning, match="NaN"):
            a = call(theirs)
        with pytest.warns(UserWarning, match="(shorter than 60 ms|begins where there is nothing any more: the recording lasts 2 s), so its row is NaN"):
            b = call(ours)
        # Theirs turns into float64 where there is a NaN; ours stays float32.
        assert_alike(a.astype(np.float32), b)


def test_an_index_is_kept_and_ends_stay_open_in_both(recordings: list[str]) -> None:
    index = pd.MultiIndex.from_arrays(
        [recordings[:2], pd.to_timedelta([0, 0.2], unit="s"), pd.to_timedelta([None, 1.0], unit="s")],
        names=["file", "start", "end"],
    )
    theirs, ours = both("eGeMAPSv02", "Functionals")
    for kept in (index, pd.Index(recordings[:2], name="file")):
        assert_alike(theirs.process_index(kept, preserve_index=True), ours.process_index(kept, preserve_index=True))
    theirs, ours = both("eGeMAPSv02", "Functionals", keep_nat=True)
    assert_alike(theirs.process_index(index), ours.process_index(index))


def test_both_refuse_with_the_same_kind_of_error(recordings: list[str]) -> None:
    signal = voice(1.0)
    theirs, ours = both("eGeMAPSv02", "Functionals", sampling_rate=8_000)
    for smile in (theirs, ours):
        with pytest.raises(RuntimeError, match="8000"):
            smile.process_signal(signal, 16_000)
    theirs, ours = both("eGeMAPSv02", "Functionals", channels=2)
    for smile in (theirs, ours):
        with pytest.raises(ValueError, match="channel"):
            smile.process_signal(signal, 16_000)
    for module in (opensmile, earnest):
        with pytest.raises(ValueError, match="sampling_rate"):
            module.Smile("eGeMAPSv02", resample=True)
        with pytest.raises(ValueError, match="LowLevelDescriptors_Deltas"):
            module.Smile("eGeMAPSv02", module.FeatureLevel.LowLevelDescriptors_Deltas)
        with pytest.raises(FileNotFoundError):
            module.Smile("eGeMAPSv02").process_folder("/there/is/none")
    parts = pd.MultiIndex.from_arrays([pd.to_timedelta([0, 0]), pd.to_timedelta([1, 1], unit="s")], names=["start", "end"])
    theirs, ours = both("eGeMAPSv02", "Functionals")
    for smile in (theirs, ours):
        with pytest.raises(ValueError, match="twice|duplicates"):
            smile.process_signal_from_index(signal, 16_000, parts)


def test_opensmiles_own_enums_are_taken(recordings: list[str]) -> None:
    ours = earnest.Smile(opensmile.FeatureSet.eGeMAPSv02, opensmile.FeatureLevel.LowLevelDescriptors)
    assert ours == earnest.Smile("eGeMAPSv02", "lld")
    for name, value in (("GeMAPSv01b", "gemaps/v01b/GeMAPSv01b"), ("eGeMAPSv02", "egemaps/v02/eGeMAPSv02")):
        assert earnest.FeatureSet[name].value == opensmile.FeatureSet[name].value == value
    assert {level.name: level.value for level in earnest.FeatureLevel} == {
        level.name: level.value for level in opensmile.FeatureLevel
    }
    signature = {"feature_set", "feature_level"} | set(opensmile.Smile("eGeMAPSv02").arguments)
    assert all(hasattr(ours, name) for name in signature - {"options"})
