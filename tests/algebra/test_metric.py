import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.algebra.bases import minkowski, so
from symbench.algebra.metric import invariant_metric, minkowski_cosine, signature


@pytest.mark.parametrize(("p", "q"), [(3, 0), (1, 3), (2, 2), (1, 2), (2, 3)])
def test_the_metric_of_so_is_the_one_it_preserves(p: int, q: int) -> None:
    metric = invariant_metric(so(p, q))
    assert np.allclose(metric, minkowski(p, q) / np.sqrt(p + q), atol=1e-12)
    assert signature(metric) == (p, q, 0)


@given(seed=st.integers(0, 10_000))
def test_a_hidden_metric_is_found(seed: int) -> None:
    """A⁻¹ so(1,3) A preserves Aᵀ η A."""
    random = np.random.Generator(np.random.PCG64(seed))
    frame = np.linalg.qr(random.standard_normal((4, 4)))[0] @ np.diag([1.0, 1.5, 2.0, 3.0])
    hidden = frame.T @ minkowski(1, 3) @ frame
    found = invariant_metric(np.linalg.inv(frame) @ so(1, 3) @ frame)
    assert abs(np.sum(found * hidden)) / np.linalg.norm(hidden) == pytest.approx(1, abs=1e-9)
    assert sorted(signature(found)[:2]) == [1, 3]


def test_published_metric_of_liegan_has_the_published_cosine() -> None:
    """diag(−1.12, 1.25, 1.25, 1.06) is quoted with |cos| = 0.9975 to η (off-diagonal entries are not quoted)."""
    assert minkowski_cosine(np.diag([-1.12, 1.25, 1.25, 1.06])) == pytest.approx(0.9975, abs=3e-4)


@given(scale=st.floats(-100, 100).filter(lambda v: abs(v) > 1e-3))
def test_the_cosine_knows_no_scale_and_no_sign(scale: float) -> None:
    assert minkowski_cosine(scale * minkowski(1, 3)) == pytest.approx(1)
    assert minkowski_cosine(scale * np.eye(4)) == pytest.approx(0.5)


def test_no_generators_leave_the_metric_open() -> None:
    with pytest.raises(ValueError, match="every metric"):
        invariant_metric(np.zeros((0, 4, 4)))
