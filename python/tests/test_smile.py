"""What Smile promises beyond opensmile: the same bits on any number of threads, and sentences."""

from __future__ import annotations

import os
import pickle
import re
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sounds import as_read, laid_out, voice, write_wav

import earnest
from earnest import EarnestError, FeatureLevel, FeatureSet, Smile


@pytest.mark.parametrize("level", ["lld", "func"])
def test_any_number_of_workers_gives_the_same_bits(level: str, recordings: list[str]) -> None:
    many = recordings * 5
    one = Smile("eGeMAPSv02", level).process_files(many)
    for workers in (2, 3, None):
        again = Smile("eGeMAPSv02", level, num_workers=workers).process_files(many)
        pd.testing.assert_frame_equal(one, again, check_exact=True)


def test_files_and_their_samples_have_the_same_bits(tmp_path: Path) -> None:
    samples = voice(1.1, seed=9)
    file = write_wav(tmp_path / "a.wav", samples)
    smile = Smile("eGeMAPSv02", "lld")
    of_file = smile.process_file(str(file)).to_numpy()
    read = as_read(samples)
    for signal in (read, read.astype(np.float64), np.round(samples * 32767).astype(np.int16), np.repeat(read, 2)[::2]):
        assert (smile.process_signal(signal, 16_000).to_numpy() == of_file).all()


@pytest.mark.parametrize("kind", ["packed", "unaligned", "strided", "backwards"])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_how_an_array_lies_in_memory_changes_nothing(dtype: str, kind: str) -> None:
    samples = as_read(voice(0.5))
    plain = (samples * 32768).astype("i2") if dtype == "i2" else samples.astype(dtype)
    other = laid_out(plain, kind)
    swapped = plain.astype(plain.dtype.newbyteorder())
    smile = Smile("eGeMAPSv02", "lld")
    expected = smile(plain, 16_000)
    two = Smile("eGeMAPSv02", "lld", channels=[0, 1])
    for array in (other, swapped, laid_out(swapped, kind)):
        assert (array == plain).all()
        assert np.array_equal(smile(array, 16_000), expected, equal_nan=True)
        assert np.array_equal(earnest.Stream("eGeMAPSv02", sampling_rate=16_000).push(array), earnest.Stream("eGeMAPSv02", sampling_rate=16_000).push(plain))
        assert np.array_equal(two(np.stack([array, array])[:, ::1], 16_000)[1], expected[0], equal_nan=True)
    columns = np.zeros((len(plain), 2), plain.dtype)
    columns[:, 0] = columns[:, 1] = plain
    assert np.array_equal(two(columns.T, 16_000)[1], expected[0], equal_nan=True)
    assert np.array_equal(
        earnest.Augment("paper", seed=1)(other, 16_000, key="a"), earnest.Augment("paper", seed=1)(plain, 16_000, key="a")
    )
    assert earnest.Model.load().predict(other, 16_000) == earnest.Model.load().predict(plain, 16_000)


def test_parts_that_are_cut_have_the_bits_of_their_samples_alone() -> None:
    smile = Smile("eGeMAPSv02", "func")
    signal = voice(2.0, seed=3)
    index = pd.MultiIndex.from_arrays(
        [pd.to_timedelta([0.0, 0.5, 1.25], unit="s"), pd.to_timedelta([1.0, 1.5, 2.0], unit="s")], names=["start", "end"]
    )
    parts = smile.process_signal_from_index(signal, 16_000, index).to_numpy()
    for row, (start, end) in zip(parts, [(0, 16_000), (8_000, 24_000), (20_000, 32_000)], strict=True):
        assert (row == smile(signal[start:end], 16_000)[0, :, 0]).all()


def test_many_parts_of_one_file_decode_it_together(recordings: list[str]) -> None:
    starts = np.linspace(0, 1.5, 300)
    frame = Smile("eGeMAPSv02", "func", num_workers=2).process_files([recordings[0]] * 300, starts=starts, ends=starts + 0.3)
    assert frame.shape == (300, 88)
    alone = Smile("eGeMAPSv02", "func").process_file(recordings[0], start=starts[123], end=starts[123] + 0.3)
    assert (frame.iloc[123].to_numpy() == alone.iloc[0].to_numpy()).all()


def test_other_threads_run_while_features_are_made() -> None:
    # Half a second of work and more; with the lock held, nothing else would count meanwhile.
    signal = np.tile(voice(10.0), 40)
    counted, stop = [0], threading.Event()

    def count() -> None:
        while not stop.wait(0.001):
            counted[0] += 1

    counter = threading.Thread(target=count)
    counter.start()
    before = counted[0]
    Smile("eGeMAPSv02", "lld")(signal, 16_000)
    meanwhile = counted[0] - before
    stop.set()
    counter.join()
    assert meanwhile > 20


def test_resampling_brings_recordings_to_one_rate(tmp_path: Path) -> None:
    file = write_wav(tmp_path / "a.wav", voice(1.0, rate=44_100), 44_100)
    smile = Smile("eGeMAPSv02", "lld", sampling_rate=16_000, resample=True)
    frame = smile.process_file(str(file))
    assert frame.index[1][1] == pd.Timedelta("10ms") and len(frame) == 96
    with pytest.raises(RuntimeError, match="a.wav: its sample rate is 44100 Hz, and sampling_rate=16000 was asked for; resample=True"):
        Smile("eGeMAPSv02", "lld", sampling_rate=16_000).process_file(str(file))


def test_sets_that_are_not_here_are_refused_with_what_there_is() -> None:
    for name in ("ComParE_2016", "emobase", "IS09", "eGeMAPSv03"):
        with pytest.raises(AttributeError, match=f"no FeatureSet {name} in Earnest; there are eGeMAPSv02"):
            getattr(FeatureSet, name)
        with pytest.raises(EarnestError, match=f"'{name}' is no feature set; there are eGeMAPSv02"):
            Smile(name)
    with pytest.raises(EarnestError, match="opensmile's default is ComParE_2016"):
        Smile()
    with pytest.raises(EarnestError, match="'functionals' is no feature level; there are"):
        Smile("eGeMAPSv02", "functionals")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("options", {"a": 1}),
        ("loglevel", 3),
        ("logfile", "x.log"),
        ("segment", object()),
        ("multiprocessing", True),
    ],
)
def test_what_would_have_no_effect_is_refused(argument: str, value: object) -> None:
    with pytest.raises(EarnestError, match=f"{argument} has no effect here: .*leave it out"):
        Smile("eGeMAPSv02", **{argument: value})  # type: ignore[arg-type]
    smile = Smile("eGeMAPSv02")
    with pytest.raises(EarnestError, match="process_func_args has no effect"):
        smile.process_file("x.wav", process_func_args={"a": 1})
    with pytest.raises(EarnestError, match="cache_root has no effect"):
        smile.process_index(pd.Index(["x.wav"], name="file"), cache_root="cache")


def test_bad_files_are_named_and_nothing_is_left_out(recordings: list[str], tmp_path: Path) -> None:
    smile = Smile("eGeMAPSv02")
    with pytest.raises(FileNotFoundError, match="cannot open audio file .*nope.wav"):
        smile.process_files([recordings[0], str(tmp_path / "nope.wav")])
    text = tmp_path / "text.wav"
    text.write_text("no audio")
    with pytest.raises(EarnestError, match="text.wav is not audio that Earnest can read.*WAV, AIFF, FLAC"):
        smile.process_file(str(text))
    cut = tmp_path / "cut.wav"
    cut.write_bytes(Path(recordings[0]).read_bytes()[:20_000])
    with pytest.raises(EarnestError, match="cut.wav is truncated"):
        smile.process_file(str(cut))
    # Of several the first is named, on any number of threads.
    for workers in (1, 4):
        with pytest.raises(EarnestError, match="text.wav"):
            Smile("eGeMAPSv02", num_workers=workers).process_files([*recordings, str(text), str(cut), "nope.wav"])
    with pytest.raises(EarnestError, match="no file in .* ends in '.ogg'"):
        smile.process_folder(str(tmp_path), filetype="ogg")
    with pytest.raises(EarnestError, match="no files were given"):
        smile.process_files([])
    with pytest.raises(TypeError, match="process_files takes a list"):
        smile.process_files("a.wav")
    with pytest.raises(EarnestError, match="channel 1 was asked for, but there are 1"):
        Smile("eGeMAPSv02", channels=1).process_file(recordings[0])


def test_bad_signals_are_refused() -> None:
    smile = Smile("eGeMAPSv02")
    signal = voice(1.0)
    broken = signal.copy()
    broken[8_000] = np.nan
    with pytest.raises(EarnestError, match=r"sample 8000 \(0.5000 s\) is no number"):
        smile.process_signal(broken, 16_000)
    with pytest.raises(EarnestError, match="the samples are int64; give float32 or float64"):
        smile.process_signal(np.arange(2_000), 16_000)
    with pytest.raises(EarnestError, match=r"the array is \[16000, 2\]: channels come first.*transpose it"):
        smile.process_signal(np.stack([signal, signal], axis=1), 16_000)
    with pytest.raises(EarnestError, match=r"the array has 3 axes"):
        smile.process_signal(signal.reshape(1, 1, -1), 16_000)
    with pytest.raises(EarnestError, match="at 96000 Hz: sample_rate is 96000; it must lie within 8000 .. 48000; sampling_rate=16000 with resample=True"):
        smile.process_signal(signal, 96_000)


def test_bad_moments_are_refused(recordings: list[str]) -> None:
    smile = Smile("eGeMAPSv02")
    file = recordings[0]
    with pytest.raises(EarnestError, match="start=-1 lies before the recording's beginning"):
        smile.process_file(file, start=-1)
    with pytest.raises(EarnestError, match=r"its end \(0.5\) lies before its start \(1\)"):
        smile.process_file(file, start=1, end=0.5)
    with pytest.raises(EarnestError, match="start='8000' is no moment: a text has a number and a unit"):
        smile.process_file(file, start="8000")
    with pytest.raises(TypeError, match="is no moment; give seconds"):
        smile.process_file(file, start=[1])
    with pytest.raises(EarnestError, match="starts has 3 moments for 2 files"):
        smile.process_files([file, file], starts=[0, 1, 2])
    with pytest.raises(EarnestError, match=r"the index has the levels \['start', 'end'\]"):
        smile.process_index(pd.MultiIndex.from_arrays([[0], [1]], names=["start", "end"]))
    with pytest.raises(EarnestError, match="the index is called 'path'"):
        smile.process_index(pd.Index([file], name="path"))
    with pytest.raises(EarnestError, match="preserve_index=True needs one row for each part"):
        Smile("eGeMAPSv02", "lld").process_index(pd.Index([file], name="file"), preserve_index=True)


def test_samples_beyond_full_scale_are_taken_as_full_scale() -> None:
    # (opensmile-python wraps them around, which makes noise of them.)
    smile = Smile("eGeMAPSv02", "lld")
    loud = voice(1.0) * 8
    assert np.abs(loud).max() > 1
    assert (smile(loud, 16_000) == smile(np.clip(loud, -1, 1), 16_000)).all()


def test_equal_ones_are_equal_and_can_be_pickled(recordings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    smile = Smile(FeatureSet.eGeMAPSv02, FeatureLevel.LowLevelDescriptors, channels=[0], num_workers=2)
    again = pickle.loads(pickle.dumps(smile))
    assert smile == again == Smile("eGeMAPSv02", "lld") and hash(smile) == hash(again)
    assert smile != Smile("eGeMAPSv02", "func")
    pd.testing.assert_frame_equal(smile.process_file(recordings[0]), again.process_file(recordings[0]))
    assert eval(repr(smile), vars(earnest)) == smile
    with pytest.raises(AttributeError, match="no config_path: there are no configuration files"):
        smile.config_path  # noqa: B018
    assert capsys.readouterr().err == ""
    Smile("eGeMAPSv02", verbose=True).process_files(recordings[:2])
    assert capsys.readouterr().err == "earnest: 2 of 2 files\n"


def test_what_is_set_after_it_is_made_has_an_effect_or_is_refused() -> None:
    smile = Smile("eGeMAPSv02")
    for name in ("feature_set", "feature_level", "feature_names", "multiprocessing"):
        with pytest.raises(AttributeError):
            setattr(smile, name, getattr(smile, name))
    smile.channels = [0, 0]
    assert smile(voice(0.5), 16_000).shape == (2, 88, 1)


def test_a_name_that_is_nearly_one_is_met_with_a_question() -> None:
    with pytest.raises(EarnestError, match="'eGeMAPSv2' is no feature set; .*did you mean eGeMAPSv02?"):
        Smile("eGeMAPSv2")
    with pytest.raises(EarnestError, match="did you mean Functionals?"):
        Smile("eGeMAPSv02", "functional")
    with pytest.raises(AttributeError, match="did you mean eGeMAPSv02?"):
        FeatureSet.egemapsv02  # noqa: B018


def test_files_that_are_missing_are_counted_and_named(recordings: list[str], tmp_path: Path) -> None:
    names = [recordings[0], *(str(tmp_path / f"gone-{i}.wav") for i in range(5))]
    sentence = r"5 of 6 files are not there: .*gone-0.wav \(number 1 of the list\), .*gone-2.wav \(number 3 of the list\) and 2 more"
    with pytest.raises(FileNotFoundError, match=sentence):
        Smile("eGeMAPSv02").process_files(names)
    with pytest.raises(FileNotFoundError, match=sentence):
        earnest.Model.load().predict_files(names)


def test_a_start_beyond_the_end_is_called_that(recordings: list[str]) -> None:
    with pytest.warns(UserWarning, match=r"low.wav \(from 5 s\) begins where there is nothing any more: the recording lasts 2 s, so its row is NaN"):
        Smile("eGeMAPSv02").process_file(recordings[0], start=5)


def test_moments_of_any_type_are_taken_or_refused_with_a_sentence(recordings: list[str]) -> None:
    smile = Smile("eGeMAPSv02")
    half = smile.process_file(recordings[0], start=0.5)
    for start in (np.array(0.5), np.float32(0.5), np.timedelta64(500, "ms"), "500ms"):
        pd.testing.assert_frame_equal(smile.process_file(recordings[0], start=start), half)
    whole = smile.process_file(recordings[0])
    pd.testing.assert_frame_equal(smile.process_file(recordings[0], start=pd.NA, end=pd.NA), whole)
    for start in (10**400, 1e30, "99999999999999999999 h", np.timedelta64(10**9, "D"), np.timedelta64(1, "M")):
        with pytest.raises(EarnestError, match="start=.* (is no moment of a recording|has no length in seconds)"):
            smile.process_file(recordings[0], start=start)


def test_paths_are_texts_bytes_or_paths(recordings: list[str]) -> None:
    smile = Smile("eGeMAPSv02")
    of_text = smile.process_file(recordings[0])
    pd.testing.assert_frame_equal(smile.process_file(recordings[0].encode()), of_text)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="file 1 of the list=3 is no path, but int"):
        smile.process_files([recordings[0], 3])  # type: ignore[list-item]
    for index in ([recordings[0]], pd.Series([recordings[0]])):
        with pytest.raises(TypeError, match="process_index takes an index of pandas, not .*process_files a list"):
            smile.process_index(index)  # type: ignore[arg-type]


def test_a_file_whose_name_is_no_text_is_named(tmp_path: Path) -> None:
    name = os.fsdecode(os.path.join(os.fsencode(tmp_path), b"caf\xe9.wav"))
    with pytest.raises(FileNotFoundError, match="caf"):
        Smile("eGeMAPSv02").process_file(name)
    write_wav(Path(name), voice(0.5))
    assert Smile("eGeMAPSv02").process_file(name).index[0][0] == name


def test_bytes_masked_arrays_and_texts_are_no_samples() -> None:
    smile, signal = Smile("eGeMAPSv02"), voice(0.5)
    stream, running = earnest.Stream("eGeMAPSv02", sampling_rate=16_000), earnest.Model.load().stream(16_000)
    augment, model = earnest.Augment("paper"), earnest.Model.load()
    calls = (
        lambda x: smile(x, 16_000), stream.push, running.push, lambda x: augment.apply(x, 16_000, key="a"), lambda x: model.predict(x, 16_000),
    )  # fmt: skip
    for call in calls:
        with pytest.raises(TypeError, match=r"np.frombuffer\(data, np.int16\)"):
            call(b"\0\0")
        with pytest.raises(EarnestError, match="the array is masked"):
            call(np.ma.masked_greater(signal, 0.1))
        with pytest.raises(EarnestError, match="the samples are of type object; give an array"):
            call(np.array([None, 1.0]))


def test_samples_far_beyond_full_scale_are_warned_of_once_a_call() -> None:
    signal = (voice(1.0) * 32768).astype(np.float32)
    sentence = "the samples go up to .*full scale is 1.*divide them by 32768, or give them as int16"
    stream, running = earnest.Stream("eGeMAPSv02", sampling_rate=16_000), earnest.Model.load().stream(16_000)
    calls = (
        lambda x: Smile("eGeMAPSv02").process_signal(x, 16_000), stream.push, running.push,
        lambda x: earnest.Augment("paper", seed=1)(x, 16_000, key="a"), lambda x: earnest.Model.load().predict(x, 16_000),
        lambda x: earnest.FrontEnd("lld32").extract(x, 16_000),
    )  # fmt: skip
    for call in calls:
        for scaled in (signal, signal.astype(np.float64)):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                call(scaled)
            if call in (stream.push, running.push) and scaled is not signal:
                assert not caught  # a stream says it once
                continue
            assert len(caught) == 1 and re.search(sentence, str(caught[0].message))
            assert caught[0].filename == __file__
        call(voice(1.0) / np.abs(voice(1.0)).max() * 1.99)


@pytest.mark.parametrize("rate", [0, 1, -1, 2**31, 2**32 - 1, 2**70, 16_000.5, float("nan"), float("inf"), "16000", None, True])
def test_rates_that_nothing_can_be_made_of_are_refused(rate: object) -> None:
    signal, model, augment = voice(0.5), earnest.Model.load(), earnest.Augment("paper")
    calls: list[Callable[[Any], object]] = [
        lambda r: Smile("eGeMAPSv02")(signal, r),
        lambda r: Smile("eGeMAPSv02").process_signal(signal, r),
        lambda r: model.predict({"array": signal, "sampling_rate": r}) if r is not None else model.stream(r),
        lambda r: model.stream(r),
        lambda r: augment.apply(signal, r, key="a"),
        lambda r: earnest.FrontEnd("lld32").extract(signal, r),
    ]
    if rate is not None:
        calls += [
            lambda r: Smile("eGeMAPSv02", sampling_rate=r),
            lambda r: earnest.Stream("eGeMAPSv02", sampling_rate=r),
            lambda r: model.predict(signal, r),
        ]
    for call in calls:
        with pytest.raises(EarnestError, match="sampling_rate=.*: give a whole number of Hz, 2,000 to 768,000"):
            call(rate)


def test_rates_of_any_type_are_taken_if_they_are_whole() -> None:
    signal = voice(0.5)
    expected = Smile("eGeMAPSv02")(signal, 16_000)
    for rate in (16_000.0, np.float64(16_000), np.int32(16_000), np.array(16_000)):
        assert (Smile("eGeMAPSv02", sampling_rate=rate)(signal, rate) == expected).all()  # type: ignore[arg-type]
        assert earnest.Stream("eGeMAPSv02", sampling_rate=rate).sampling_rate == 16_000  # type: ignore[arg-type]
        assert earnest.Model.load().predict(signal, rate) == earnest.Model.load().predict(signal, 16_000)
    with pytest.raises(EarnestError, match="a stream at 100000 Hz cannot be opened"):
        Smile("eGeMAPSv02", sampling_rate=100_000, resample=True)


@pytest.mark.parametrize("workers", [0, -1, 1.5, 10**6, 2**70, "2", True])
def test_numbers_of_workers_are_whole_numbers(workers: object) -> None:
    with pytest.raises(EarnestError, match="num_workers=.*: give a whole number, 1 to 1024, or None"):
        Smile("eGeMAPSv02", num_workers=workers)  # type: ignore[arg-type]
    with pytest.raises(EarnestError, match="num_workers=.*: give a whole number, 1 to 1024, or None"):
        earnest.Model.load().predict_files([], num_workers=workers)  # type: ignore[arg-type]


class Own(Smile):
    pass


class OwnModel(earnest.Model):
    pass


def test_what_is_derived_stays_so_when_it_is_pickled() -> None:
    assert type(pickle.loads(pickle.dumps(Own("eGeMAPSv02")))) is Own
    assert type(pickle.loads(pickle.dumps(OwnModel.load()))) is OwnModel


@pytest.mark.parametrize(
    "call",
    [
        lambda: Smile("eGeMAPSv02", channels="a"),  # type: ignore[arg-type]
        lambda: Smile("eGeMAPSv02", channels=[]),
        lambda: Smile("eGeMAPSv02", channels=2**70),
        lambda: Smile("eGeMAPSv02", channels=[0, 0.5]),  # type: ignore[list-item]
        lambda: earnest.Stream("eGeMAPSv02", "func", 16_000, window_s="a"),  # type: ignore[arg-type]
        lambda: earnest.Stream("eGeMAPSv02", "func", 16_000, window_s=float("nan")),
        lambda: earnest.Model.load().stream(16_000, window_s="a"),  # type: ignore[arg-type]
        lambda: earnest.FrontEnd(3),  # type: ignore[arg-type]
        lambda: earnest.FrontEnd("lld32").extract_file(3),  # type: ignore[arg-type]
        lambda: earnest.Experiment(3),  # type: ignore[arg-type]
        lambda: Smile("eGeMAPSv02").process_signal_from_index(voice(0.5), 16_000, [1]),  # type: ignore[arg-type]
    ],
)
def test_arguments_of_a_wrong_kind_are_named(call: Callable[[], object]) -> None:
    with pytest.raises((EarnestError, TypeError), match="channels=|window_s(=| is NaN)|settings=|file=|folder=|takes an index of pandas"):
        call()
