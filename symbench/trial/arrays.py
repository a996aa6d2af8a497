"""Small numeric arrays as JSON."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy.typing as npt


def encode_array(array: npt.NDArray[Any]) -> dict[str, Any]:
    """A numeric array as JSON: type, shape and base64 of its little-endian bytes."""
    import numpy as np

    contiguous = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
    if contiguous.dtype.kind not in "fiub":
        raise TypeError(f"only numbers can be kept in a result, not {array.dtype}")
    return {
        "dtype": contiguous.dtype.str,
        "shape": list(contiguous.shape),
        "data": base64.b64encode(contiguous.tobytes()).decode("ascii"),
    }


def decode_array(encoded: dict[str, Any]) -> npt.NDArray[Any]:
    """The inverse of `encode_array`; the array is read-only."""
    import numpy as np

    dtype = np.dtype(encoded["dtype"])
    if dtype.kind not in "fiub":
        raise TypeError(f"a result cannot hold an array of {dtype}")
    return np.frombuffer(base64.b64decode(encoded["data"]), dtype=dtype).reshape(encoded["shape"])
