"""What a trial computed, checked and reduced to plain values before it becomes a record.

Methods of third parties return anything. A record holds plain floats, also infinite ones and NaN, arrays of numbers,
and short texts without control characters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from symbench.trial.result import Outcome
from symbench.words import for_record

if TYPE_CHECKING:
    import numpy.typing as npt

_NOTE_LIMIT = 10_000
_NAME_LIMIT = 200
_ARRAYS_LIMIT = 256 * 1024**2


def recordable(outcome: Outcome) -> Outcome:
    """The outcome with plain values of the same meaning.

    Raises TypeError for a metric that is no real number, an array that holds others, and a name or note that is no
    text; ValueError for arrays that are too large to be kept.
    """
    arrays = {_name(name): _array(name, array) for name, array in outcome.arrays.items()}
    size = sum(array.nbytes for array in arrays.values())
    if size > _ARRAYS_LIMIT:
        raise ValueError(f"the arrays of the result have {size / 1024**2:.0f} MiB, a result keeps at most 256 MiB")
    return Outcome(
        metrics=_numbers(outcome.metrics),
        arrays=arrays,
        timings=_numbers(outcome.timings),
        notes={_name(name): for_record(text, _NOTE_LIMIT) for name, text in outcome.notes.items()},
    )


def number(value: object) -> float:
    """A real number as a plain float; raises TypeError for complex numbers, None, texts and arrays of several."""
    import numpy as np

    if isinstance(value, bool | int | float | np.number | np.bool_) and not isinstance(value, np.complexfloating):
        return float(value)
    if isinstance(value, np.ndarray) and value.shape == () and value.dtype.kind in "fiub":
        return float(value)
    raise TypeError(f"a real number was expected, not {_kind(value)}")


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    plain: dict[str, float] = {}
    for name, value in values.items():
        try:
            plain[_name(name)] = number(value)
        except (TypeError, OverflowError) as error:
            raise TypeError(f"the metric {_name(name)!r}: {error}") from None
    return plain


def _array(name: str, array: object) -> npt.NDArray[Any]:
    import numpy as np

    plain = np.asarray(array)
    if plain.dtype.kind not in "fiub":
        raise TypeError(f"the array {_name(name)!r}: real numbers were expected, not {_kind(array)}")
    return plain


def _name(name: object) -> str:
    return for_record(name, _NAME_LIMIT)


def _kind(value: object) -> str:
    """A value's type in words, with the element type of an array."""
    dtype = getattr(value, "dtype", None)
    kind = for_record(type(value).__name__, _NAME_LIMIT)
    return kind if dtype is None else f"{kind} of {for_record(str(dtype), _NAME_LIMIT)}"
