"""Packages that only some components need; if one is missing, `require` names the extra that installs it.

The extras are declared in pyproject.toml: `jets` (generated jets), `lorentz` (networks of other authors), `data`
(HDF5 files and downloads), `plots` (figures in the styles of experiments), `postgres` (a PostgreSQL store), and `all`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from typing import NamedTuple

from symbench.errors import MissingExtraError


class Requirement(NamedTuple):
    """A package by the name that is imported, and the extra of symbench that installs it."""

    package: str
    extra: str


def require(package: str, extra: str) -> None:
    """Raise MissingExtraError, with the pip command, unless the package is installed; the package is not imported."""
    require_all([Requirement(package, extra)])


def require_all(requirements: Iterable[Requirement], needed_by: str = "") -> None:
    """`require` for several packages, with one command for all that are missing.

    needed_by   what needs them, as in `lgatr on top-tagging`
    """
    missing = [each for each in dict.fromkeys(requirements) if not is_installed(each.package)]
    if not missing:
        return
    packages = " and ".join(each.package for each in missing)
    extras = ",".join(dict.fromkeys(each.extra for each in missing))
    state = f"{packages} {'is' if len(missing) == 1 else 'are'} not installed"
    reason = f"{needed_by} cannot run: {state}" if needed_by else state
    raise MissingExtraError(f"{reason}; run `pip install 'symbench[{extras}]'`")


def is_installed(package: str) -> bool:
    """Whether a top-level package can be imported."""
    try:
        return importlib.util.find_spec(package) is not None
    except ValueError:  # the module is loaded and has no specification
        return True
