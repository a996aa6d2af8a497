"""ROOT files as untrusted input: a damaged file raises an error; it neither hangs nor ends the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uproot


class _File(uproot.ReadOnlyFile):  # type: ignore[misc]
    """A file whose table of streamers is read at most once at a time.

    A damaged table can name a class that uproot looks up in the same table: it starts reading again and again, and
    decompresses the whole table each time, until the stack or the memory is exhausted.
    """

    _in_streamers = False

    def hook_before_read_streamer_key(self, **_: Any) -> None:
        if self._in_streamers:
            raise ValueError("its table of streamers needs itself to be read")
        self._in_streamers = True

    def hook_after_interpret_streamers(self, **_: Any) -> None:
        self._in_streamers = False


@contextmanager
def open_root(path: str) -> Iterator[Any]:
    """The root directory of a local file, closed at the end.

    Nothing is read in threads: uproot would wait forever for a thread that dies because memory is exhausted. Pass
    `trivial_executors()` to `array` for the same reason. A broken file can raise almost any exception here.
    """
    with _File(path, handler=uproot.MultithreadedFileSource, use_threads=False).root_directory as directory:
        yield directory


def trivial_executors() -> dict[str, Any]:
    """Arguments of `array` and `arrays` that decompress and interpret in the calling thread."""
    here = uproot.TrivialExecutor()
    return {"decompression_executor": here, "interpretation_executor": here}
