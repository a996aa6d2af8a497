"""The packaged suites by name: files of the wheel, or of the folder `suites` in a checkout."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from symbench.errors import Problem, SuiteError, UnknownNameError

_PACKAGE = Path(__file__).parent.parent


@cache
def files() -> Mapping[str, Path]:
    """Name → file of every packaged suite, in alphabetical order."""
    folder = _PACKAGE / "suites"  # setup.py copies the suites there when it builds a wheel
    if not folder.is_dir() and (_PACKAGE.parent / "pyproject.toml").is_file():
        folder = _PACKAGE.parent / "suites"
    return MappingProxyType({file.stem: file for file in sorted(folder.glob("*.yaml"), key=lambda file: file.stem)})


def path_of(name: str) -> Path:
    """The file of a packaged suite; raises UnknownNameError with the nearest name."""
    try:
        return files()[name]
    except KeyError:
        raise UnknownNameError("suite", name, files()) from None


def locate(suite: Path | str) -> Path:
    """The file of a suite, by its path, that of its export, or the name of a packaged suite.

    An existing file has precedence.

    Raises UnknownNameError for a plain name that is neither, and SuiteError for a missing path that ends with the name
    of a packaged suite. Other paths are returned unchanged; reading them reports errors.
    """
    path = Path(suite)
    if path.is_file():
        return path
    if (path / "export.json").is_file():
        return path / "suite.yaml"
    if str(suite) == path.stem and (path.stem in files() or not path.exists()):
        return path_of(path.stem)
    if path.stem in files() and not path.parent.is_dir():
        hint = f"for the packaged suite write {path.stem!r}, without folder and suffix"
        raise SuiteError(str(path), [Problem("", "no such file", hint=hint)])
    return path
