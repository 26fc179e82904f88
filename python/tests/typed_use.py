"""How the package is used by whoever checks types: mypy --strict reads this and nobody runs it."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from typing_extensions import assert_type

import earnest

smile = earnest.Smile("eGeMAPSv02", earnest.FeatureLevel.Functionals, num_workers=None)
assert_type(smile.process_file("a.wav", start=0.5), pd.DataFrame)
assert_type(smile.process_files(["a.wav", "b.wav"], ends=[1.0, 2.0]), pd.DataFrame)
assert_type(smile(np.zeros(16_000), 16_000), npt.NDArray[np.float32])
assert_type(smile.feature_names, list[str])

stream = earnest.Stream("eGeMAPSv02", sampling_rate=16_000)
assert_type(stream.push(np.zeros(160)), npt.NDArray[np.float32])
assert_type(stream.times, npt.NDArray[np.float64])

model = earnest.Model.load("my-model")
answer = model.predict("a.wav")
assert_type(answer, earnest.Answer)
assert_type(answer.label, str | None)
assert_type(answer.probabilities, dict[str, float])
assert_type(model.stream(16_000).push(np.zeros(160)), earnest.Answers)
assert_type(model.predict_files(["a.wav"]).to_frame(), pd.DataFrame)

augment = earnest.Augment("paper", seed=1)
assert_type(augment.apply(np.zeros(160), 16_000, key="a"), npt.NDArray[np.float32])
assert_type(augment.explain(np.zeros(160), 16_000, key="a")[1], list[dict[str, Any]])

assert_type(earnest.Experiment("runs/table1").predictions, pd.DataFrame)
assert_type(earnest.FunctionalsTransformer().transform(["a.wav"]), npt.NDArray[np.float32])

smile.process_file(3)  # type: ignore[arg-type]
earnest.Stream(sampling_rate="16000")  # type: ignore[arg-type]
smile.process_flie("a.wav")  # type: ignore[attr-defined]
earnest.FeatureSet.ComParE_2016  # type: ignore[attr-defined]
earnest.Smail("eGeMAPSv02")  # type: ignore[attr-defined]
