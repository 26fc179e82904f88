"""Finished runs as tables."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from earnest import _earnest
from earnest._earnest import EarnestError
from earnest.paths import path_of
from earnest.tables import need_pandas

if TYPE_CHECKING:
    import pandas as pd

#: Columns of results and tables that are no numbers.
_TEXTS = ("unit", "recipe", "task", "training", "fold", "condition", "test", "trained_on", "tested_on", "corpus")
_SCALES = ("arousal", "valence", "dominance")


class Experiment:
    """A run's folder, as ``earnest run``, ``reproduce`` and ``demo`` write it.

    Every unit is checked when it is opened: its predictions against the seal of its file ``done``, that it is of this
    experiment, and that all of a fold tested the same utterances. What fails raises :class:`EarnestError`, which says what to remove; so
    does a run with units that are not finished, unless ``unfinished=True`` takes those that are.

    Tables are made of the units' predictions, not read from what a report wrote. Each property is a new ``pandas`` table at its first use.
    """

    def __init__(self, folder: str | os.PathLike[str], *, unfinished: bool = False) -> None:
        #: The run's folder.
        self.folder = Path(path_of(folder, "folder"))
        if not self.folder.is_dir():
            raise FileNotFoundError(f"there is no folder {self.folder}; give a run's, as runs/table1")
        if not (self.folder / "experiment.toml").exists():
            below = sorted(path.parent.name for path in self.folder.glob("*/experiment.toml"))
            if (self.folder / "model.json").is_file():
                advice = "it is a model's: earnest.Model.load opens it"
            elif below:
                advice = f"there are runs in it, so give one of them: {', '.join(str(self.folder / name) for name in below[:5])}"
                advice += f" and {len(below) - 5} more" if len(below) > 5 else ""
            else:
                advice = "`earnest run`, `earnest reproduce` and `earnest demo` make such folders (runs/NAME)"
            raise EarnestError(f"{self.folder} holds no run (no experiment.toml is in it); {advice}")
        self._run = _earnest.read_run(self.folder)
        #: Units that are not finished.
        self.missing: int = self._run["missing"]
        if self.missing and not unfinished:
            raise EarnestError(
                f"{self.missing} units of {self.folder} are not finished, so its tables are of a part of the experiment; give its "
                "command again and it goes on, or Experiment(folder, unfinished=True) takes what there is"
            )

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self._run["name"]

    @property
    def corpus(self) -> str:
        """The name of its corpus."""
        return self._run["corpus"]

    @property
    def classes(self) -> list[str]:
        """Its classes, in the order of their numbers."""
        return self._run["classes"]

    @property
    def toml(self) -> str:
        """The experiment with every default written out, as its ``experiment.toml``."""
        return self._run["toml"]

    @cached_property
    def units(self) -> pd.DataFrame:
        """A row for each finished unit: recipe, task, training, fold, seed, its epochs (0 of a baseline) and its folder."""
        need_pandas("a table of an experiment")
        import pandas as pd

        names = ("unit", "recipe", "task", "training", "fold", "seed", "trained_on", "tested_on", "epochs", "folder")
        rows = [{name: unit[name] for name in names if name in unit} for unit in self._run["units"]]
        return pd.DataFrame(rows).set_index("unit")

    @cached_property
    def predictions(self) -> pd.DataFrame:
        """A row for each unit, condition and test utterance: id, speaker, and

        * of classes ``truth`` and ``answer`` (names), and the probability of each class under its name;
        * of scales ``true_arousal`` and so on, and the prediction of each scale under its name.

        Where a run has both tasks, a column that is of the other one is missing (NaN) there.
        """
        need_pandas("a table of an experiment")
        import pandas as pd

        frames = []
        for unit in self._run["units"]:
            count = len(unit["id"])
            head = {name: [unit[name]] * count for name in ("unit", "recipe", "task", "training", "fold", "seed")}
            outputs = unit["outputs"]
            answers = np.array(unit["answers"], np.float32).reshape(count, len(outputs))
            truths = unit["truths"]
            body: dict[str, Any] = {name: unit[name] for name in ("condition", "id", "speaker")}
            if unit["is_categorical"]:
                body["truth"] = [outputs[int(truth[0])] for truth in truths]
                body["answer"] = [outputs[i] for i in answers.argmax(axis=1)]
            else:
                for name in outputs:
                    place = _SCALES.index(name)
                    body[f"true_{name}"] = np.array([truth[place] for truth in truths], np.float32)
            body.update({name: answers[:, i] for i, name in enumerate(outputs)})
            frames.append(pd.DataFrame({**head, **body}))
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def results(self) -> pd.DataFrame:
        """Metrics of each unit and condition, with every key of its recipe: the run's ``results.csv``."""
        return self._table(self._run["results"])

    @cached_property
    def tables(self) -> pd.DataFrame:
        """What the report's first table has, in full precision: Table I with deviations and intervals, or, of a run across corpora, every pair."""
        return self._table(self._run["tables"])

    def _table(self, table: tuple[list[str], list[list[str]]]) -> pd.DataFrame:
        need_pandas("a table of an experiment")
        import pandas as pd

        header, rows = table
        columns = {name: [row[i] for row in rows] for i, name in enumerate(header)}
        # Keys of recipes are numbers or words, as they are written.
        is_text = {name: name in _TEXTS or name.startswith("recipe.") for name in header}
        return pd.DataFrame({name: cells if is_text[name] else _numbers(cells) for name, cells in columns.items()})

    def __repr__(self) -> str:
        return f"<Experiment {self.name} on {self.corpus}: {len(self._run['units'])} units in {self.folder}>"


def _numbers(cells: list[str]) -> npt.NDArray[Any]:
    """Cells as numbers, to the last bit as they were written (pandas' own readers are not always): none are NaN."""
    if all(cell.removeprefix("-").isdecimal() for cell in cells):
        return np.array([int(cell) for cell in cells], np.int64)
    return np.array([float(cell) if cell else np.nan for cell in cells], np.float64)
