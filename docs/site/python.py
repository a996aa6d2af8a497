"""The page of the Python API: every public name of the package, with its documentation."""

from __future__ import annotations

from text import page

import symbench as sb

_GROUPS = {
    "Run and read suites": (
        "load_suite",
        "parse_suite",
        "open_results",
        "compare",
        "Suite",
        "Results",
        "Trial",
        "Status",
    ),
    "Ask one question": ("discover", "train", "challenge", "load_task", "named_algebra", "name_of"),
    "What there is": ("list_tasks", "list_methods", "list_classifiers"),
    "Results of single questions": ("Symmetry", "TrainedClassifier", "LoadedTask"),
    "Register your own": ("task", "discovery_method", "classifier", "regressor", "operation", "reader"),
}
_REST = "Base classes and errors"


def api() -> str:
    """One section for each group of names; a public name in no group is among the base classes and errors."""
    placed = {name for names in _GROUPS.values() for name in names}
    groups = {**_GROUPS, _REST: tuple(name for name in sorted(sb.__all__) if name not in placed and name[0].isupper())}
    parts = []
    for title, names in groups.items():
        known = [name for name in names if name in sb.__all__]
        parts.append(f"## {title}\n\n" + "\n\n".join(_entry(name) for name in known))
    introduction = "`import symbench as sb`; the names load what they need when they are first used."
    return page("Python", introduction, *parts)


def _entry(name: str) -> str:
    thing = getattr(sb, name)
    return f"::: {thing.__module__}.{thing.__qualname__}\n    options:\n      heading_level: 3"
