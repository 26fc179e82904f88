"""Earnest: speech-emotion recognition that keeps working on a robot.

* :class:`Smile`, with :class:`FeatureSet` and :class:`FeatureLevel`: opensmile-python's calls and tables, under a free licence.
* :class:`Stream`: descriptors and functionals of live audio, chunk by chunk. :class:`FrontEnd`: Earnest's other features.
* :class:`Model`: files, arrays or live samples in, an :class:`Answer` out.
* :class:`Augment`: what training does to speech, on arrays and examples.
* :class:`AudioFeatures`: features of audio columns of Hugging Face datasets.
* :class:`FunctionalsTransformer`: functionals as a step of scikit-learn's pipelines.
* :class:`Experiment`: a finished run as tables.

Importing it imports numpy and nothing else: pandas where a table is made, scikit-learn where the transformer is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from earnest._earnest import EarnestError, __version__
from earnest.audio_features import AudioFeatures
from earnest.augment import Augment
from earnest.experiment import Experiment
from earnest.feature_set import FeatureLevel, FeatureSet
from earnest.front_end import FrontEnd
from earnest.model import Answer, Answers, AnswerStream, Model
from earnest.smile import Smile
from earnest.stream import Stream

__all__ = [
    "Answer",
    "AnswerStream",
    "Answers",
    "AudioFeatures",
    "Augment",
    "EarnestError",
    "Experiment",
    "FeatureLevel",
    "FeatureSet",
    "FrontEnd",
    "FunctionalsTransformer",
    "Model",
    "Smile",
    "Stream",
    "__version__",
]

if TYPE_CHECKING:
    from earnest.transformer import FunctionalsTransformer as FunctionalsTransformer
else:

    def __getattr__(name: str) -> Any:
        # scikit-learn is heavy, and most who import this package want none of it.
        if name == "FunctionalsTransformer":
            try:
                from earnest.transformer import FunctionalsTransformer
            except ImportError as error:
                if (error.name or "").split(".")[0] != "sklearn":
                    raise
                raise ImportError(
                    f"FunctionalsTransformer needs scikit-learn, which cannot be imported here ({error}): pip install 'earnest[sklearn]'",
                    name="sklearn",
                ) from error
            return FunctionalsTransformer
        raise AttributeError(f"module 'earnest' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
