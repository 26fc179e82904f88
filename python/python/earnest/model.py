"""Models: files, arrays or live samples in, answers out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from earnest import _earnest
from earnest._earnest import EarnestError
from earnest.arguments import rate_of, seconds_of, workers_of
from earnest.audio_column import Signal, opened
from earnest.paths import all_missing_named, path_of
from earnest.samples import PIECE, is_samples, mono_of, warn_of_scale
from earnest.tables import need_pandas
from earnest.warning import warn

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Answer:
    """What a model hears in a stretch of a recording."""

    #: A probability for each class, or a value on each scale, by name, in the model's order.
    values: Mapping[str, float]
    #: Where the stretch begins, seconds from the first sample.
    start_s: float
    #: Where it ends, seconds from the first sample.
    end_s: float
    #: The most probable class, of equals the first; None if the model predicts scales.
    label: str | None
    #: The file, where there is one.
    file: str | None = None
    #: True where the largest probability is below the model's threshold (:attr:`Model.uncertain_below`); None where it has none.
    uncertain: bool | None = None

    def __hash__(self) -> int:
        return hash((tuple(self.values.items()), self.start_s, self.end_s, self.label, self.file, self.uncertain))

    @property
    def probabilities(self) -> dict[str, float]:
        """A probability for each class. Of a model of scales this raises :class:`EarnestError`."""
        if self.label is None:
            raise EarnestError(f"the model predicts {', '.join(self.values)}, which have no probabilities; see values")
        return dict(self.values)

    @property
    def arousal(self) -> float | None:
        """The value on that scale; None if the model does not predict it."""
        return self._scale("arousal")

    @property
    def valence(self) -> float | None:
        """The value on that scale; None if the model does not predict it."""
        return self._scale("valence")

    @property
    def dominance(self) -> float | None:
        """The value on that scale; None if the model does not predict it."""
        return self._scale("dominance")

    def _scale(self, name: str) -> float | None:
        return self.values.get(name) if self.label is None else None

    def to_dict(self) -> dict[str, Any]:
        """``file``, ``label`` and ``uncertain`` where there are such, ``start``, ``end`` and a key for each value."""
        head: dict[str, Any] = {} if self.file is None else {"file": self.file}
        head.update(start=self.start_s, end=self.end_s)
        if self.label is not None:
            head["label"] = self.label
        if self.uncertain is not None:
            head["uncertain"] = self.uncertain
        return {**head, **self.values}

    def __str__(self) -> str:
        values = ", ".join(f"{name} {value:.2f}" for name, value in self.values.items())
        label = "" if self.label is None else f"{self.label} "
        label += "uncertain " if self.uncertain else ""
        return f"{self.start_s:.2f}-{self.end_s:.2f} s: {label}({values})"


class Answers(list[Answer]):
    """Answers in order, which can be a table."""

    def to_frame(self) -> pd.DataFrame:
        """A row for each answer: ``label`` where there are classes, ``uncertain`` where the model has a threshold, and a column for each
        value.

        The index is ``(file, start, end)`` where the answers are of files, otherwise ``(start, end)``.
        """
        need_pandas("a table of answers")
        import pandas as pd

        frame = pd.DataFrame([answer.to_dict() for answer in self])
        if frame.empty:
            return frame
        for name in ("start", "end"):
            frame[name] = pd.to_timedelta(frame[name], unit="s")
        levels = [name for name in ("file", "start", "end") if name in frame]
        return frame.set_index(levels)


class Model:
    """A model of speech emotion with its front end: it is given audio as it is.

    >>> import earnest
    >>> model = earnest.Model.load()
    >>> model.classes
    ['angry', 'happy', 'neutral', 'sad']
    >>> tone = 0.3 * np.sin(2 * np.pi * 150 * np.arange(32_000) / 16_000)
    >>> answer = model.predict(tone, 16_000)
    >>> answer.label in model.classes, round(sum(answer.probabilities.values()), 4)
    (True, 1.0)
    """

    def __init__(self, native: _earnest.Recogniser, folder: Path | None) -> None:
        self._native = native
        self._folder = folder
        #: All that the model's ``model.json`` says: recipe, training, speakers, classes and so on.
        self.description: dict[str, Any] = json.loads(native.description)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> Model:
        """The model in a folder (``model.json``, ``model.safetensors``), as ``earnest train`` and runs write it.

        Without a path: the starter that is built in, which has heard little (:attr:`card`). Raises ``FileNotFoundError``, or
        :class:`EarnestError` for files that are no usable model.
        """
        folder = None if path is None else Path(path)
        return cls(_earnest.Recogniser.load(folder), folder)

    @property
    def outputs(self) -> list[str]:
        """Names of an answer's values: the classes, or the scales."""
        return list(self.description["outputs"])

    @property
    def task(self) -> str:
        """``"categorical"`` or ``"dimensional"``."""
        return str(self.description["task"])

    @property
    def classes(self) -> list[str]:
        """The classes. Of a model of scales this raises :class:`EarnestError`."""
        if self.task != "categorical":
            raise EarnestError(f"the model predicts {', '.join(self.outputs)} and no classes; see outputs")
        return self.outputs

    @property
    def uncertain_below(self) -> float | None:
        """The probability below which an answer is uncertain, as it was chosen on the utterances that validated; None if it was not."""
        return self._native.uncertain_below

    @property
    def card(self) -> str:
        """The model's card, in Markdown. Raises ``FileNotFoundError`` where its folder has none."""
        if self._folder is None:
            return _earnest.STARTER_CARD
        return (self._folder / "README.md").read_text(encoding="utf-8")

    def __repr__(self) -> str:
        where = "the built-in starter" if self._folder is None else str(self._folder)
        return f"<Model {where}: {self._native.title}, {', '.join(self.outputs)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).load, (self._folder,)

    def predict(self, audio: Any, sampling_rate: int | None = None) -> Answer:
        """The answer to a file, or to samples.

        Args:
            audio: a path; ``[n]`` samples (float32 or float64 of full scale 1.0, or int16) with ``sampling_rate``; or what an audio
                column of Hugging Face has. Files are mixed down to one channel, and all is brought to 16 kHz.
            sampling_rate: of an array, in Hz, 2,000 to 768,000.

        To a model that adapts to speakers each call is a speaker of its own. Raises as :class:`Smile` does. Where all rows of features are
        the same, as of digital silence, a ``UserWarning`` says that the answer says nothing.
        """
        if isinstance(audio, (list, tuple)) and audio and isinstance(audio[0], (str, os.PathLike)):
            raise TypeError("predict answers to one file; predict_files takes a list of them")
        if is_samples(audio) and not isinstance(audio, Signal):
            array = mono_of(audio)
            if sampling_rate is None:
                raise EarnestError("an array says nothing of its rate: give sampling_rate in Hz")
            audio = Signal(array, rate_of(sampling_rate))
        elif sampling_rate is not None:
            raise EarnestError(f"sampling_rate has no effect with {type(audio).__name__}, which has a rate of its own; leave it out")
        if isinstance(audio, Signal):
            return self._of_signal(audio)
        with opened(audio, "what was given to predict") as sound:
            if isinstance(sound, Signal):
                return self._of_signal(sound)
            named = isinstance(audio, (str, os.PathLike))
            return self._of_files([sound.path], 1, [sound.name], named)[0]

    def predict_files(self, files: Iterable[str | os.PathLike[str]], num_workers: int | None = None) -> Answers:
        """Answers to files, in their order, on ``num_workers`` threads (None: one a core). The same bits on any number.

        To a model that adapts to speakers all files of a call are one speaker's, heard in this order. A file that cannot be read is an
        error, and no answer is left out.
        """
        if isinstance(files, (str, os.PathLike)):
            raise TypeError("predict_files takes a list of files; predict takes one")
        paths = [path_of(file, f"file {i} of the list") for i, file in enumerate(files)]
        with all_missing_named(paths):
            return self._of_files(paths, workers_of(num_workers), paths, True)

    def stream(self, sampling_rate: int, *, window_s: float | None = 3.0, step_s: float = 1.0) -> AnswerStream:
        """Begins to hear samples as they come, with running answers.

        Args:
            sampling_rate: of the samples, Hz.
            window_s: each answer is to so many seconds, at most 3,600; None answers to all together, when it ends.
            step_s: seconds from the start of a window to that of the next, at most ``window_s``.

        To a model whose features are made of a recording as a whole (functionals, levelled waveforms, the starter) each
        window is a recording of its own. Segments by voice activity are not there yet. Raises :class:`EarnestError` for
        a model that cannot answer to windows: one that normalises by all that a speaker will say.
        """
        rate = rate_of(sampling_rate)
        windows = None if window_s is None else (seconds_of(window_s, "window_s"), seconds_of(step_s, "step_s"))
        return AnswerStream(self, self._native.stream(rate, windows), rate)

    def _answer(self, values: list[float], start_s: float, end_s: float, file: str | None = None) -> Answer:
        names = self.outputs
        label = names[int(np.argmax(values))] if self.task == "categorical" else None
        below = self.uncertain_below
        uncertain = None if below is None else max(values) < below
        return Answer(dict(zip(names, values)), start_s, end_s, label, file, uncertain)

    def _of_signal(self, signal: Signal) -> Answer:
        samples = mono_of(signal.samples)
        warn_of_scale(samples)
        return self._told(self._native.of_signal(samples, signal.sampling_rate), "the signal", None)

    def _of_files(self, files: list[str], num_workers: int | None, names: list[str], named: bool) -> Answers:
        told = self._native.of_files(files, num_workers)
        return Answers(self._told(one, name, name if named else None) for one, name in zip(told, names))

    def _told(self, told: tuple[list[float], float, float, bool], name: str, file: str | None) -> Answer:
        values, start_s, end_s, never_change = told
        if never_change:
            warn(
                f"{name}: all rows of its features are the same, as those of digital silence are, so the "
                "answer says nothing about a voice"
            )
        return self._answer(values, start_s, end_s, file)


class AnswerStream:
    """A model that hears samples as they come. The same answers, to the bit, however samples are cut."""

    def __init__(self, model: Model, native: _earnest.RecogniserStream, sampling_rate: int) -> None:
        self._model = model
        self._native = native
        self._sampling_rate = sampling_rate
        self._has_warned = False

    @property
    def sampling_rate(self) -> int:
        """Rate of the samples, Hz."""
        return self._sampling_rate

    def push(self, samples: npt.ArrayLike) -> Answers:
        """Takes ``[n]`` samples; the answers that are now possible, often none.

        Samples that are no numbers raise :class:`EarnestError`; then none of those samples is taken. Where it is interrupted (Ctrl-C),
        the recording ends there and its answers are lost.
        """
        array = mono_of(samples)
        self._native.check(array)
        self._has_warned = self._has_warned or warn_of_scale(array)
        if array.ndim != 1 or len(array) <= PIECE:
            return self._answers(self._native.push(array))
        answers = Answers()
        try:
            for at in range(0, len(array), PIECE):
                answers += self._answers(self._native.push(array[at : at + PIECE]))
        except KeyboardInterrupt:
            self._native.finish()
            raise
        return answers

    def finish(self) -> Answers:
        """Ends the recording: the answer to what is left. Then the stream is as new, but for a model that adapts to its speaker."""
        return self._answers(self._native.finish())

    def _answers(self, told: list[tuple[list[float], float, float]]) -> Answers:
        return Answers(self._model._answer(*one) for one in told)

    def __repr__(self) -> str:
        return f"<AnswerStream of {self._model!r} at {self._sampling_rate} Hz>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("an AnswerStream has a recording's state, which cannot be copied or pickled; open another by Model.stream")
