"""Hugging Face datasets: features of audio columns, and augmentation by map and set_transform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sounds import as_read, voice, write_wav

import earnest
from earnest import Augment, AudioFeatures, EarnestError, Smile

datasets = pytest.importorskip("datasets", reason="SKIPPED: datasets cannot be imported here (pip install datasets)")
datasets.disable_progress_bars()


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    return [str(write_wav(tmp_path / f"{i}.wav", voice(0.6 + 0.1 * i, seed=i))) for i in range(4)]


def in_memory(paths: list[str]) -> Any:
    columns = {
        "id": [Path(path).name for path in paths],
        "audio": [
            {"array": as_read(voice(0.6 + 0.1 * i, seed=i)), "sampling_rate": 16_000} for i in range(len(paths))
        ],
    }
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "audio": {"array": datasets.List(datasets.Value("float32")), "sampling_rate": datasets.Value("int32")},
        }
    )
    return datasets.Dataset.from_dict(columns, features=features)


def test_functionals_of_an_audio_column_are_those_of_its_files(paths: list[str], tmp_path: Path) -> None:
    expected = Smile("eGeMAPSv02").process_files(paths).to_numpy()
    # An audio column that is not decoded: paths, and then the bytes that a stored one has.
    undecoded = datasets.Dataset.from_dict({"audio": paths}).cast_column("audio", datasets.Audio(decode=False))
    embedded = datasets.Dataset.from_dict(
        {"audio": [{"path": f"gone-{i}.wav", "bytes": Path(path).read_bytes()} for i, path in enumerate(paths)]}
    ).cast_column("audio", datasets.Audio(decode=False))
    for dataset in (undecoded, embedded, in_memory(paths), datasets.Dataset.from_dict({"audio": paths})):
        for arguments in ({}, {"batched": True, "batch_size": 3}):
            made = dataset.map(AudioFeatures("eGeMAPSv02"), **arguments)
            names = Smile("eGeMAPSv02").feature_names
            values = np.array([made[name] for name in names], np.float32).T
            assert (values == expected).all()


def test_descriptors_take_one_column(paths: list[str]) -> None:
    made = in_memory(paths).map(AudioFeatures("eGeMAPSv02", "lld", column="lld"))
    smile = Smile("eGeMAPSv02", "lld")
    for i, rows in enumerate(made["lld"]):
        assert (np.array(rows, np.float32) == smile(as_read(voice(0.6 + 0.1 * i, seed=i)), 16_000)[0].T).all()
    with pytest.raises(EarnestError, match="say its name, column='lld'"):
        AudioFeatures("eGeMAPSv02", "lld")
    with pytest.raises(EarnestError, match="there is a column 'lld' already"):
        AudioFeatures("eGeMAPSv02", "lld", column="lld")({"audio": paths[0], "lld": 1})


def test_map_augments_each_example_by_its_key(paths: list[str]) -> None:
    dataset = in_memory(paths)
    augment = Augment("paper", seed=4, key_column="id")
    made = dataset.map(augment)
    batched = dataset.map(augment, batched=True, batch_size=3)
    for i, path in enumerate(paths):
        expected = augment.apply(as_read(voice(0.6 + 0.1 * i, seed=i)), 16_000, key=Path(path).name)
        assert np.array_equal(np.array(made[i]["audio"]["array"], np.float32), expected)
        assert np.array_equal(np.array(batched[i]["audio"]["array"], np.float32), expected)
    indexed = dataset.map(Augment("paper", seed=4), with_indices=True)
    expected = Augment("paper", seed=4).apply(as_read(voice(0.6, seed=0)), 16_000, key="0")
    assert np.array_equal(np.array(indexed[0]["audio"]["array"], np.float32), expected)


def test_map_knows_the_epoch(paths: list[str]) -> None:
    # Its cache is keyed by what the callable is, so another epoch must be another one.
    augment = Augment('[[steps]]\ntransform = "coloured_noise"\nprobability = 1.0\nratio = 0.5\n', seed=4, key_column="id")
    first = in_memory(paths).map(augment)[0]["audio"]["array"]
    augment.set_epoch(1)
    assert in_memory(paths).map(augment)[0]["audio"]["array"] != first


def test_a_transform_draws_anew_in_each_epoch(paths: list[str]) -> None:
    augment = Augment('[[steps]]\ntransform = "coloured_noise"\nprobability = 1.0\nratio = 0.5\n', seed=4, key_column="id")
    dataset = in_memory(paths)
    dataset.set_transform(augment)
    first, again = dataset[1]["audio"]["array"], dataset[1]["audio"]["array"]
    assert np.array_equal(first, again)
    augment.set_epoch(1)
    assert not np.array_equal(first, dataset[1]["audio"]["array"])


def test_a_model_answers_to_an_audio_column(paths: list[str]) -> None:
    model = earnest.Model.load()
    made = in_memory(paths).map(lambda example: {"label": model.predict(example["audio"]).label})
    assert made["label"] == [answer.label for answer in model.predict_files(paths)]


def test_undecoded_audio_is_augmented_by_map_if_the_column_becomes_samples(paths: list[str]) -> None:
    ids = [Path(path).name for path in paths]
    dataset = datasets.Dataset.from_dict({"id": ids, "audio": paths}).cast_column("audio", datasets.Audio(decode=False))
    augment = Augment("paper", seed=4, key_column="id")
    samples = {"array": datasets.List(datasets.Value("float32")), "sampling_rate": datasets.Value("int32")}
    for arguments in ({}, {"batched": True, "batch_size": 3}):
        made = dataset.map(augment, features=datasets.Features({**dataset.features, "audio": samples}), **arguments)
        for i, name in enumerate(ids):
            expected = augment.apply(as_read(voice(0.6 + 0.1 * i, seed=i)), 16_000, key=name)
            assert np.array_equal(np.array(made[i]["audio"]["array"], np.float32), expected)


def test_features_of_a_column_say_what_they_are() -> None:
    assert repr(AudioFeatures(column="x")) == "AudioFeatures('eGeMAPSv02', 'Functionals', audio_column='audio', column='x')"
