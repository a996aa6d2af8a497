"""The algebra that preserves forms, against algebras written down by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import complex_structure, minkowski, so
from symbench.algebra.naming import name_of
from symbench.algebra.stabiliser import stabiliser
from symbench.algebra.subspace import overlap


@pytest.mark.parametrize(("p", "q"), [(3, 0), (1, 3), (2, 2), (4, 1)])
def test_a_form_of_full_rank_has_the_algebra_of_its_signature(p: int, q: int) -> None:
    found = stabiliser(minkowski(p, q)[None])
    assert len(found) == len(so(p, q))
    assert np.degrees(overlap(found, so(p, q)).angles).max() < 1e-5


def test_two_forms_are_preserved_together() -> None:
    """Length and symplectic form of R⁴ leave u(2): so(4) ∩ sp(4)."""
    assert name_of(stabiliser(np.stack([np.eye(4), complex_structure(2)]))) == "u(2)"


@given(seed=st.integers(0, 1_000), antisymmetric=st.booleans())
@settings(max_examples=30, deadline=None)
def test_generators_preserve_the_form(seed: int, antisymmetric: bool) -> None:
    matrix = np.random.default_rng(seed).normal(size=(4, 4))
    form = matrix - matrix.T if antisymmetric else matrix + matrix.T
    generators = stabiliser(form[None])
    assert len(generators) == (10 if antisymmetric else 6)
    assert np.abs(generators.swapaxes(1, 2) @ form + form @ generators).max() < 1e-6
