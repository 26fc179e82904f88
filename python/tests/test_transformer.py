"""The scikit-learn transformer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sounds import voice, write_wav

from earnest import EarnestError, Smile

sklearn = pytest.importorskip("sklearn", reason="SKIPPED: scikit-learn cannot be imported here (pip install scikit-learn)")

from sklearn.base import clone  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.svm import SVC  # noqa: E402
from sklearn.utils.estimator_checks import check_estimator  # noqa: E402

from earnest import FunctionalsTransformer  # noqa: E402


def test_functionals_are_those_of_smile_whatever_recordings_are(recordings: list[str], tmp_path: Path) -> None:
    expected = Smile("eGeMAPSv02").process_files(recordings).to_numpy()
    assert (FunctionalsTransformer().fit_transform(recordings) == expected).all()
    assert (FunctionalsTransformer().transform(pd.Series(recordings)) == expected).all()
    assert (FunctionalsTransformer().transform([Path(file) for file in recordings]) == expected).all()
    signals = [voice(0.5, seed=i) for i in range(3)]
    of_signals = np.stack([Smile("eGeMAPSv02")(signal, 16_000)[0, :, 0] for signal in signals])
    assert (FunctionalsTransformer(sampling_rate=16_000).transform(signals) == of_signals).all()
    assert (FunctionalsTransformer(sampling_rate=16_000).transform(np.stack(signals)) == of_signals).all()
    columns = [{"array": signal, "sampling_rate": 16_000} for signal in signals]
    assert (FunctionalsTransformer().transform(columns) == of_signals).all()


def test_a_pipeline_tells_two_voices_apart(tmp_path: Path) -> None:
    voices = [voice(0.6, hz=hz, seed=i) for i, hz in enumerate([105, 110, 115, 120, 225, 230, 235, 240])]
    files = [str(write_wav(tmp_path / f"{i}.wav", one)) for i, one in enumerate(voices)]
    names = ["low"] * 4 + ["high"] * 4
    pipeline = make_pipeline(FunctionalsTransformer(), StandardScaler(), SVC(kernel="linear"))
    train, test = [0, 1, 2, 4, 5, 6], [3, 7]
    fitted = clone(pipeline).fit([files[i] for i in train], [names[i] for i in train])
    assert fitted.predict([files[i] for i in test]).tolist() == ["low", "high"]
    search = GridSearchCV(
        pipeline, {"functionalstransformer__feature_set": ["GeMAPSv01b", "eGeMAPSv02"]}, cv=2
    ).fit(files, names)
    assert search.best_score_ == 1.0


def test_columns_have_names_and_become_a_table(recordings: list[str]) -> None:
    transformer = FunctionalsTransformer().set_output(transform="pandas")
    frame = transformer.fit_transform(recordings)
    assert isinstance(frame, pd.DataFrame)
    assert list(frame.columns) == Smile("eGeMAPSv02").feature_names == list(transformer.get_feature_names_out())
    several = FunctionalsTransformer(channels=[0, 1])
    assert several.get_feature_names_out()[88] == "1_F0semitoneFrom27.5Hz_sma3nz_amean"


def test_parameters_are_kept_and_checked() -> None:
    transformer = FunctionalsTransformer("GeMAPSv01b", sampling_rate=8_000, channels=[0, 1], mixdown=True, num_workers=2)
    assert clone(transformer).get_params() == transformer.get_params()
    assert transformer.get_params() == {
        "feature_set": "GeMAPSv01b", "sampling_rate": 8_000, "channels": [0, 1], "mixdown": True, "num_workers": 2,
    }  # fmt: skip
    with pytest.raises(EarnestError, match="'ComParE_2016' is no feature set"):
        FunctionalsTransformer("ComParE_2016").fit([])


def test_what_has_no_functionals_is_an_error_that_says_which(recordings: list[str], tmp_path: Path) -> None:
    short = str(write_wav(tmp_path / "short.wav", voice(0.02)))
    with pytest.raises(EarnestError, match="short.wav is shorter than 60 ms"):
        FunctionalsTransformer().transform([recordings[0], short])
    with pytest.raises(EarnestError, match="recording 1 is shorter than 60 ms"):
        FunctionalsTransformer(sampling_rate=16_000).transform([voice(0.5), voice(0.02)])
    with pytest.raises(EarnestError, match="recording 0 is an array, which says nothing of its rate"):
        FunctionalsTransformer().transform([voice(0.5)])
    with pytest.raises(EarnestError, match="one path was given"):
        FunctionalsTransformer().transform(recordings[0])
    with pytest.raises(EarnestError, match="there are no recordings"):
        FunctionalsTransformer().transform([])


def test_a_table_or_an_array_of_one_column_is_that_column(recordings: list[str]) -> None:
    expected = FunctionalsTransformer().transform(recordings)
    table = pd.DataFrame({"file": recordings, "age": range(len(recordings))})
    assert (FunctionalsTransformer().transform(table[["file"]]) == expected).all()
    for dtype in (object, str):
        assert (FunctionalsTransformer().transform(np.array(recordings, dtype)[:, None]) == expected).all()
    both = ColumnTransformer([("voice", FunctionalsTransformer(), ["file"]), ("age", "passthrough", ["age"])])
    assert (both.fit_transform(table)[:, :88].astype(np.float32) == expected).all()
    alone = ColumnTransformer([("voice", FunctionalsTransformer(), "file")])
    assert (alone.fit_transform(table) == expected).all()
    with pytest.raises(EarnestError, match=r"there are 2 columns: file, age; give the one that has the recordings, as table\[\['file'\]\]"):
        FunctionalsTransformer().transform(table)
    with pytest.raises(EarnestError, match="there are 2 columns; give the one"):
        FunctionalsTransformer().transform(np.array([recordings[:2]], object))


def test_a_rate_is_checked_where_a_pipeline_is_fitted() -> None:
    for rate in (0, 16_000.5, -1, 2**32):
        with pytest.raises(EarnestError, match="sampling_rate=.*: give a whole number of Hz"):
            FunctionalsTransformer(sampling_rate=rate).fit([])
    signals = [voice(0.5)]
    expected = FunctionalsTransformer(sampling_rate=16_000).transform(signals)
    assert (FunctionalsTransformer(sampling_rate=16_000.0).transform(signals) == expected).all()


class AsIfOfTables(FunctionalsTransformer):
    """scikit-learn checks nothing that takes no tables of numbers, so this one says that it does."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        return tags


#: They give rows of a few numbers, which are too short for a recording.
TOO_SHORT = {
    "check_fit_score_takes_y", "check_estimators_dtypes", "check_dtype_object", "check_pipeline_consistency",
    "check_estimators_pickle", "check_f_contiguous_array_estimator", "check_transformer_general",
    "check_transformer_preserve_dtypes", "check_methods_sample_order_invariance", "check_methods_subset_invariance",
    "check_dict_unchanged", "check_fit_idempotent", "check_fit2d_predict1d", "check_transformer_data_not_an_array",
    "check_transformers_unfitted_stateless",
}  # fmt: skip
#: They ask that fit looks at a table's numbers and columns; recordings have none, and fit reads no file.
NO_TABLE = {
    "check_n_features_in_after_fitting", "check_n_features_in", "check_complex_data", "check_estimators_nan_inf",
    "check_estimators_empty_data_messages", "check_estimator_sparse_tag", "check_fit1d",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learns_own_checks_pass_but_those_of_tables() -> None:
    results = check_estimator(AsIfOfTables(sampling_rate=16_000), on_fail=None, on_skip=None)
    failed = {result["check_name"]: str(result["exception"]) for result in results if result["status"] == "failed"}
    passed = {result["check_name"] for result in results if result["status"] == "passed"}
    assert set(failed) <= TOO_SHORT | NO_TABLE, {name: failed[name] for name in set(failed) - TOO_SHORT - NO_TABLE}
    assert len(passed) >= 20
    assert {
        "check_estimator_cloneable",
        "check_no_attributes_set_in_init",
        "check_parameters_default_constructible",
        "check_get_params_invariance",
        "check_set_params",
        "check_dont_overwrite_parameters",
        "check_estimators_fit_returns_self",
        "check_fit_check_is_fitted",
        "check_estimator_repr",
    } <= passed
