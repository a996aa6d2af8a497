"""Which checks are made, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from symbench.doctor import data, machine, services, software
from symbench.doctor.finding import Check, Finding, broken
from symbench.home import Home


def examine(
    home: Home, *, suite: Path | None = None, data_root: Path | None = None, uri: str | None = None, full: bool = False
) -> Iterator[Finding]:
    """Every finding as soon as it is known; a check that fails itself is a finding too.

    suite   a suite whose data and packages are looked at
    uri     MLflow store; that of the home by default
    full    also start Ray, import torch and make an MLflow store, which takes some ten seconds
    """
    checks: list[tuple[str, Check]] = [
        ("Python", software.python),
        ("packages", software.packages),
        ("extras", software.extras),
        ("folder of results", partial(machine.home, home)),
        ("cores and memory", machine.memory),
        ("ports on loopback", machine.loopback),
        ("GPU", machine.gpu),
        ("MLflow store", partial(services.store, uri, home)),
        ("data", partial(data.fetched, home)),
    ]
    if suite is not None:
        checks.append(("suite", partial(data.suite, suite, home, data_root)))
    if full:
        checks += [("torch", services.torch), ("MLflow", services.embedded_store), ("Ray", services.ray)]
    for what, check in checks:
        try:
            yield from check()
        except Exception as error:  # a doctor who dies helps nobody
            yield broken(what, f"the check failed: {type(error).__name__}: {error}", "report this")
