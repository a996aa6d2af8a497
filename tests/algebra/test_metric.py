import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.algebra.bases import complex_structure, conjugated, minkowski, random_frame, so, symplectic_form
from symbench.algebra.metric import invariant_forms, invariant_metric, minkowski_cosine, signature
from symbench.algebra.names import named_algebra


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


# Numbers of symmetric and antisymmetric invariant forms; for su(2) on R⁴ the quaternions that commute with it.
FORMS = {
    "so(3)": (1, 0),
    "so(1,3)": (1, 0),
    "so(2,2)": (1, 0),
    "so(2)+so(3)": (2, 1),
    "sp(4)": (0, 1),
    "u(2)": (1, 1),
    "su(2)": (1, 3),
    "su(3)": (1, 1),
    "sl(2)": (0, 1),
    "sl(3)": (0, 0),
    "sl(2,C)": (0, 2),
    "so(1,3)+dilation": (0, 0),
    "e(2)": (1, 0),
}


@pytest.mark.parametrize(("name", "counts"), FORMS.items())
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_every_invariant_form_is_found(name: str, counts: tuple[int, int], noise: float) -> None:
    basis = named_algebra(name)
    random = np.random.Generator(np.random.PCG64(1))
    unit = basis / np.linalg.norm(basis, axis=(1, 2), keepdims=True)
    unit = unit + noise / basis.shape[-1] * random.standard_normal(unit.shape)
    for antisymmetric, count in zip((False, True), counts, strict=True):
        found = invariant_forms(unit, antisymmetric=antisymmetric)
        assert len(found.forms) == count
        sign = -1 if antisymmetric else 1
        assert np.allclose(np.swapaxes(found.forms, 1, 2), sign * found.forms)
        moved = np.swapaxes(unit, 1, 2)[:, None] @ found.forms + found.forms @ unit[:, None]
        assert np.max(np.abs(moved), initial=0) < 1e-9 + 5 * noise
        assert np.all(np.diff(found.spectrum) >= 0)


def test_known_forms_are_among_them() -> None:
    assert invariant_forms(so(1, 3)).cosine(minkowski(1, 3)) == pytest.approx(1)
    assert invariant_forms(so(1, 3)).cosine(np.eye(4)) == pytest.approx(0.5)
    assert invariant_forms(named_algebra("sp(4)"), antisymmetric=True).cosine(symplectic_form(2)) == pytest.approx(1)
    assert invariant_forms(named_algebra("u(2)"), antisymmetric=True).cosine(complex_structure(2)) == pytest.approx(1)
    blocks = invariant_forms(named_algebra("so(2)+so(3)"))
    assert blocks.cosine(np.diag([1.0, 1, 0, 0, 0])) == pytest.approx(1)
    assert sum(signature(blocks.sample())[:2]) == 5
    # The orbit (x, 1) of a Euclidean motion keeps the last coordinate alone.
    assert invariant_forms(named_algebra("e(2)")).cosine(np.diag([0.0, 0, 1])) == pytest.approx(1)


@given(seed=st.integers(0, 10_000))
def test_forms_are_carried_along_by_a_frame(seed: int) -> None:
    random = np.random.Generator(np.random.PCG64(seed))
    frame = random_frame(4, 10.0, random)
    found = invariant_forms(conjugated(named_algebra("so(2)+so(1,1)"), frame))
    assert len(found.forms) == 2
    for form in (np.diag([1.0, 1, 0, 0]), np.diag([0.0, 0, 1, -1])):
        assert found.cosine(frame.T @ form @ frame) == pytest.approx(1, abs=1e-8)


def test_without_generators_every_form_is_invariant() -> None:
    none = np.zeros((0, 3, 3))
    assert len(invariant_forms(none).forms) == 6
    assert len(invariant_forms(none, antisymmetric=True).forms) == 3
    assert np.array_equal(invariant_forms(named_algebra("sl(3)")).sample(), np.zeros((3, 3)))
