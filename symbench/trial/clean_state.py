"""The state of the process in which every trial starts, so that no trial changes the result of another.

A trial starts with

* torch: dtype float32, device CPU, gradients on, no inference mode, autocast or anomaly detection, the algorithms of a
  fresh process (deterministic or not, cuDNN, float32 precision), denormal numbers kept
* NumPy: the error state of a fresh process
* the global generators of `random`, NumPy and torch seeded with the trial's key
* environment variables, working directory, umask, warning filters, import paths, CPU affinity, signal handlers and
  masks, resource limits, garbage collector, trace functions, standard streams and logging as they were when the
  plug-ins had been loaded

After the trial all of it is as it was before. What cannot be restored is named in the note `left_behind` of the trial's
result: Ray then ends the worker process, and the local executor, whose process is the driver's, logs a warning.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import logging
import operator
import os
import random
import resource
import signal
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from symbench.environment import encoded_environment
from symbench.words import one_line

LEFT_BEHIND = "left_behind"
"""The note of a trial that left something in its process."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE)
_LIMITS = (resource.RLIMIT_AS, resource.RLIMIT_DATA, resource.RLIMIT_STACK, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU)
_WATCHED = (
    *("builtins", "math", "random", "time", "json", "numpy", "numpy.linalg", "numpy.random", "torch", "torch.nn"),
    *("torch.nn.functional", "torch.nn.init", "torch.optim", "torch.linalg", "torch.autograd", "symbench.registry"),
)
"""Modules whose functions and classes must stay what they are."""

_REBOUND = frozenset({"torch.manual_seed", "torch.Storage"})
"""Names that the library itself binds anew."""

_REBOUND_BY = {"builtins.print": "ray"}
"""Name → the library that binds it at a time of its own: Ray, when the first line of a worker's output arrives."""

_OWN_THREADS = ("ray", "fsspec", "torch", "tqdm", "grpc", "mlflow", "symbench", "sqlalchemy")
"""Libraries that keep threads of their own; they are not a trial's."""

_HOOKS_OF_LIBRARIES = (
    "six",
    "importlib",
    "_frozen_importlib",
    "_distutils_hack",
    "torch",
    "ray",
    "setuptools",
    "apport",
)


@contextlib.contextmanager
def clean_state(seed: str) -> Iterator[CleanState]:
    """Restore the process when the block ends, whatever the block does; `begin` starts the clean state inside it.

    seed   text that decides the state of the global random number generators
    """
    state = CleanState(seed)
    try:
        yield state
    finally:
        state.restore()


class CleanState:
    """The state before the trial, and what was left behind after it."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._user = _Snapshot.take()
        self.left_behind: list[str] = []

    def begin(self, *, loaded: bool) -> None:
        """Set the clean state; if plug-ins were `loaded` since, the process is restored to what they left."""
        if loaded:
            self._user = _Snapshot.take()
        _set_clean(self._seed)

    def restore(self) -> None:
        """Undo what the trial changed; `left_behind` then names what could not be undone."""
        self.left_behind = self._user.restore()


@dataclass
class _Snapshot:
    """Everything of the process that is restored; each entry of `undo` sets one thing to what it was."""

    undo: list[Callable[[], object]]
    environment: dict[bytes, bytes]
    directory: str | None
    modules: dict[str, _Names]
    threads: frozenset[int]
    hooks: tuple[list[Any], list[Any]]
    limits: tuple[tuple[int, int], ...]
    priority: int
    had_torch: bool
    streams: tuple[Any, ...] = field(default_factory=lambda: (sys.stdout, sys.stderr, sys.stdin, sys.excepthook))

    @classmethod
    def take(cls) -> _Snapshot:
        undo: list[Callable[[], object]] = [*_undo_interpreter(), *_undo_logging(), *_undo_signals(), *_undo_numpy()]
        had_torch = "torch" in sys.modules
        if had_torch:
            undo += _undo_torch()
        return cls(
            undo=undo,
            environment=dict(encoded_environment()),
            directory=_directory(),
            modules=_watched(),
            threads=frozenset(thread.ident or 0 for thread in threading.enumerate()),
            hooks=(list(sys.meta_path), list(sys.path_hooks)),
            limits=tuple(resource.getrlimit(limit) for limit in _LIMITS),
            priority=os.getpriority(os.PRIO_PROCESS, 0),
            had_torch=had_torch,
        )

    def restore(self) -> list[str]:
        """Set everything back; gives what could not be set back."""
        left: list[str] = []
        for undo in self.undo:
            try:
                undo()
            except Exception as error:
                left.append(f"a state that cannot be restored ({type(error).__name__})")
        if not self.had_torch and "torch" in sys.modules:
            _torch_defaults()
        left += self._restore_process()
        left += self._changed_modules()
        left += self._new_threads()
        left += self._new_hooks()
        return left

    def _restore_process(self) -> list[str]:
        left: list[str] = []
        sys.stdout, sys.stderr, sys.stdin, sys.excepthook = self.streams
        if encoded_environment() != self.environment:
            for name in set(os.environb) - set(self.environment):
                del os.environb[name]
            os.environb.update(self.environment)
        if self.directory is not None and _directory() != self.directory:
            try:
                os.chdir(self.directory)
            except OSError:
                left.append("the working directory is gone")
        for limit, before in zip(_LIMITS, self.limits, strict=True):
            if resource.getrlimit(limit) != before:
                try:
                    resource.setrlimit(limit, before)
                except (OSError, ValueError):
                    left.append("a lower resource limit")
        if os.getpriority(os.PRIO_PROCESS, 0) != self.priority:
            left.append("another priority of the process")
        return left

    def _changed_modules(self) -> list[str]:
        """Names of watched modules that mean something else now; they are set back, but may have been copied."""
        left: list[str] = []
        for module, names in self.modules.items():
            now = vars(sys.modules[module])
            for name in names.changed(now):
                if _root_of(now.get(name)) == _REBOUND_BY.get(f"{module}.{name}"):
                    names.rebind(name, now[name])
                    continue
                setattr(sys.modules[module], name, names.value(name))
                left.append(f"another {module}.{name}")
        hooks = vars(sys.modules["torch.nn.modules.module"]) if "torch.nn.modules.module" in sys.modules else {}
        left += [f"hooks in torch.nn ({name})" for name, value in hooks.items() if _is_global_hook(name) and value]
        return left

    def _new_threads(self) -> list[str]:
        return [
            f"the thread {one_line(thread.name)[:50]!r} that still runs"
            for thread in threading.enumerate()
            if thread.ident not in self.threads and not _belongs_to_library(thread)
        ]

    def _new_hooks(self) -> list[str]:
        left: list[str] = []
        lists: tuple[list[Any], list[Any]] = (sys.meta_path, sys.path_hooks)
        for current, before in zip(lists, self.hooks, strict=True):
            known = {id(hook) for hook in before}
            if [id(hook) for hook in current] == [id(hook) for hook in before]:
                continue
            new = [hook for hook in current if id(hook) not in known]
            foreign = [hook for hook in new if _root_of(hook) not in _HOOKS_OF_LIBRARIES]
            if foreign or any(hook not in current for hook in before):
                left.append("an import hook")
                current[:] = before
        return left


def _set_clean(seed: str) -> None:
    import numpy as np
    import torch

    number = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8], "big")
    random.seed(number)
    np.random.seed(number % 2**32)  # noqa: NPY002  the global generator is what is made clean
    np.seterrcall(None)
    np.seterr(divide="warn", over="warn", under="ignore", invalid="warn")
    _torch_defaults()
    torch.default_generator.manual_seed(number % 2**63)  # torch.manual_seed keeps a call for a GPU that is not used yet
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(number % 2**63)


def _torch_defaults() -> None:
    """Set torch to the state of a fresh process, except its generators and threads."""
    import torch

    if torch.get_default_dtype() is not torch.float32:
        torch.set_default_dtype(torch.float32)
    if torch.get_default_device().type != "cpu":
        torch.set_default_device(None)
    torch.set_grad_enabled(True)
    torch.set_flush_denormal(False)
    for kind in ("cpu", "cuda"):
        if torch.is_autocast_enabled(kind):
            torch.set_autocast_enabled(kind, False)
    if torch.is_anomaly_enabled():
        torch.autograd.set_detect_anomaly(False)
    if torch.are_deterministic_algorithms_enabled() or torch.is_deterministic_algorithms_warn_only_enabled():
        torch.use_deterministic_algorithms(False)
    if torch.get_float32_matmul_precision() != "highest":
        torch.set_float32_matmul_precision("highest")
    cudnn = torch.backends.cudnn
    cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = True, False, False, True


def _undo_torch() -> Iterator[Callable[[], object]]:
    import torch

    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    grad, generator, threads = torch.is_grad_enabled(), torch.get_rng_state(), torch.get_num_threads()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    precision, anomaly = torch.get_float32_matmul_precision(), torch.is_anomaly_enabled()
    autocast = {kind: torch.is_autocast_enabled(kind) for kind in ("cpu", "cuda")}
    cudnn = torch.backends.cudnn
    flags = (cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32)

    def undo() -> None:
        if torch.is_inference_mode_enabled():
            raise RuntimeError("inference mode")
        torch.set_default_dtype(dtype)
        if torch.get_default_device() != device:
            torch.set_default_device(None if device.type == "cpu" else device)
        torch.set_grad_enabled(grad)
        torch.set_rng_state(generator)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        if torch.get_float32_matmul_precision() != precision:
            torch.set_float32_matmul_precision(precision)
        if torch.is_anomaly_enabled() != anomaly:
            torch.autograd.set_detect_anomaly(anomaly)
        for kind, enabled in autocast.items():
            if torch.is_autocast_enabled(kind) != enabled:
                torch.set_autocast_enabled(kind, enabled)
        torch.set_flush_denormal(False)
        cudnn.enabled, cudnn.benchmark, cudnn.deterministic, cudnn.allow_tf32 = flags

    yield undo


def _undo_numpy() -> Iterator[Callable[[], object]]:
    import numpy as np

    errors, call = np.geterr(), np.geterrcall()
    generator = np.random.get_state(legacy=False)  # noqa: NPY002

    def undo() -> None:
        np.seterrcall(call)
        np.seterr(**errors)
        np.random.set_state(generator)  # noqa: NPY002

    yield undo


def _undo_interpreter() -> Iterator[Callable[[], object]]:
    generator, filters, shown = random.getstate(), warnings.filters[:], warnings.showwarning
    paths, umask = list(sys.path), os.umask(0)
    os.umask(umask)
    recursion, digits = sys.getrecursionlimit(), sys.get_int_max_str_digits()
    trace, profile = sys.gettrace(), sys.getprofile()
    collects, thresholds = gc.isenabled(), gc.get_threshold()
    affinity = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None

    def undo() -> None:
        random.setstate(generator)
        if warnings.filters != filters:
            warnings.resetwarnings()  # tells the interpreter as well that the filters are others
            warnings.filters[:] = filters  # type: ignore[index]
        warnings.showwarning = shown
        if sys.path != paths:
            sys.path[:] = paths
        os.umask(umask)
        sys.setrecursionlimit(recursion)
        sys.set_int_max_str_digits(digits)
        if sys.gettrace() is not trace:
            sys.settrace(trace)
        if sys.getprofile() is not profile:
            sys.setprofile(profile)
        (gc.enable if collects else gc.disable)()
        gc.set_threshold(*thresholds)
        if affinity is not None and os.sched_getaffinity(0) != affinity:
            os.sched_setaffinity(0, affinity)

    yield undo


def _undo_logging() -> Iterator[Callable[[], object]]:
    root = logging.getLogger()
    level, handlers, disabled = root.level, list(root.handlers), root.manager.disable

    def undo() -> None:
        if root.level != level:
            root.setLevel(level)
        if root.handlers != handlers:
            root.handlers[:] = handlers
        if root.manager.disable != disabled:
            logging.disable(disabled)

    yield undo


def _undo_signals() -> Iterator[Callable[[], object]]:
    """Signal handlers can be set in the main thread only."""
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    main = threading.current_thread() is threading.main_thread()
    handlers = [(number, signal.getsignal(number)) for number in _SIGNALS] if main else []

    def undo() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in handlers:
            if handler is not None and signal.getsignal(number) is not handler:
                signal.signal(number, handler)

    yield undo


class _Names:
    """The functions and classes of one module, compared at the speed of C: torch alone has thousands."""

    def __init__(self, module: str) -> None:
        self._values = {
            name: value
            for name, value in vars(sys.modules[module]).items()
            if isinstance(value, type | types.FunctionType | types.BuiltinFunctionType)
            and f"{module}.{name}" not in _REBOUND
        }
        self._get = operator.itemgetter(*self._values)
        self._known = self._get(self._values)

    def changed(self, now: Mapping[str, Any]) -> list[str]:
        """The names that are bound to something else `now`, or to nothing."""
        with contextlib.suppress(KeyError):
            if self._get(now) == self._known:
                return []
        return [name for name, value in self._values.items() if now.get(name) is not value]

    def value(self, name: str) -> Any:
        """What the name was bound to."""
        return self._values[name]

    def rebind(self, name: str, value: Any) -> None:
        """Take another binding for the module's own."""
        self._values[name] = value
        self._known = self._get(self._values)


def _watched() -> dict[str, _Names]:
    """Module → its functions and classes, as they were when the module was first looked at."""
    for module in _WATCHED:
        if module not in _KNOWN and module in sys.modules:
            _KNOWN[module] = _Names(module)
    return _KNOWN


_KNOWN: dict[str, _Names] = {}


def _directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:
        return None


def _is_global_hook(name: str) -> bool:
    return name.startswith("_global_") and name.endswith(("_hooks", "_hooks_always_called", "_hooks_with_kwargs"))


def _belongs_to_library(thread: threading.Thread) -> bool:
    """Whether the thread runs a function of a library that keeps threads, or has one of the names of symbench's own."""
    target = getattr(thread, "_target", None)
    module = getattr(target, "__module__", None) if target is not None else type(thread).__module__
    return thread.name.startswith("symbench-") or str(module).partition(".")[0] in _OWN_THREADS


def _root_of(hook: object) -> str:
    kind = hook if isinstance(hook, type) else type(hook)
    module = getattr(hook, "__module__", None) or kind.__module__
    return str(module).partition(".")[0]
