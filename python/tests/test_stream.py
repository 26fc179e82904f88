"""Streams: the bits of the whole recording, however samples are cut."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from sounds import voice

import earnest
from earnest import EarnestError, Smile, Stream


def pushed(stream: Stream, signal: np.ndarray, seed: int, most: int = 4_000) -> tuple[np.ndarray, np.ndarray]:
    """All rows and their times, of chunks of random sizes, none and one among them."""
    rng = np.random.default_rng(seed)
    rows, times, at = [], [], 0
    while at < len(signal):
        size = int(rng.choice([0, 1, 7, 160, int(rng.integers(1, most))]))
        rows.append(stream.push(signal[at : at + size]))
        times.append(stream.times)
        at += size
    rows.append(stream.finish())
    times.append(stream.times)
    return np.concatenate(rows), np.concatenate(times)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
@pytest.mark.parametrize("feature_set", ["GeMAPSv01a", "eGeMAPSv01a", "eGeMAPSv02"])
def test_descriptors_equal_those_of_the_whole_to_the_bit(feature_set: str, rate: int, seed: int) -> None:
    signal = voice(1.5, rate=rate, seed=seed)
    stream = Stream(feature_set, sampling_rate=rate)
    whole = Smile(feature_set, "lld").process_signal(signal, rate)
    for again in range(2):  # after finish it is as new
        rows, times = pushed(stream, signal, seed + 10 * again)
        assert rows.dtype == np.float32 and (rows == whole.to_numpy()).all()
        starts = whole.index.get_level_values("start").total_seconds()
        ends = whole.index.get_level_values("end").total_seconds()
        assert np.abs(times[:, 0] - starts).max() < 1e-9
        # (A table's last row reaches to the end of its recording.)
        assert np.abs(times[:-1, 1] - ends[:-1]).max() < 1e-9


@pytest.mark.parametrize("feature_set", ["eGeMAPSv01a", "eGeMAPSv02"])
def test_functionals_so_far_equal_those_of_the_samples_so_far(feature_set: str) -> None:
    signal = voice(2.0, seed=4)
    stream = Stream(feature_set, "Functionals", 16_000)
    smile = Smile(feature_set, "Functionals")
    assert stream.so_far().shape == (0, 88)
    for at in range(0, len(signal), 5_000):
        assert stream.push(signal[at : at + 5_000]).shape == (0, 88)
        assert (stream.so_far()[0] == smile(signal[: at + 5_000], 16_000)[0, :, 0]).all()
    row = stream.finish()
    assert (row[0] == smile(signal, 16_000)[0, :, 0]).all()
    assert stream.times.tolist() == [[0.0, 2.0]]
    assert stream.so_far().shape == (0, 88)


def test_windows_of_functionals_equal_those_of_their_samples() -> None:
    signal = voice(3.0, seed=5)
    stream = Stream("eGeMAPSv02", "Functionals", 16_000, window_s=1.0, hop_s=0.5)
    rows, times = pushed(stream, signal, 1)
    assert len(rows) == 5 and times[:, 0].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    smile = Smile("eGeMAPSv02", "Functionals")
    for row, (start, end) in zip(rows, times, strict=True):
        assert (row == smile(signal[round(start * 16_000) : round(end * 16_000)], 16_000)[0, :, 0]).all()


def test_any_front_end_can_be_streamed() -> None:
    signal = voice(1.0)
    for settings in ("lld32", 'name = "lld32"\nmode = "accurate"', 'name = "logmel"\nbands = 40', "functionals"):
        front_end = earnest.FrontEnd(settings)
        rows, _ = pushed(Stream(front_end, sampling_rate=16_000), signal, 2)
        assert (rows == front_end.extract(signal, 16_000)).all() and rows.shape[1] == len(front_end.columns)


def test_rows_of_the_last_push_become_a_table() -> None:
    stream = Stream("eGeMAPSv02", sampling_rate=16_000)
    rows = stream.push(voice(1.0))
    frame = stream.to_frame(rows)
    assert list(frame.columns) == stream.feature_names and frame.index.names == ["start", "end"]
    with pytest.raises(EarnestError, match="are not those of the last push"):
        stream.to_frame(rows[:3])


def test_bad_samples_are_refused_and_the_stream_goes_on() -> None:
    signal = voice(1.0)
    stream = Stream("eGeMAPSv02", sampling_rate=16_000)
    first = stream.push(signal[:8_000])
    with pytest.raises(EarnestError, match=r"sample 8002 \(0.5001 s\) is no number"):
        stream.push(np.array([0, 0, np.inf], np.float32))
    with pytest.raises(EarnestError, match="the array has 2 channels"):
        stream.push(np.zeros((2, 100), np.float32))
    rows = [first, stream.push(signal[8_000:]), stream.finish()]
    assert (np.concatenate(rows) == Smile("eGeMAPSv02", "lld")(signal, 16_000)[0].T).all()


def test_a_reset_stream_knows_nothing_of_before() -> None:
    signal = voice(0.5)
    stream = Stream("eGeMAPSv02", sampling_rate=16_000)
    stream.push(voice(0.8, seed=8))
    stream.reset()
    rows, times = pushed(stream, signal, 3)
    assert (rows == Smile("eGeMAPSv02", "lld")(signal, 16_000)[0].T).all() and times[0, 0] == 0


def test_what_has_no_effect_or_is_missing_is_refused() -> None:
    with pytest.raises(EarnestError, match="say the sampling_rate"):
        Stream("eGeMAPSv02")
    with pytest.raises(EarnestError, match="window_s and hop_s have no effect with descriptors"):
        Stream("eGeMAPSv02", sampling_rate=16_000, window_s=1.0)
    with pytest.raises(EarnestError, match="hop_s is set, but no window_s"):
        Stream("eGeMAPSv02", "func", 16_000, hop_s=1.0)
    with pytest.raises(EarnestError, match="no effect with a FrontEnd"):
        Stream(earnest.FrontEnd("logmel"), "lld", 16_000)
    with pytest.raises(EarnestError, match="so_far is of functionals"):
        Stream("eGeMAPSv02", sampling_rate=16_000).so_far()
    with pytest.raises(EarnestError, match="a stream at 4000 Hz cannot be opened: sample_rate is 4000"):
        Stream("eGeMAPSv02", sampling_rate=4_000)
    with pytest.raises(EarnestError, match="did you mean `lld32`"):
        earnest.FrontEnd("lld23")


def test_the_rate_in_the_place_of_the_level_is_explained() -> None:
    with pytest.raises(TypeError, match="the second argument is feature_level, and 16000 is none; write sampling_rate=16000"):
        Stream("eGeMAPSv02", 16_000)  # type: ignore[arg-type]


def test_columns_of_one_channel_are_one_channel() -> None:
    # As sound cards give it: [n, 1].
    signal = voice(0.5)
    expected = Stream("eGeMAPSv02", sampling_rate=16_000).push(signal)
    assert (Stream("eGeMAPSv02", sampling_rate=16_000).push(signal[:, None]) == expected).all()
    model = earnest.Model.load()
    assert model.predict(signal[:, None], 16_000) == model.predict(signal, 16_000)
    running = [model.stream(16_000, window_s=0.3, step_s=0.1).push(x) for x in (signal[:, None], signal)]
    assert running[0] == running[1] != []
    augment = earnest.Augment("paper", seed=1)
    assert np.array_equal(augment(signal[:, None], 16_000, key="a"), augment(signal, 16_000, key="a"))
    assert (earnest.FrontEnd("lld32").extract(signal[:, None], 16_000) == earnest.FrontEnd("lld32").extract(signal, 16_000)).all()


def test_a_long_push_has_the_rows_of_short_ones_and_refuses_all_or_nothing() -> None:
    signal = np.tile(voice(2.0), 20)
    stream = Stream("eGeMAPSv02", sampling_rate=16_000)
    rows = [stream.push(signal), stream.finish()]
    assert (np.concatenate(rows) == Smile("eGeMAPSv02", "lld")(signal, 16_000)[0].T).all()
    broken = signal.copy()
    broken[-1] = np.nan
    with pytest.raises(EarnestError, match="sample 639999 .* is no number"):
        stream.push(broken)
    rows = [stream.push(signal), stream.finish()]
    assert (np.concatenate(rows) == Smile("eGeMAPSv02", "lld")(signal, 16_000)[0].T).all()
    model = earnest.Model.load()
    whole, cut = model.stream(16_000), model.stream(16_000)
    assert whole.push(signal) == [answer for i in range(0, len(signal), 9_999) for answer in cut.push(signal[i : i + 9_999])]


def test_streams_say_what_they_are_and_are_not_copied() -> None:
    stream, running = Stream("eGeMAPSv02", sampling_rate=16_000), earnest.Model.load().stream(16_000)
    assert repr(stream).startswith("<Stream at 16000 Hz: egemaps-v02") and "25 columns" in repr(stream)
    assert repr(running).startswith("<AnswerStream of <Model the built-in starter")
    for one in (stream, running):
        for call in (copy.copy, copy.deepcopy, pickle.dumps):
            with pytest.raises(TypeError, match="has a recording's state, which cannot be copied or pickled"):
                call(one)
