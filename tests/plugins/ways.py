"""Ways in which a method can fail, return nonsense, or change its process; used by the plug-in `behaviours`."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from symbench.discovery.base import Symmetry


class OwnEnd(BaseException):
    """An exception that `except Exception` does not catch."""


class BrokenText(Exception):
    """An exception without a readable message."""

    def __init__(self, failure: type[BaseException]) -> None:
        self.failure = failure

    def __str__(self) -> str:
        raise self.failure("no text")

    __repr__ = __str__


HOSTILE = "\x1b[2J\x07\x00\r\u202egnp.exe\u2066 <b>&amp;</b> | [a](b) =1+1 \ud800"
"""Characters that act on terminals, pages, tables, databases and encodings."""


def raised(how: str) -> BaseException:
    """The exception of a way to fail."""
    unpicklable = ValueError("holds what cannot be sent")
    unpicklable.held = (threading.Lock(), lambda: None)  # type: ignore[attr-defined]
    loop = ValueError("its cause is itself")
    loop.__cause__ = KeyError("between")
    loop.__cause__.__cause__ = loop
    errors: dict[str, BaseException] = {
        "own-end": OwnEnd("of its own class"),
        "interrupt": KeyboardInterrupt("as of Ctrl-C"),
        "exit": SystemExit(7),
        "generator-exit": GeneratorExit("of a generator"),
        "stop-iteration": StopIteration("of an iterator"),
        "group": BaseExceptionGroup("several", [OwnEnd("one"), ValueError("two")]),
        "broken-text": BrokenText(ValueError),
        "exit-in-text": BrokenText(SystemExit),
        "hostile-text": ValueError(HOSTILE),
        "hostile-name": type(f"Bad{HOSTILE}Name".replace("\ud800", "").replace("\x00", ""), (Exception,), {})("named"),
        "long": ValueError("x" * 50_000_000),
        "many-lines": ValueError("line\n" * 2_000_000),
        "unpicklable": unpicklable,
        "loop": loop,
        "odd-argument": ValueError(object(), b"\xff", None),
    }
    return errors[how]


def returned(how: str) -> Any:
    """The claim of a way to return nonsense."""
    one = np.ones((1, 2, 2))
    claims: dict[str, Any] = {
        "none": None,
        "text": "a symmetry",
        "module": np,
        "wrong-shape": Symmetry(np.ones((2, 2)), np.ones(2)),
        "wrong-dimension": Symmetry(np.ones((1, 7, 7)), np.ones(1)),
        "complex": Symmetry(one * 1j, np.ones(1)),  # type: ignore[arg-type]
        "objects": Symmetry(np.full((1, 2, 2), object()), np.ones(1)),
        "not-a-number": Symmetry(one * np.nan, np.ones(1)),
        "no-confidence": Symmetry(one, None),  # type: ignore[arg-type]
        "ragged": Symmetry([[1.0], [1.0, 2.0]], np.ones(1)),  # type: ignore[arg-type]
        "object-array": Symmetry(one, np.ones(1), arrays={"extra": np.array([None, "x"], dtype=object)}),
        "text-array": Symmetry(one, np.ones(1), arrays={"extra": np.array(["a", "b"])}),
        "none-scalar": Symmetry(one, np.ones(1), scalars={"extra": None}),  # type: ignore[dict-item]
        "complex-scalar": Symmetry(one, np.ones(1), scalars={"extra": 1j}),  # type: ignore[dict-item]
        "array-scalar": Symmetry(one, np.ones(1), scalars={"extra": np.ones(2)}),  # type: ignore[dict-item]
        "huge-scalar": Symmetry(one, np.ones(1), scalars={"extra": 10**400}),
        "infinite": Symmetry(
            np.zeros((0, 2, 2)),
            np.zeros(0),
            scalars={"high": np.inf, "low": -np.inf, "none": np.nan, "large": 1e308, "small": float(np.float32(2.5))},
        ),
        "large": Symmetry(one * 1e308, np.ones(1)),
        "hostile-scalar": Symmetry(np.zeros((0, 2, 2)), np.zeros(0), scalars={type("Text", (str,), {})(HOSTILE): 1.0}),
    }
    return claims[how]


RAISES = (
    *("own-end", "interrupt", "exit", "generator-exit", "stop-iteration", "group", "broken-text", "exit-in-text"),
    *("hostile-text", "hostile-name", "long", "many-lines", "unpicklable", "loop", "odd-argument"),
)
NONSENSE = (
    *("none", "text", "module", "wrong-shape", "wrong-dimension", "complex", "objects", "not-a-number"),
    *("no-confidence", "ragged", "object-array", "text-array", "none-scalar", "complex-scalar", "array-scalar"),
    "huge-scalar",
)
UNUSUAL = ("infinite", "large", "hostile-scalar")


def _start_thread() -> None:
    threading.Thread(target=time.sleep, args=(3600,), name="left over", daemon=True).start()


def _set_environment() -> None:
    os.environ["OMP_NUM_THREADS"] = "7"
    os.environ["LEFT_OVER"] = "1"
    os.environ.pop("PATH", None)


def _hook_modules() -> None:
    import torch

    torch.nn.modules.module.register_module_forward_hook(lambda module, inputs, output: output * 0.5)


def _replace_function() -> None:
    import torch

    torch.nn.functional.relu = lambda x, inplace=False: x * 0.5  # type: ignore[assignment]


class Finder:
    """An import hook that finds nothing."""

    def find_spec(self, *_: object) -> None:
        return None


def torch_changes() -> dict[str, Callable[[], Any]]:
    import torch

    return {
        "default-dtype": lambda: torch.set_default_dtype(torch.float64),
        "gradients": lambda: torch.set_grad_enabled(False),
        "default-device": lambda: torch.set_default_device("meta"),
        "deterministic": lambda: torch.use_deterministic_algorithms(True),
        "torch-seed": lambda: torch.manual_seed(12345),
        "torch-threads": lambda: torch.set_num_threads(2),
        "anomaly": lambda: torch.autograd.set_detect_anomaly(True),
        "autocast": lambda: torch.set_autocast_enabled("cpu", True),
        "denormal": lambda: torch.set_flush_denormal(True),
        "precision": lambda: torch.set_float32_matmul_precision("medium"),
    }


CHANGES: dict[str, Callable[[], Any]] = {
    "numpy-errors": lambda: np.seterr(all="raise"),
    "numpy-seed": lambda: np.random.seed(1),  # noqa: NPY002
    "random-seed": lambda: random.seed(1),
    "warnings": lambda: warnings.simplefilter("error"),
    "environment": _set_environment,
    "directory": lambda: os.chdir("/"),
    "umask": lambda: os.umask(0o777),
    "recursion-limit": lambda: sys.setrecursionlimit(150),
    "import-path": lambda: sys.path.clear(),
    "signal-mask": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM}),
    "signal-handler": lambda: signal.signal(signal.SIGALRM, signal.SIG_IGN),
    "streams": lambda: setattr(sys, "stdout", None),
    "collector": gc.disable,
    "logging": lambda: logging.disable(logging.CRITICAL),
}
"""What a trial can change and the next one restores, except the state of torch."""

LEFT: dict[str, Callable[[], Any]] = {
    "thread": _start_thread,
    "function": _replace_function,
    "module-hook": _hook_modules,
    "import-hook": lambda: sys.meta_path.insert(0, Finder()),
}
"""What a trial can leave in its process for good."""
