"""Charges are named only if every species has the right value, whatever basis the claim has."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from symbench.metrics.discovery.charges_named import charges_text, wrong_species

NAMES = ("a", "b", "c", "d", "e")
TRUE = np.array([[1.0, 1, 0, -1, 0], [0, 2, 1, 0, 1]])


@given(st.integers(-3, 3), st.integers(-3, 3))
def test_a_claim_in_another_basis_of_the_same_lattice_is_exact(a: int, b: int) -> None:
    unimodular = np.array([[1, a], [b, 1 + a * b]], dtype=np.float64)
    assert wrong_species(unimodular @ TRUE, TRUE, np.ones(5), NAMES) == [(), ()]


def test_a_sublattice_a_missing_charge_and_a_wrong_species() -> None:
    twice = np.array([2 * TRUE[0], TRUE[1]])
    assert wrong_species(twice, TRUE, np.ones(5), NAMES)[0] != ()
    assert wrong_species(twice, TRUE, np.ones(5), NAMES)[1] == ()
    assert wrong_species(TRUE[:1], TRUE, np.ones(5), NAMES)[1] != ()
    wrong = TRUE.copy()
    wrong[0, 4] = 3
    often, never = np.array([100.0, 100, 100, 100, 1]), np.array([1.0, 1, 1, 1, 0])
    assert wrong_species(wrong, TRUE, often, NAMES) == [("e",), ()]
    assert wrong_species(wrong, TRUE, never, NAMES) == [(), ()], "a species that does not occur has no charge to name"
    assert wrong_species(np.zeros((0, 5)), TRUE, np.ones(5), NAMES)[1] == ("b", "c", "e")


def test_the_text_says_which_species_are_wrong() -> None:
    assert charges_text(["spin", "charm"], [(), ("e", "f")]) == "spin: exact; charm: 2 species wrong (e, f)"
