"""The process that a trial runs in: time limit, threads, peak memory, versions."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import importlib.metadata
import os
import platform
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

from symbench.errors import TrialTimeoutError

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

_PACKAGES = ("symbench", "torch", "numpy", "ray", "awkward", "pythia8mc", "fastjet")


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TrialTimeoutError in this thread after `seconds`, and again every second, in case it is caught.

    Only the main thread can be interrupted; in other threads there is only the executor's own limit, which also ends a
    computation that never returns to Python.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def expired(signal_number: int, frame: FrameType | None) -> None:
        raise TrialTimeoutError(f"the trial ran past its limit of {seconds:g} s")

    previous = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, previous)


@contextlib.contextmanager
def time_limit_held() -> Iterator[None]:
    """Clean up without the alarm of `time_limit`; the cleaning has time limits of its own."""
    delay, interval = signal.setitimer(signal.ITIMER_REAL, 0.0)
    try:
        yield
    finally:
        if delay:
            signal.setitimer(signal.ITIMER_REAL, delay, interval)


@dataclass
class StopSignal:
    """Whether a signal asked this process to end."""

    arrived: bool = False


@contextlib.contextmanager
def stop_signal() -> Iterator[StopSignal]:
    """Note the arrival of SIGINT and SIGTERM before their handlers run.

    An exception that such a handler raises ends the run; the same exception without a signal is the trial's own.
    """
    stop = StopSignal()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def noted(number: int, frame: FrameType | None) -> None:
        stop.arrived = True
        handler = handlers[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    ours = [number for number, handler in handlers.items() if callable(handler)]
    for number in ours:
        signal.signal(number, noted)
    try:
        yield stop
    finally:
        for number in ours:
            signal.signal(number, handlers[number])


@contextlib.contextmanager
def limit_threads(count: int) -> Iterator[None]:
    """Limit every numerical library, loaded or not yet loaded, to `count` threads."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(count)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_num_threads(count)
    with _libraries().limit(limits=count):
        yield


def _libraries() -> ThreadpoolController:
    """The numerical libraries that are loaded; searched again only if another library was loaded or unloaded."""
    global _known
    from threadpoolctl import ThreadpoolController

    state = _loads_and_unloads()
    if _known is None or state is None or _known[0] != state:
        _known = state, ThreadpoolController()
    return _known[1]


_known: tuple[tuple[int, int] | None, ThreadpoolController] | None = None


class _LoadedObject(ctypes.Structure):
    """`struct dl_phdr_info` of the C library (dl_iterate_phdr(3)), up to its counters."""

    _fields_: ClassVar = [
        ("address", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("headers", ctypes.c_void_p),
        ("number_of_headers", ctypes.c_uint16),
        ("loads", ctypes.c_ulonglong),
        ("unloads", ctypes.c_ulonglong),
    ]


def _loads_and_unloads() -> tuple[int, int] | None:
    """How often this process has loaded and unloaded shared libraries; None if the C library does not count them."""
    try:
        iterate = ctypes.CDLL(None).dl_iterate_phdr
    except AttributeError:
        return None
    counts: list[tuple[int, int]] = []

    def first(info: Any, size: int, data: int | None) -> int:
        if size >= ctypes.sizeof(_LoadedObject):  # older C libraries have no counters
            counts.append((info.contents.loads, info.contents.unloads))
        return 1  # the counters are the same in every object: one is enough

    iterate(_CALLBACK(first), None)
    return counts[0] if counts else None


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_LoadedObject), ctypes.c_size_t, ctypes.c_void_p)


def reset_peak_memory() -> None:
    """Reset the peak memory of this process, if the kernel allows it (Linux)."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def peak_memory_mib() -> float:
    """Peak resident memory since the trial began, of the whole worker process."""
    try:
        with open("/proc/self/status") as file:
            peak = next(line for line in file if line.startswith("VmHWM:"))
        return float(peak.split()[1]) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@functools.cache
def versions() -> dict[str, str]:
    """Versions of Python, of the packages that matter to a result, and of the source checkout."""
    numbers = {"python": platform.python_version(), "machine": platform.machine()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            numbers[package] = importlib.metadata.version(package)
    commit = revision()
    return {**numbers, "revision": commit} if commit else numbers


def revision() -> str | None:
    """The git revision of a source checkout, with `-dirty` if it was changed; None for an installed package."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude=*"]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    return None
