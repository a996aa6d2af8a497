"""Versions: of Python, of the packages that symbench requires, and of its extras. Nothing heavy is imported."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sys
from collections.abc import Iterator

from symbench import __version__
from symbench.doctor.finding import Finding, broken, note, ok

_OLDEST = (3, 11)
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)['\"]")
_SHOWN_EXTRAS = ("jets", "lorentz", "data", "postgres")


def python() -> Iterator[Finding]:
    """The version of Python, and that of symbench."""
    what, found = "Python", f"{platform.python_version()}, symbench {__version__}"
    if sys.version_info[:2] < _OLDEST:
        yield broken(what, found, f"install Python {'.'.join(map(str, _OLDEST))} or later")
    else:
        yield ok(what, found)


def packages() -> Iterator[Finding]:
    """Every package that symbench requires, in the range that it states; one finding for those that fit."""
    fitting = []
    for name, specifier, extra in _requirements():
        if extra is not None:
            continue
        installed = _version(name)
        if installed is None:
            yield broken(name, "not installed", f"`pip install '{name}{specifier}'`")
        elif not _fits(installed, specifier):
            yield broken(name, f"{installed}, which is outside of {specifier}", f"`pip install '{name}{specifier}'`")
        else:
            fitting.append((name, installed))
    main = [f"{name} {version}" for name, version in fitting if name in ("ray", "mlflow", "torch", "numpy", "pandas")]
    yield ok("packages", f"{len(fitting)} in the required ranges: {', '.join(main)}")


def extras() -> Iterator[Finding]:
    """The optional packages: an extra is complete, or lacks some that only its components need."""
    for extra in _SHOWN_EXTRAS:
        wanted = [(name, specifier) for name, specifier, of in _requirements() if of == extra and name != "symbench"]
        if not wanted:
            continue
        lacking = [name for name, specifier in wanted if not _fits(_version(name), specifier)]
        what = f"extra {extra}"
        if lacking:
            missing = f"without {', '.join(lacking)}"
            yield note(what, missing, f"`pip install 'symbench[{extra}]'` if a suite needs it")
        else:
            yield ok(what, ", ".join(f"{name} {_version(name)}" for name, _ in wanted))


def _requirements() -> Iterator[tuple[str, str, str | None]]:
    """(name, specifier, extra) of each requirement; none if symbench is not installed as a package."""
    try:
        stated = importlib.metadata.requires("symbench") or []
    except importlib.metadata.PackageNotFoundError:
        return
    for text in stated:
        requirement, _, marker = text.partition(";")
        match = re.match(r"([\w.-]+)(?:\[[\w,\s-]*\])?\s*(.*)", requirement.strip())
        if match is not None:
            extra = _EXTRA.search(marker)
            yield match[1], match[2].strip("() "), extra[1] if extra else None


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _fits(version: str | None, specifier: str) -> bool:
    if version is None:
        return False
    from packaging.specifiers import SpecifierSet  # of MLflow and Ray

    return SpecifierSet(specifier).contains(version, prereleases=True)
