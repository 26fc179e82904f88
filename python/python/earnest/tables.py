"""Tables are pandas', which is imported where one is made."""

from __future__ import annotations

from typing import Any


def pandas_for(what: str) -> Any:
    """The module pandas; ``what`` is made with it, which an ``ImportError`` says where there is none."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError(
            f"{what} needs pandas, which cannot be imported here ({error}): pip install 'earnest[pandas]'", name="pandas"
        ) from error
    return pandas
