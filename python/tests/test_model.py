"""Models answer as the command line does, to the bit."""

from __future__ import annotations

import json
import pickle
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sounds import as_read, voice, write_wav

import earnest
from earnest import Answer, EarnestError, Model


class Tensor:
    """As PyTorch's: no array of numpy's, but what numpy makes one of."""

    def __init__(self, values: npt.NDArray[np.float32]) -> None:
        self.values = values

    def __array__(self, dtype: object = None, copy: object = None) -> npt.NDArray[np.float32]:
        return self.values


def told_by_the_program(program: str, files: list[str], *arguments: str) -> list[dict[str, object]]:
    done = subprocess.run([program, "predict", "--json", *arguments, *files], capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_answers_are_those_of_the_program_to_the_bit(earnest_program: str, recordings: list[str]) -> None:
    model = Model.load()
    theirs = told_by_the_program(earnest_program, recordings)
    for workers in (1, 3, None):
        ours = model.predict_files(recordings, num_workers=workers)
        assert len(ours) == len(theirs)
        for answer, line in zip(ours, theirs, strict=True):
            assert answer.file == line["file"] and answer.label == line["emotion"]
            for name, value in line["outputs"].items():  # type: ignore[attr-defined]
                assert np.float32(value) == np.float32(answer.values[name])
    for file, answer in zip(recordings, ours, strict=True):
        assert model.predict(file) == answer


def test_models_of_a_run_answer_as_the_program_does(
    earnest_program: str, finished_run: Path, recordings: list[str]
) -> None:
    units = sorted((finished_run / "units").iterdir())
    for folder in (units[0], units[-1]):  # of classes, of scales
        model = Model.load(folder)
        lines = told_by_the_program(earnest_program, recordings, "--model", str(folder))
        for answer, line in zip(model.predict_files(recordings), lines, strict=True):
            assert [np.float32(x) for x in line["outputs"].values()] == [  # type: ignore[attr-defined]
                np.float32(x) for x in answer.values.values()
            ]
        assert model.card.startswith("---\n") or "#" in model.card
    assert model.task == "dimensional" and answer.label is None
    assert answer.arousal == answer.values["arousal"] and answer.valence is not None and answer.dominance is None
    with pytest.raises(EarnestError, match="predicts arousal, valence and no classes"):
        model.classes  # noqa: B018
    with pytest.raises(EarnestError, match="have no probabilities"):
        answer.probabilities  # noqa: B018
    # It was trained on one row of functionals of the whole: each window is a recording of its own to it.
    signal = voice(1.0)
    running = model.stream(16_000, window_s=0.5, step_s=0.25).push(signal)
    assert [answer.start_s for answer in running] == [0.0, 0.25, 0.5]
    for start, answer in zip((0, 4_000, 8_000), running, strict=True):
        assert answer.values == model.predict(signal[start : start + 8_000], 16_000).values
    with pytest.raises(EarnestError, match="too short for this model"):
        model.stream(16_000, window_s=0.02, step_s=0.02)
    whole = model.stream(16_000, window_s=None)
    assert whole.push(signal[:5_000]) == [] and whole.push(signal[5_000:]) == []
    assert whole.finish()[0].values == model.predict(signal, 16_000).values


def test_an_uncertain_answer_says_so_as_the_program_does(
    earnest_program: str, finished_run: Path, recordings: list[str], tmp_path: Path
) -> None:
    keys = 'calibrate = "temperature"\ncoverage = 0.5\nmax_epochs = 2\nleast_steps = 1\n'
    (tmp_path / "sure.toml").write_text(keys + 'architecture = { kind = "cnn", layers = 1, filters = 8, kernel = 3 }\n')

    def earnest(*arguments: str) -> None:
        subprocess.run([earnest_program, *arguments], check=True, capture_output=True, cwd=tmp_path)

    earnest("corpus", "synthesize", "corpus", "--utterances-per-speaker", "4")
    earnest("train", "--corpus", "corpus", "--network", "sure.toml", "--out", "model")
    model = Model.load(tmp_path / "model")
    below = model.uncertain_below
    assert below is not None and 0.25 <= below <= 1
    corpus = sorted(str(path) for path in (tmp_path / "corpus").rglob("*.wav"))[:12]
    lines = told_by_the_program(earnest_program, corpus, "--model", str(tmp_path / "model"))
    answers = model.predict_files(corpus)
    for answer, line in zip(answers, lines, strict=True):
        assert answer.uncertain is (line["certainty"] == "uncertain")
        assert answer.uncertain is (max(answer.probabilities.values()) < below)
        assert answer.label == line["emotion"] and answer.to_dict()["uncertain"] is answer.uncertain
        assert ("uncertain" in str(answer)) is answer.uncertain
    assert list(answers.to_frame().columns)[:2] == ["label", "uncertain"]
    without = Model.load(sorted((finished_run / "units").iterdir())[0])
    assert without.uncertain_below is None and Model.load().uncertain_below is not None
    plain = without.predict(recordings[0])
    assert plain.uncertain is None and "uncertain" not in plain.to_dict()


def test_a_file_and_its_samples_have_the_same_answer(tmp_path: Path) -> None:
    model = Model.load()
    for rate in (16_000, 44_100):
        samples = voice(1.2, rate=rate)
        file = write_wav(tmp_path / f"{rate}.wav", samples, rate)
        of_file = model.predict(file)
        read = as_read(samples)
        for signal in (read, read.astype(np.float64), np.round(samples * 32767).astype(np.int16), read.tolist(), Tensor(read)):
            assert model.predict(signal, rate).values == of_file.values
        assert of_file.start_s == 0 and of_file.end_s == pytest.approx(1.2, abs=1e-4)
        column = {"array": read, "sampling_rate": rate}
        assert model.predict(column).values == of_file.values
        assert model.predict({"path": None, "bytes": file.read_bytes()}).values == of_file.values


def test_running_answers_are_the_same_however_samples_are_cut() -> None:
    model = Model.load()
    signal = voice(7.3, rate=44_100)
    rng = np.random.default_rng(3)
    answers = []
    for most in (441, 20_000, len(signal)):
        stream = model.stream(44_100, window_s=3.0, step_s=1.0)
        got, at = [], 0
        while at < len(signal):
            size = int(rng.integers(1, most + 1))
            got += stream.push(signal[at : at + size])
            at += size
        got += stream.finish()
        answers.append(got)
    assert answers[0] == answers[1] == answers[2]
    assert [answer.start_s for answer in answers[0]] == pytest.approx([0, 1, 2, 3, 4, 5])
    assert all(answer.end_s - answer.start_s == pytest.approx(3.0) for answer in answers[0][:5])
    first, frame = answers[0][0], earnest.Answers(answers[0]).to_frame()
    assert frame.index.names == ["start", "end"] and frame.index[1][0] == pd.Timedelta("1s")
    assert frame["label"].iloc[0] == first.label and frame["angry"].iloc[0] == first.values["angry"]


def test_an_answer_is_a_dictionary_a_line_and_a_table(recordings: list[str]) -> None:
    answers = Model.load().predict_files(recordings[:2])
    answer = answers[0]
    assert answer.to_dict() == {
        "file": recordings[0], "start": 0.0, "end": 2.0, "label": answer.label, "uncertain": answer.uncertain,
        **answer.probabilities,
    }
    assert max(answer.probabilities, key=answer.probabilities.__getitem__) == answer.label
    certainty = "uncertain " if answer.uncertain else ""
    assert str(answer).startswith(f"0.00-2.00 s: {answer.label} {certainty}(angry ")
    assert eval(repr(answer), {"Answer": Answer}) == answer
    frame = answers.to_frame()
    assert list(frame.columns) == ["label", "uncertain", "angry", "happy", "neutral", "sad"]
    assert frame.loc[recordings[0]].index[0] == (pd.Timedelta(0), pd.Timedelta("2s"))


def test_what_is_wrong_is_said(recordings: list[str], tmp_path: Path) -> None:
    model = Model.load()
    with pytest.raises(FileNotFoundError, match="cannot read .*no-model.model.json"):
        Model.load(tmp_path / "no-model")
    (tmp_path / "model.json").write_text("{}")
    with pytest.raises(EarnestError, match="no usable model description: it has no format number"):
        Model.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="cannot open audio file .*nope.wav"):
        model.predict(tmp_path / "nope.wav")
    with pytest.raises(FileNotFoundError, match="nope.wav"):
        model.predict_files([recordings[0], "nope.wav"])
    short = write_wav(tmp_path / "short.wav", voice(0.02))
    with pytest.raises(EarnestError, match="short.wav is shorter than 60 ms"):
        model.predict(short)
    signal = voice(1.0)
    for audio, arguments, sentence in (
        (signal, {}, "an array says nothing of its rate"),
        (recordings[0], {"sampling_rate": 16_000}, "sampling_rate has no effect with str"),
        (signal[:300], {"sampling_rate": 16_000}, "lasts 0.019 s, which is too short"),
        (np.stack([signal, signal]), {"sampling_rate": 16_000}, "the array has 2 channels; give one"),
        (signal, {"sampling_rate": 0}, "sampling_rate=0: give a whole number of Hz, 2,000 to 768,000"),
        (3, {}, "has no audio that Earnest understands"),
    ):
        with pytest.raises(EarnestError, match=sentence):
            model.predict(audio, **arguments)
    for call in (lambda: model.predict(recordings), lambda: model.predict_files(recordings[0])):
        with pytest.raises(TypeError, match="predict_files takes a list"):
            call()
    with pytest.raises(EarnestError, match="windows of 1 s every 2 s cannot be answered"):
        model.stream(16_000, window_s=1.0, step_s=2.0)


def test_silence_is_answered_with_a_warning(tmp_path: Path) -> None:
    model = Model.load()
    with pytest.warns(UserWarning, match="all rows of its features are the same, as those of digital silence"):
        model.predict(np.zeros(16_000, np.float32), 16_000)
    silent = write_wav(tmp_path / "silent.wav", np.zeros(16_000))
    with pytest.warns(UserWarning, match="silent.wav: all rows"):
        model.predict(silent)


def test_a_model_says_what_it_is_and_can_be_pickled() -> None:
    model = Model.load()
    assert model.task == "categorical" and model.outputs == model.classes == ["angry", "happy", "neutral", "sad"]
    assert "EmoDB" in model.card and model.description["corpus"].startswith("EmoDB")
    assert repr(model).startswith("<Model the built-in starter: ")
    signal = voice(1.0)
    assert pickle.loads(pickle.dumps(model)).predict(signal, 16_000) == model.predict(signal, 16_000)


def test_threads_of_python_share_a_model() -> None:
    model = Model.load()
    signals = [voice(1.0, seed=i) for i in range(8)]
    expected = [model.predict(signal, 16_000) for signal in signals]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda signal: model.predict(signal, 16_000), signals)) == expected


def test_answers_can_be_counted(recordings: list[str]) -> None:
    model = Model.load()
    answers = [model.predict(recordings[0]), model.predict(recordings[0]), model.predict(recordings[1])]
    assert len(set(answers)) == 2 and hash(answers[0]) == hash(answers[1])
