"""The data: which public files are in the home, and what a suite lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from symbench.doctor.finding import Finding, broken, note, ok
from symbench.home import Home


def fetched(home: Home) -> Iterator[Finding]:
    """Which recorded files and public jets are in the home; their checksums are verified when they are read."""
    from symbench.data.cms.open_data import FILES, FOLDER
    from symbench.data.public.files import RECORDS

    present = [name for name in FILES if (home.data / FOLDER / name).is_file()]
    lacking = [name for name in FILES if name not in present]
    found = f"{len(present)} of {len(FILES)} files"
    if lacking:
        yield note("CMS open data", found, "`symbench data fetch TASK` for suites that read them")
    else:
        yield ok("CMS open data", found)
    for name, record in sorted(RECORDS.items()):
        files = [record.download(file, home.data) for file in record.files]
        there = sum((file.folder / file.name).is_file() for file in files)
        what, found = name, f"{there} of {len(record.files)} files"
        yield ok(what, found) if there else note(what, found, f"`symbench data fetch {name}` for suites that read it")


def suite(file: Path, home: Home, data_root: Path | None) -> Iterator[Finding]:
    """Whether a suite can be read, its data are here, and its components have the packages that they need."""
    from symbench.driver.extras import require_extras
    from symbench.driver.plan import Plan
    from symbench.errors import MissingExtraError, SymbenchError
    from symbench.plugins import Trust
    from symbench.suite.packaged import locate
    from symbench.suite.resolve import load_suite

    what = f"suite {file}"
    try:
        checked = load_suite(locate(file), data_root=data_root, trust=Trust(home))
    except SymbenchError as error:
        for line in str(error).splitlines():
            yield broken(what, line, "mend the suite, or fetch its data: `symbench data fetch`")
        return
    try:
        require_extras(Plan(checked, {}))
    except MissingExtraError as error:
        found, _, remedy = str(error).partition("; ")
        yield broken(what, found, remedy)
        return
    tasks = len({block.task_label for block in checked.blocks})
    yield ok(what, f"{len(checked):,} trials of {tasks} tasks; data and packages are here")
