"""Augmentation: what is drawn hangs on seed, key and epoch alone."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sounds import as_read, voice, write_wav

import earnest
from earnest import Augment, EarnestError

NOISY = '[[steps]]\ntransform = "coloured_noise"\nprobability = 1.0\nratio = [0, 20]\nreading = "snr_db"\n'


def test_seed_key_and_epoch_decide_and_nothing_else() -> None:
    signal = voice(1.0)
    augment = Augment("robust", seed=5)
    first = augment(signal, 16_000, key="a")
    for other in ("b", "c"):
        augment(signal, 16_000, key=other)
    assert first.dtype == np.float32 and first.ndim == 1
    assert np.array_equal(first, augment(signal, 16_000, key="a"))
    assert np.array_equal(first, Augment("robust", seed=5).apply(signal, 16_000, key="a"))
    noisy = Augment(NOISY, seed=5)
    base = noisy(signal, 16_000, key="a")
    for changed in (
        noisy(signal, 16_000, key="b"),
        noisy(signal, 16_000, key="a", epoch=1),
        Augment(NOISY, seed=6)(signal, 16_000, key="a"),
    ):
        assert not np.array_equal(base, changed)
    noisy.set_epoch(1)
    assert np.array_equal(noisy(signal, 16_000, key="a"), noisy(signal, 16_000, key="a", epoch=1))
    assert not np.array_equal(noisy(signal, 16_000, key="a"), base)


@pytest.mark.parametrize("chain", ["paper", "robust"])
def test_the_bits_are_those_of_the_program(earnest_program: str, chain: str, tmp_path: Path) -> None:
    samples = voice(1.5, seed=2)
    write_wav(tmp_path / "talk.wav", samples)
    text = Path(__file__).resolve().parents[2] / "crates" / "earnest-augment" / "chains" / f"{chain}.toml"
    subprocess.run(
        [earnest_program, "augment", "talk.wav", "out.wav", "--chain", text, "--seed", "9", "--presentations", "4", "--float"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    for augment in (Augment(chain, seed=9), Augment(text, seed=9), Augment(text.read_text(), seed=9)):
        for epoch in range(4):
            ours = augment(as_read(samples), 16_000, key="talk.wav", epoch=epoch)
            theirs = earnest._earnest.read_audio(tmp_path / f"out-{epoch + 1}.wav")
            assert np.array_equal(ours, theirs)


def test_what_was_drawn_can_be_told() -> None:
    augment = Augment('[[steps]]\ntransform = "tempo"\nprobability = 1\nfactor = 2.0\n', seed=1)
    samples, drawn = augment.explain(voice(1.0), 16_000, key="a")
    assert len(samples) == 8_000
    assert drawn[0]["transform"] == "tempo" and drawn[0]["factor"] == 2.0 and "tempo" in drawn[0]["words"]
    assert 'transform = "tempo"' in augment.chain


def test_noises_and_rooms_of_ones_own_are_drawn_from(tmp_path: Path) -> None:
    (tmp_path / "noises").mkdir()
    write_wav(tmp_path / "noises" / "hum.wav", np.sin(np.arange(32_000) * 0.05) * 0.3)
    chain = '[[steps]]\ntransform = "noise"\nprobability = 1.0\nratio = 0.5\n'
    augment = Augment(chain, seed=1, noises=[tmp_path / "noises"])
    _, drawn = augment.explain(voice(1.0), 16_000, key="a")
    assert drawn[0]["transform"] == "noise" and "hum" in drawn[0]["clip"]
    with pytest.raises(EarnestError, match='rooms has no effect: no step of the chain has transform = "room"'):
        Augment(chain, seed=1, rooms=[tmp_path / "noises"])
    with pytest.raises((EarnestError, OSError), match="nowhere"):
        Augment(chain, seed=1, noises=[tmp_path / "nowhere"])
    with pytest.raises(TypeError, match="noises is a list of folders"):
        Augment(chain, seed=1, noises=str(tmp_path))


def test_other_rates_are_brought_to_16_khz() -> None:
    chain = '[[steps]]\ntransform = "gain"\nprobability = 1.0\ngain_db = -6.0\n'
    assert len(Augment(chain, seed=1)(voice(1.0, rate=44_100), 44_100, key="a")) == 16_000


@pytest.mark.parametrize(
    ("chain", "sentence"),
    [
        ("papr", "chain='papr' is none: there are paper, robust"),
        ('[[steps]]\ntransform = "tempo"\nprobability = 2.0\nfactor = 1.1\n', "probability 2 is not between 0 and 1"),
        ('[[steps]]\ntransform = "temo"\nprobability = 1.0\n', "step 1: .*unknown variant `temo`"),
    ],
)
def test_chains_that_make_no_sense_are_refused(chain: str, sentence: str) -> None:
    with pytest.raises(EarnestError, match=sentence):
        Augment(chain, seed=1)


def test_bad_arguments_are_refused() -> None:
    augment = Augment("paper", seed=1)
    signal = voice(0.5)
    with pytest.raises(FileNotFoundError):
        Augment("nowhere.toml", seed=1)
    with pytest.raises(EarnestError, match="an array needs its rate and a key"):
        augment(signal, 16_000)
    with pytest.raises(TypeError, match="key=3 is no text"):
        augment.apply(signal, 16_000, key=3)  # type: ignore[arg-type]
    with pytest.raises(EarnestError, match="seed=-1: give a whole number"):
        Augment("paper", seed=-1)
    with pytest.raises(EarnestError, match="there are no samples to augment"):
        augment.apply(signal[:0], 16_000, key="a")
    with pytest.raises(EarnestError, match="is no number"):
        augment.apply(np.full(100, np.nan, np.float32), 16_000, key="a")


def example(number: int) -> dict[str, Any]:
    return {"id": f"u{number}", "audio": {"array": voice(0.5, seed=number), "sampling_rate": 16_000}, "label": number}


def test_examples_and_batches_are_drawn_alike() -> None:
    augment = Augment("paper", seed=3, key_column="id")
    alone = [augment(example(i)) for i in range(4)]
    batch = {key: [example(i)[key] for i in range(4)] for key in example(0)}
    together = augment(batch)
    for i, one in enumerate(alone):
        assert one["label"] == i and one["audio"]["sampling_rate"] == 16_000
        assert np.array_equal(one["audio"]["array"], together["audio"][i]["array"])
        assert np.array_equal(one["audio"]["array"], augment.apply(example(i)["audio"]["array"], 16_000, key=f"u{i}"))
    by_index = Augment("paper", seed=3)
    assert np.array_equal(
        by_index(example(2), 2)["audio"]["array"], by_index(batch, [0, 1, 2, 3])["audio"][2]["array"]
    )
    with pytest.raises(EarnestError, match="nothing says which example it is"):
        by_index(example(0))
    with pytest.raises(EarnestError, match="a batch of 4 examples needs as many keys"):
        by_index(batch, 1)
    with pytest.raises(EarnestError, match="there is no column 'sound'; there are audio, id, label"):
        Augment("paper", seed=3, audio_column="sound")(example(0), 0)


class Decoder:
    """As datasets 4 and later give: no dict, but answers by subscript (a stand-in: torchcodec needs PyTorch)."""

    def __init__(self, array: np.ndarray, rate: int) -> None:
        self._items = {"array": array, "sampling_rate": rate}

    def __getitem__(self, key: str) -> Any:
        if key not in self._items:
            raise KeyError(f"only the keys 'array' and 'sampling_rate' are supported, not {key}")
        return self._items[key]


def test_decoders_are_asked_by_subscript() -> None:
    signal = voice(0.5)
    augment = Augment("paper", seed=3)
    of_dict = augment({"audio": {"array": signal, "sampling_rate": 16_000}}, 7)
    of_decoder = augment({"audio": Decoder(signal, 16_000)}, 7)
    assert np.array_equal(of_dict["audio"]["array"], of_decoder["audio"]["array"])


def in_a_worker(job: tuple[Augment, int]) -> np.ndarray:
    augment, number = job
    made: np.ndarray = augment(example(number), number)["audio"]["array"]
    return made


@pytest.mark.parametrize("how", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_worker_processes_draw_alike(how: str) -> None:
    augment = Augment("robust", seed=11, epoch=2)
    # Threads of ours were started here, which a fork does not have.
    earnest.Smile("eGeMAPSv02", num_workers=2)(voice(1.0), 16_000)
    here = [in_a_worker((augment, i)) for i in range(3)]
    with multiprocessing.get_context(how).Pool(2) as pool:
        there = pool.map_async(in_a_worker, [(augment, i) for i in range(3)]).get(timeout=120)
    for a, b in zip(here, there, strict=True):
        assert np.array_equal(a, b)
    assert pickle.loads(pickle.dumps(augment)).epoch == 2


def features_in_a_worker(number: int) -> np.ndarray:
    made: np.ndarray = earnest.Smile("eGeMAPSv02", num_workers=2)(voice(0.5, seed=number), 16_000)
    return made


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_features_and_answers_can_be_made_after_a_fork() -> None:
    here = [features_in_a_worker(i) for i in range(3)]
    earnest.Model.load().predict(voice(1.0), 16_000)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        there = pool.map_async(features_in_a_worker, range(3)).get(timeout=120)
    for a, b in zip(here, there, strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("key", [None, "", float("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_what_names_no_example_is_no_key(key: Any) -> None:
    augment = Augment("paper", seed=3, key_column="id")
    with pytest.raises(EarnestError, match="which does not say which example it is|nothing says which example it is"):
        augment({**example(0), "id": key})
    audio = [example(i)["audio"] for i in range(2)]
    with pytest.raises(EarnestError, match="the key of example 1 of the batch is .*which does not say which example it is"):
        augment({"id": ["a", key], "audio": audio})
    with pytest.raises(EarnestError, match="key is empty"):
        augment.apply(voice(0.5), 16_000, key="")


def test_numbers_are_keys_as_their_texts_and_whole_ones_whatever_their_type() -> None:
    augment = Augment(NOISY, seed=3)
    expected = augment.apply(example(0)["audio"]["array"], 16_000, key="1")
    for key in (1, 1.0, "1", np.int64(1), np.float32(1)):
        assert np.array_equal(augment(example(0), key)["audio"]["array"], expected)
    assert np.array_equal(augment(example(0), 1.5)["audio"]["array"], augment.apply(example(0)["audio"]["array"], 16_000, key="1.5"))


def test_keys_of_a_batch_are_anything_with_a_length() -> None:
    augment = Augment(NOISY, seed=3)
    batch = {"audio": [example(i)["audio"] for i in range(4)]}
    expected = [one["array"] for one in augment(batch, [3, 4, 5, 6])["audio"]]
    for keys in (range(3, 7), np.arange(3, 7), pd.Series([3, 4, 5, 6], index=[9, 8, 7, 6]), (3.0, 4, "5", 6)):
        made = [one["array"] for one in augment(batch, keys)["audio"]]
        assert all(np.array_equal(a, b) for a, b in zip(made, expected, strict=True))
    for keys in ("abcd", range(3), {0: 1, 1: 2, 2: 3, 3: 4}):
        with pytest.raises(EarnestError, match="a batch of 4 examples needs as many keys"):
            augment(batch, keys)  # type: ignore[arg-type]


def test_lists_are_samples_too() -> None:
    signal = voice(0.5)
    augment = Augment("paper", seed=3)
    assert np.array_equal(augment(signal.tolist(), 16_000, key="a"), augment(signal, 16_000.0, key="a"))  # type: ignore[arg-type]


def test_bytes_are_heard_whatever_lies_in_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / "talk.wav", voice(0.9, seed=1))
    (tmp_path / "folder").mkdir()
    content = write_wav(tmp_path / "other.wav", voice(0.6, seed=2)).read_bytes()
    samples = as_read(voice(0.6, seed=2))
    model, augment, features = earnest.Model.load(), Augment("paper", seed=3), earnest.AudioFeatures("eGeMAPSv02", column="f")
    for path in ("talk.wav", "folder", "folder/", "x/", "", None, "a" * 5_000, "a." + "b" * 300, "..", "no\0.wav", Path("talk.wav")):
        column = {"path": path, "bytes": content}
        assert model.predict(column).values == model.predict(samples, 16_000).values
        assert np.array_equal(augment({"audio": column}, 0)["audio"]["array"], augment.apply(samples, 16_000, key="0"))
        assert np.array_equal(features({"audio": column})["f"], earnest.Smile("eGeMAPSv02")(samples, 16_000)[0, :, 0])
        functionals = earnest.FunctionalsTransformer().transform([column])
        assert np.array_equal(functionals[0], features({"audio": column})["f"])


def test_errors_of_bytes_name_what_was_given(tmp_path: Path) -> None:
    short = write_wav(tmp_path / "short.wav", voice(0.02)).read_bytes()
    model, augment, features = earnest.Model.load(), Augment("paper", seed=3), earnest.AudioFeatures("eGeMAPSv02", column="f")
    calls = (model.predict, lambda x: augment({"audio": x}, 0), lambda x: features({"audio": x}), lambda x: earnest.FunctionalsTransformer().transform([x]))
    for call in calls:
        for content in (b"", b"no audio at all"):
            with pytest.raises(EarnestError, match=rf"'talk.wav' in .* \({len(content)} bytes\)") as caught:
                call({"path": "talk.wav", "bytes": content})
            assert "earnest-" not in str(caught.value)
        with pytest.raises(EarnestError, match="'bytes' is str; give the content of an audio file"):
            call({"path": "talk.wav", "bytes": "text"})
        with pytest.raises(FileNotFoundError, match="nowhere.wav"):
            call({"path": "nowhere.wav", "bytes": None})
    with pytest.warns(UserWarning, match=r"'talk.wav' in the column 'audio' \(\d+ bytes\) is shorter than 60 ms"):
        features({"audio": {"path": "talk.wav", "bytes": short}})
    with pytest.raises(EarnestError, match=r"'talk.wav' in what was given to predict \(\d+ bytes\) is shorter than 60 ms"):
        model.predict({"path": "talk.wav", "bytes": short})
