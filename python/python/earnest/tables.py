"""Tables are pandas', which is imported where one is made."""

from __future__ import annotations


def need_pandas(what: str) -> None:
    """An ``ImportError`` that says what is to be installed, where pandas, with which ``what`` is made, cannot be imported."""
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"{what} needs pandas, which cannot be imported here ({error}): pip install 'earnest[pandas]'", name="pandas"
        ) from error
