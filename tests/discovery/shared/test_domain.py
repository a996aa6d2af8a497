"""The domain of a claim about a label: where it was tested, in the claim, and in words."""

import numpy as np
import pytest

import symbench as sb
from symbench.algebra.label_spread import CENTRAL, central_events
from symbench.data.domain import Domain
from symbench.discovery.augerino.method import Augerino
from symbench.discovery.nullspace.method import Nullspace
from symbench.discovery.oracle.method import KnownOracle, Oracle
from symbench.discovery.quadratic.method import Quadratic


def test_a_claim_states_the_quantiles_of_the_tested_events() -> None:
    x = np.random.default_rng(0).normal(size=(100, 3))
    claim = sb.discover("quadratic", x, (x**2).sum(axis=1))
    assert claim.domain is not None
    scaled = x / np.sqrt(np.mean(x**2))
    central = scaled[central_events(scaled[:, None])]
    np.testing.assert_allclose(claim.domain.low, np.quantile(central, 0.05, axis=0))
    assert claim.domain.share == CENTRAL


def test_methods_that_test_on_central_events_say_so() -> None:
    assert Nullspace.tested_share == Oracle.tested_share == Quadratic.tested_share == CENTRAL
    assert KnownOracle.tested_share == Augerino.tested_share == 1
    x = np.random.default_rng(0).standard_t(3, size=(400, 1, 2))
    assert central_events(x).mean() == pytest.approx(CENTRAL)


def test_a_silent_method_states_no_domain() -> None:
    rng = np.random.default_rng(0)
    claim = sb.discover("quadratic", rng.normal(size=(60, 3)), rng.normal(size=60))
    assert len(claim.generators) == 0
    assert claim.domain is None


def test_words() -> None:
    domain = Domain(np.array([-0.5, 1.0]), np.array([0.5, 2.0]), (0.05, 0.95), 0.8)
    text = "the 80 % of events nearest to the mean; components (5 to 95 %): -25 to 25, 50 to 100"
    assert domain.text(50.0) == text
