"""The symmetry that each classifier says it keeps is measured: exact under its group, broken outside of it."""

from __future__ import annotations

import pytest
import torch
from scipy.linalg import expm

from symbench import registry
from symbench.algebra.lorentz import boost_generators, rotation_generators
from symbench.classifiers.base import KEPT, Classifier
from tests.classifiers.jets import tensors, toy_jets

registry.load_builtin()
P, MASK = tensors(toy_jets(6))
P = P * torch.tensor([1.05, 1.0, 1.0, 1.0])  # massive constituents: a Euclidean norm of massless ones is fixed by E
MOVES = (rotation_generators()[2], rotation_generators()[0], boost_generators()[2], boost_generators()[0])
UNDER = {"none": (), "beam-rotation": (0,), "beam": (0, 2), "rotation": (0, 1), "lorentz": (0, 1, 2, 3)}
ENTRIES: list[tuple[str, dict[str, object]]] = [
    (name, {}) for name, cls in sorted(registry.CLASSIFIERS.items()) if cls.__module__.startswith("symbench.")
]
ENTRIES += [(name, {"features": "beam-invariant"}) for name in ("efn", "particlenet", "part", "transformer")]
ENTRIES += [("liegnn", {"symmetry": "lorentz"}), ("lloca", {"frames": "identity"}), ("lloca", {"frames": "beam"})]
ENTRIES += [("soft", {"classifier": "pelican"}), ("lorentznet", {"faithful": True})]


def test_the_groups_are_those_of_the_figure() -> None:
    assert UNDER.keys() == KEPT.keys()
    assert [dimension for _, dimension in KEPT.values()] == sorted(dimension for _, dimension in KEPT.values())


@pytest.mark.parametrize(("name", "params"), ENTRIES, ids=[f"{name}-{params}" for name, params in ENTRIES])
def test_the_kept_symmetry_is_exact_and_no_larger(name: str, params: dict[str, object]) -> None:
    classifier: Classifier = registry.find_classifier(name)(**params)
    group = classifier.keeps()
    if group is None:
        assert name in ("liegnn", "lorentznet")
        return
    torch.manual_seed(0)
    net = classifier.build().double().eval()
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
        spurions = getattr(net, "spurions", None)
        before = net(P, MASK)
        spread = float(before.std(dim=0).max())
        for number, generator in enumerate(MOVES):
            g = torch.tensor(expm(0.5 * generator)).T
            options = {} if spurions is None else {"spurions": (spurions @ g).unsqueeze(0)}
            change = float((net(P @ g, MASK, **options) - before).abs().max()) / spread
            assert (change < 1e-5) if number in UNDER[group] else (change > 1e-4), f"{number}: {change}"
