"""Every built-in component passes the checks of its kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from symbench import registry
from symbench.testing import check_classifier, check_discovery_method, check_task

registry.load_builtin()

# Small networks and few steps: the rules do not depend on them, and the methods' own tests use other settings.
METHODS: dict[str, dict[str, Any]] = {
    "balance": {"starts": 0, "references": 2},
    "casimir": {"starts": 0, "references": 2},
    "casimir-kinematic": {"starts": 0, "references": 2},
    "invariant-network": {"width": 8, "references": 2},
    "augerino": {"channels": 2, "narrowest": 0.0, "hidden": 8},
    "hidden-symmetry": {"blocks": 1, "width": 8, "points": 50},
    "hidden-metric": {"blocks": 1, "width": 8, "points": 50},
    "laligan": {"hidden": 8},
    "liegan": {"hidden": 16, "min_steps": 0},
    "liegan-incremental": {"hidden": 8, "starts": 1, "margin": 0.4, "max_channels": 1},
    "oracle": {"width": 32},
    "poincare-1": {"width": 16, "trajectories": 1, "starts": 4, "walkers": 32},
    "score-nullspace": {"least": 20, "centres": 10},
    "symmetrygan": {"starts": 1, "hidden": 8},
}
JETS = {"jets": 60, "test_jets": 20, "validation_jets": 10}
FEW = {"trajectories": 12, "test_trajectories": 6}
TASKS: dict[str, dict[str, Any]] = {
    "decay-charges": {"reactions": 600, "test_events": 200},
    "event-balance": {"test_events": 100},
    "quark-gluon": JETS,
    "top-momentum": JETS,
    "top-tagging": JETS,
    "w-tagging": JETS,
    "top-tagging-density": {"jets": 1000, "test_jets": 100},
    "top-tagging-label": {"jets": 1000, "test_jets": 100},
}
NEED_FILES = {
    "aspen-open-jets",
    "cms-dielectron-mass",
    "cms-dimuon-spectrum",
    "cms-dimuon-spectrum-ptetaphi",
    "cms-four-leptons",
    "cms-four-leptons-ptetaphi",
    "cms-jpsi-pairs",
    "cms-jpsi-pairs-ptetaphi",
    "cms-same-sign",
    "cms-upsilon-pairs",
    "cms-upsilon-pairs-ptetaphi",
    "cms-dimuon-mass-2010",
    "cms-dimuon-mass-2011",
    "cms-fourlepton-mass",
    "cms-resonance",
    "jetclass",
    "recorded-pendulum",
}
"""Tasks whose files have to be fetched; their own tests read files of the same layout."""


def shipped(table: dict[str, Any]) -> list[str]:
    names = sorted(name for name, cls in table.items() if cls.__module__.startswith("symbench."))
    assert len(names) > 10
    return names


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Networks as small as these lose time to threads that wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", shipped(registry.DISCOVERY))
def test_discovery_methods(name: str) -> None:
    cls = registry.find_discovery_method(name)
    known = {field: value for field, value in METHODS.get(name, {}).items() if field in cls.model_fields}
    assert known == METHODS.get(name, {})
    check_discovery_method(cls(**known), budget=0.003)


@pytest.mark.parametrize("name", shipped(registry.CLASSIFIERS))
def test_classifiers(name: str) -> None:
    cls = registry.find_classifier(name)
    # the package lloca completes the frame of a single constituent by random vectors: its logits are not defined
    fewest = 2 if name == "lloca" else 1
    check_classifier(cls(**({"size": "tiny"} if "size" in cls.model_fields else {})), fewest=fewest)


@pytest.mark.parametrize("name", [name for name in shipped(registry.TASKS) if name not in NEED_FILES])
def test_tasks(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symbench.tasks.jet_recipe.generate", random_jets)
    cls = registry.find_task(name)
    few = FEW if set(FEW) <= set(cls.model_fields) else {}
    check_task(cls(**few, **TASKS.get(name, {}), **tables(name, tmp_path)))


def tables(name: str, folder: Path) -> dict[str, Any]:
    """A file, and the parameters that read it, for the tasks that need one."""
    rng = np.random.default_rng(0)
    file = folder / "events.csv"
    if name == "table":
        x = rng.normal(size=(60, 3))
        rows = np.column_stack([x, np.square(x).sum(axis=1)])
        np.savetxt(file, rows, delimiter=",", header="x,y,z,r2", comments="")
        return {"path": str(file), "vectors": [["x", "y", "z"]], "label": "r2", "known_truth": "so(3)"}
    if name == "target-table":
        np.savetxt(file, rng.normal(size=(60, 6)), delimiter=",", header="x,y,z,u,v,w", comments="")
        return {"path": str(file), "vectors": [["x", "y", "z"]], "targets": [["u", "v", "w"]]}
    if name == "density-table":
        np.savetxt(file, rng.normal(size=(60, 3)), delimiter=",", header="x,y,z", comments="")
        return {"path": str(file), "vectors": [["x", "y", "z"]], "known_truth": "so(3)"}
    if name == "parts-table":
        np.savetxt(file, rng.normal(size=(60, 4)), delimiter=",", header="x1,y1,x2,y2", comments="")
        return {"path": str(file), "vectors": [["x1", "y1"], ["x2", "y2"]], "known_form": [[1, 0], [0, 1]]}
    if name == "reaction-table":
        reactions = ["2112 -> 2212 11 -12", "211 -> -13 14", "13 -> 14 11 -12"]
        file.write_text("reaction,run\n" + "".join(f"{reaction},1\n" for reaction in 20 * reactions))
        return {"path": str(file), "known_charges": ["electric charge", "baryon number"]}
    if name == "trajectory-table":
        turn = np.linspace(0, 12, 240)
        np.savetxt(
            file, np.column_stack([turn, np.sin(turn), np.cos(turn)]), delimiter=",", header="t,q,p", comments=""
        )
        return {"path": str(file), "time": "t", "state": ["q", "p"], "steps": 20, "phase_space": True}
    if name in ("jet-table", "jets", "jets-density"):
        p = rng.normal(scale=50, size=(60, 3, 3))
        e = np.linalg.norm(p, axis=2, keepdims=True)
        rows = np.column_stack([np.concatenate([e, p], axis=2).reshape(60, 12), np.arange(60) % 2])
        header = ",".join(f"{c}_{i}" for i in range(3) for c in ("e", "px", "py", "pz")) + ",top"
        np.savetxt(file, rows, delimiter=",", header=header, comments="")
        components = ["e_{i}", "px_{i}", "py_{i}", "pz_{i}"]
        return {"path": str(file), "components": components, "label": "top", "classes": {"qcd": 0, "top": 1}}
    return {}


def random_jets(recipe: Any, processes: tuple[Any, ...], wanted: int, context: object) -> list[tuple[Any, ...]]:
    """Massless constituents in place of Pythia's, which takes ten seconds a task and has tests of its own."""
    found = []
    for label in range(len(processes)):
        rng = np.random.default_rng([recipe.seed, label])
        p = rng.normal(scale=30, size=(wanted, recipe.constituents, 3)) + np.array([100.0, 0, 0])
        mask = np.arange(recipe.constituents) < rng.integers(3, recipe.constituents + 1, size=(wanted, 1))
        vectors = np.concatenate([np.linalg.norm(p, axis=2, keepdims=True), p], axis=2) * mask[..., None]
        found.append((vectors, mask, vectors.sum(axis=1)))
    return found
