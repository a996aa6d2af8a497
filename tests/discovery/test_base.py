"""The contract that every discovery method has: an own `fit`, or a module `fit` beside the method's module."""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

from symbench import registry
from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry

registry.load_builtin()

BUILT_IN = [cls for cls in registry.DISCOVERY.values() if cls.__module__.startswith("symbench.")]
SAMPLE = FunctionSample(np.ones((3, 1, 2)), np.zeros(3), "number")


def _module_beside(cls: type[DiscoveryMethod]) -> ModuleType:
    return importlib.import_module(f"{cls.__module__.rpartition('.')[0]}.fit")


class Unfinished(DiscoveryMethod):
    """A method without any `fit`."""

    name: ClassVar[str] = "unfinished"
    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "no fit"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})


def test_there_are_methods_of_both_kinds() -> None:
    overriding = [cls for cls in BUILT_IN if cls.fit is not DiscoveryMethod.fit]
    assert overriding
    assert len(overriding) < len(BUILT_IN)


@pytest.mark.parametrize("cls", BUILT_IN, ids=lambda cls: cls.name)
def test_every_method_has_a_fit_with_the_arguments_of_the_contract(cls: type[DiscoveryMethod]) -> None:
    function = _module_beside(cls).fit if cls.fit is DiscoveryMethod.fit else cls.fit
    parameters = list(inspect.signature(function).parameters.values())
    assert len(parameters) == 5
    assert [p.kind for p in parameters[:2]] == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 2
    assert {p.name for p in parameters[2:]} == {"seed", "budget", "device"}
    assert {p.kind for p in parameters[2:]} == {inspect.Parameter.KEYWORD_ONLY}


def test_the_module_beside_a_method_is_called_with_its_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    claim = Symmetry(np.zeros((0, 2, 2)), np.zeros(0))

    def fit(method: object, sample: object, **options: object) -> Symmetry:
        calls.append((method, sample, options))
        return claim

    module = ModuleType("somewhere.fit")
    module.fit = fit  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "somewhere", ModuleType("somewhere"))
    monkeypatch.setitem(sys.modules, "somewhere.fit", module)
    monkeypatch.setattr(Unfinished, "__module__", "somewhere.method")
    method = Unfinished()
    assert method.fit(SAMPLE, seed=4, budget=0.5) is claim
    assert calls == [(method, SAMPLE, {"seed": 4, "budget": 0.5, "device": "cpu"})]


def test_a_method_without_fit_says_what_is_missing() -> None:
    with pytest.raises(NotImplementedError, match=r"Unfinished has no method `fit`, and .*tests\.discovery\.fit"):
        Unfinished().fit(SAMPLE, seed=0, budget=1.0)


@pytest.mark.parametrize("module", ["plugin", "__main__"])
def test_so_does_a_method_in_a_module_without_a_package(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Unfinished, "__module__", module)
    with pytest.raises(NotImplementedError, match="Unfinished has no method `fit`"):
        Unfinished().fit(SAMPLE, seed=0, budget=1.0)


def test_a_module_that_fit_lacks_is_not_hidden(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "lacking"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "fit.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(Unfinished, "__module__", "lacking.method")
    with pytest.raises(ModuleNotFoundError, match="a_package_that_nobody_has"):
        Unfinished().fit(SAMPLE, seed=0, budget=1.0)


@pytest.mark.parametrize(
    ("method", "params", "task"),
    [
        ("nullspace", {"library": "kinematic"}, "cms-dimuon-mass"),
        ("invariant-network", {"library": "kinematic"}, "cms-z-pairs"),
        ("casimir-kinematic", {}, "cms-z-pairs"),
    ],
)
def test_fields_on_pt_eta_phi_need_such_vectors(method: str, params: dict[str, str], task: str) -> None:
    entry = registry.find_discovery_method(method)(**params)
    assert "needs vectors (pT, η, φ)" in str(entry.incompatibility(registry.find_task(task)()))
    assert entry.incompatibility(registry.find_task(f"{task}-ptetaphi")()) is None
