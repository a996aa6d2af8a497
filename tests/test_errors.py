"""The tree of errors that is drawn at the top of its file is the tree of the classes."""

from __future__ import annotations

import inspect
import re

from symbench import errors

LINE = re.compile(r"^(?P<bars>[│ ]*[├└]── )?(?P<name>\w+Error)\b")


def test_the_drawn_tree_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    ancestors: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = LINE.match(line)
        if match:
            depth = len(match["bars"] or "") // 4
            ancestors = [*ancestors[:depth], match["name"]]
            drawn[match["name"]] = ancestors[-2] if depth else "Exception"
    classes = dict(inspect.getmembers(errors, inspect.isclass))
    written = {n: c.__bases__[0].__name__ for n, c in classes.items() if issubclass(c, errors.SymbenchError)}
    assert drawn == written
    assert len(drawn) > 8


def test_what_is_drawn_with_exit_code_2_ends_with_it() -> None:
    for code in (2, 3):
        names = re.findall(rf"(\w+Error) .*exit code {code}$", errors.__doc__ or "", re.M)
        assert names
        assert {getattr(errors, name).exit_code for name in names} == {code}
