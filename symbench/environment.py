"""The variables of this process's environment, read without copying or decoding them."""

from __future__ import annotations

import os
from collections.abc import Mapping


def encoded_environment() -> Mapping[bytes, bytes]:
    """Name → value, encoded; what CPython keeps itself if it is there, which costs nothing to look at."""
    kept: object = getattr(os.environ, "_data", None)
    if isinstance(kept, dict) and all(isinstance(name, bytes) for name in list(kept)[:1]):
        return kept
    return dict(os.environb)
