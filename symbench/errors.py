"""Every error that symbench raises on purpose.

SymbenchError
├── SuiteError            the suite file is wrong                            exit code 2
├── UnknownNameError      a method, task or operation that does not exist    exit code 2
├── PluginError           a plug-in is not allowed to run, or failed to load exit code 2
├── DataError             a data set is missing, unreadable or not as stated exit code 2
│   └── MissingDataError  it has to be fetched or made first
├── MissingExtraError     a package of an optional extra is not installed    exit code 2
├── SubmissionError       a job cannot be submitted, found or read           exit code 2
├── ConformanceError      a component breaks a rule of its kind              (symbench.testing)
├── IncompatibleError     this method cannot answer this task's question     (a trial's status)
├── TrialTimeoutError     a trial outlived its limit                         (a trial's status)
├── JournalError          the journal is held by another run, or damaged     exit code 3
└── InfrastructureError   Ray, MLflow or the disk failed                     exit code 3
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


class SymbenchError(Exception):
    """Root of the tree; `exit_code` is the exit code of the command line."""

    exit_code = 3


@dataclass(frozen=True)
class Problem:
    """One mistake in a suite: its place, the value there, and a hint how to correct it."""

    path: str
    message: str
    value: object = None
    line: int | None = None
    hint: str | None = None

    def __str__(self) -> str:
        where = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in self.path) or "(top level)"
        if self.line is not None:
            where += f" (line {self.line})"
        text = f"{where}: {self.message}"
        if self.value is not None:
            text += f", got {self.value!r}"
        if self.hint:
            text += f"; {self.hint}"
        return text


class SuiteError(SymbenchError):
    """A suite that cannot be run as written, with every problem found in it."""

    exit_code = 2

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(f"{file}: {problem}" for problem in problems))


class UnknownNameError(SymbenchError):
    """A name that is not registered, with the nearest registered name."""

    exit_code = 2

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(sorted(known))
        super().__init__(f"unknown {kind} {name!r}; {nearest(name, self.known)}")


class PluginError(SymbenchError):
    """A plug-in that may not run, cannot be read, or raised an error as it was loaded.

    details   the traceback of that error, with every frame of the plug-in's file; empty if there is none
    """

    exit_code = 2

    def __init__(self, message: str, details: str = "") -> None:
        self.details = details
        super().__init__(message)


class DataError(SymbenchError):
    """Data that are absent, unreadable, or different from their description."""

    exit_code = 2


class MissingDataError(DataError):
    """Data that must be fetched or made before they can be used."""


class MissingExtraError(SymbenchError, ImportError):
    """A package that an extra of symbench installs is missing; the message has the pip command."""

    exit_code = 2


class SubmissionError(SymbenchError):
    """A request that a cluster rejects: the job is too large, already running or unknown, or there is no token."""

    exit_code = 2


class ConformanceError(SymbenchError, AssertionError):
    """A component breaks a rule for components of its kind; the message states the rule and the measured values."""


class IncompatibleError(SymbenchError):
    """The method does not support the track of the task."""


class TrialTimeoutError(SymbenchError):
    """A trial ran past its time limit."""


class JournalError(SymbenchError):
    """The journal cannot be read or is being written by another process."""


class InfrastructureError(SymbenchError):
    """The infrastructure failed: Ray, MLflow or the disk."""


_MOST_NAMES = 12


def nearest(name: str, known: Iterable[str]) -> str:
    """The sentence that ends an error about an unknown name."""
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=1, cutoff=0.5)
    if close:
        return f"did you mean {close[0]!r}?"
    if len(choices) > _MOST_NAMES:
        return f"none of the {len(choices)} known names is similar"
    return "known: " + ", ".join(choices) if choices else "none is known"
