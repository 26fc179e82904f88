"""Runs as tables, and what is refused of them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from earnest import EarnestError, Experiment


def test_a_run_becomes_tables(finished_run: Path) -> None:
    run = Experiment(finished_run)
    assert run.missing == 0 and run.classes == ["angry", "happy", "neutral", "sad"]
    assert len(run.units) == len(list((finished_run / "units").iterdir())) == 8
    assert set(run.units["training"]) == {"clean", "augmented"} and set(run.units["epochs"]) == {0}
    assert all(Path(folder).is_dir() for folder in run.units["folder"])
    predictions = run.predictions
    for unit, of_unit in predictions.groupby("unit"):
        written = pd.read_csv(finished_run / "units" / str(unit) / "predictions.csv", dtype=str)
        assert of_unit["id"].tolist() == written["id"].tolist()
        outputs = run.classes if of_unit["task"].iloc[0] == "categorical" else ["arousal", "valence"]
        for name in outputs:
            assert (of_unit[name].to_numpy(np.float32) == written[name].astype(np.float32).to_numpy()).all()
        if outputs == run.classes:
            assert of_unit["answer"].tolist() == written["answer"].tolist()
            assert of_unit["truth"].tolist() == written["truth"].tolist()
        else:
            assert np.array_equal(of_unit["true_arousal"], written["true_arousal"].astype(np.float32))


def test_metrics_are_those_that_the_program_wrote_and_scikit_learn_has(finished_run: Path) -> None:
    run = Experiment(finished_run)
    # As texts first, since not every reader of pandas gives a number its last bit.
    results = pd.read_csv(finished_run / "results.csv", dtype=str)
    numbers = list(run.results.select_dtypes("number").columns)
    assert {"F", "Acc", "seed", "utterances"} <= set(numbers)
    for name in numbers:
        assert np.array_equal(run.results[name], results[name].astype(float), equal_nan=True)
    tables = pd.read_csv(finished_run / "tables.csv", dtype=str)
    assert np.array_equal(run.tables["F"], tables["F"].astype(float), equal_nan=True)
    assert run.tables["training"].tolist() == tables["training"].tolist()
    metrics = pytest.importorskip("sklearn.metrics")
    for (unit, condition), rows in run.predictions.query("task == 'categorical'").groupby(["unit", "condition"]):
        result = run.results.query("unit == @unit and condition == @condition").iloc[0]
        assert result["F"] == pytest.approx(metrics.f1_score(rows["truth"], rows["answer"], average="macro", zero_division=0))


def test_a_damaged_run_is_refused(finished_run: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(finished_run, tmp_path / "run"))
    unit = sorted((copy / "units").iterdir())[0]
    predictions = unit / "predictions.csv"
    text = predictions.read_text()
    predictions.write_text(text.replace("angry", "happy", 1))
    with pytest.raises(EarnestError, match="predictions.csv cannot be used: it is not as `done` says that the unit wrote it"):
        Experiment(copy)
    predictions.write_text(text)
    (unit / "done").unlink()
    with pytest.raises(EarnestError, match="1 units of .* are not finished.*unfinished=True"):
        Experiment(copy)
    part = Experiment(copy, unfinished=True)
    assert part.missing == 1 and len(part.units) == 7


def test_a_history_of_epochs_that_is_damaged_is_refused(earnest_program: str, finished_run: Path, tmp_path: Path) -> None:
    run, corpus = tmp_path / "run", finished_run.parent / "corpus"
    subprocess.run(
        [earnest_program, "reproduce", "table1", "--corpus", corpus, "--recipes", "paper-cnn", "--folds", "2", "--max-epochs", "2", "--out", run],
        check=True, capture_output=True, cwd=tmp_path,
    )  # fmt: skip
    assert set(Experiment(run).units["epochs"]) == {2}
    history = sorted((run / "units").iterdir())[0] / "training.csv"
    header, first, second = history.read_text().splitlines()
    for damaged, sentence in (
        ("", "there is no epoch in it"),
        (header + "\n", "there is no epoch in it"),
        (first + "\n" + second + "\n", "training.csv"),
        (header + "\n" + second + "\n", "epoch 2 stands where epoch 1 has to"),
        (header + "\n" + first + "\n2,0.5\n", "training.csv"),
    ):
        history.write_text(damaged)
        with pytest.raises(EarnestError, match=sentence if sentence == "training.csv" else f"training.csv.*{sentence}"):
            Experiment(run)


def test_other_folders_are_refused(finished_run: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder .*nowhere"):
        Experiment(tmp_path / "nowhere")
    with pytest.raises(EarnestError, match=r"holds no run \(no experiment.toml is in it\); `earnest run`.*`earnest demo`"):
        Experiment(tmp_path)
    with pytest.raises(EarnestError, match="there are runs in it, so give one of them: .*run"):
        Experiment(finished_run.parent)
    model = sorted((finished_run / "units").iterdir())[0]
    with pytest.raises(EarnestError, match="it is a model's: earnest.Model.load opens it"):
        Experiment(model)
