import math

import mpmath
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from symbench.algebra.bases import so
from symbench.algebra.exponential import exponential

ANGLES = st.floats(-20, 20, allow_nan=False)


@given(angle=ANGLES)
def test_a_rotation_turns_by_its_angle(angle: float) -> None:
    g = exponential(angle * torch.from_numpy(so(2)))[0]
    c, s = math.cos(angle), math.sin(angle)
    expected = torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
    torch.testing.assert_close(g, expected, atol=2e-13, rtol=1e-13)


@given(rapidity=st.floats(-6, 6))
def test_a_boost_has_hyperbolic_functions_of_its_rapidity(rapidity: float) -> None:
    boost = torch.from_numpy(so(1, 3)[0])
    g = exponential(rapidity * boost[None])[0]
    assert g[0, 0].item() == pytest.approx(math.cosh(rapidity), rel=1e-13)
    assert g[0, 1].item() == pytest.approx(math.sinh(rapidity), rel=1e-12, abs=1e-13)
    torch.testing.assert_close(g[2:, 2:], torch.eye(2).double(), atol=1e-14, rtol=0)


@given(seed=st.integers(0, 1000), s=st.floats(-2, 2), t=st.floats(-2, 2))
def test_one_parameter_groups(seed: int, s: float, t: float) -> None:
    a = torch.randn(3, 4, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    product = exponential(s * a) @ exponential(t * a)
    # The conditioning of e^{sA} e^{tA} is the product of the norms, not the norm of the product.
    size = (torch.linalg.matrix_norm(exponential(s * a)) * torch.linalg.matrix_norm(exponential(t * a))).max()
    torch.testing.assert_close(product, exponential((s + t) * a), atol=float(size) * 1e-13, rtol=1e-12)


@given(seed=st.integers(0, 1000))
def test_the_determinant_is_the_exponential_of_the_trace(seed: int) -> None:
    a = torch.randn(5, 3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    trace = a.diagonal(dim1=1, dim2=2).sum(1)
    torch.testing.assert_close(torch.linalg.det(exponential(a)), trace.exp(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [0.0, 1e-8, 1e-3, 0.4, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("d", [1, 2, 4, 7, 10])
def test_agrees_with_matrix_exp_to_rounding(dtype: torch.dtype, size: float, d: int) -> None:
    random = torch.Generator().manual_seed(d)
    a = (size / d * torch.randn(6, d, d, generator=random, dtype=torch.float64)).to(dtype)
    reference = torch.matrix_exp(a.double())
    error = torch.linalg.matrix_norm(exponential(a).double() - reference) / torch.linalg.matrix_norm(reference)
    assert float(error.max()) < 40 * torch.finfo(dtype).eps


@pytest.mark.parametrize("size", [0.1, 1.0, 3.0, 10.0])
def test_agrees_with_forty_digits(size: float) -> None:
    random = torch.Generator().manual_seed(5)
    a = size / 4 * torch.randn(3, 4, 4, generator=random, dtype=torch.float64)
    with mpmath.workdps(40):
        exact = [[[float(v) for v in row] for row in mpmath.expm(mpmath.matrix(m.tolist())).tolist()] for m in a]
    reference = torch.tensor(exact, dtype=torch.float64)
    error = torch.linalg.matrix_norm(exponential(a) - reference) / torch.linalg.matrix_norm(reference)
    assert float(error.max()) < 30 * torch.finfo(torch.float64).eps


@pytest.mark.parametrize("size", [0.1, 1.0, 5.0])
def test_the_derivative_is_that_of_matrix_exp(size: float) -> None:
    random = torch.Generator().manual_seed(0)
    a = size * torch.randn(6, 4, 4, generator=random, dtype=torch.float64)
    seed = torch.randn(6, 4, 4, generator=random, dtype=torch.float64)
    ours, theirs = a.clone().requires_grad_(), a.clone().requires_grad_()
    exponential(ours).backward(seed)
    torch.matrix_exp(theirs).backward(seed)
    assert ours.grad is not None
    assert theirs.grad is not None
    assert float((ours.grad - theirs.grad).norm() / theirs.grad.norm()) < 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("batch", "d"), [(600, 2), (600, 4), (600, 6), (20, 5), (20, 7), (300, 10)])
@pytest.mark.parametrize("largest", [0.5, 20.0])
def test_every_layout_agrees_with_matrix_exp(dtype: torch.dtype, batch: int, d: int, largest: float) -> None:
    """Batch last, padded and plain; one matrix of row sum `largest` among others of 0.5; value and derivative."""
    random = torch.Generator().manual_seed(d)
    a = torch.randn(batch, d, d, generator=random, dtype=torch.float64)
    a *= (0.5 / a.abs().sum(-1).amax(-1))[:, None, None]
    a[batch // 2] *= 2 * largest
    a = a.to(dtype)
    reference = torch.matrix_exp(a.double())
    seed = torch.randn(batch, d, d, generator=random, dtype=torch.float64)
    ours, theirs = a.clone().requires_grad_(), a.double().requires_grad_()
    value = exponential(ours)
    (of_ours,) = torch.autograd.grad(value, ours, seed.to(dtype))
    (of_theirs,) = torch.autograd.grad(torch.matrix_exp(theirs), theirs, seed)
    for found, expected in ((value, reference), (of_ours, of_theirs)):
        error = torch.linalg.matrix_norm(found.double() - expected) / torch.linalg.matrix_norm(expected)
        # The condition of the exponential is the norm of the matrix, at least; small batches are scaled together.
        norms = a.double().abs().sum(-1).amax(-1)
        bound = (20 + 10 * (norms if batch >= 256 else norms.max())) * torch.finfo(dtype).eps
        assert bool((error < bound).all())


def test_a_matrix_of_a_large_batch_does_not_depend_on_its_neighbours() -> None:
    random = torch.Generator().manual_seed(0)
    a = 0.3 * torch.randn(600, 4, 4, generator=random, dtype=torch.float64)
    b = a.clone()
    b[0] *= 50
    assert torch.equal(exponential(a)[1:], exponential(b)[1:])


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000))
def test_gradcheck_of_padded_and_unevenly_squared_matrices(seed: int) -> None:
    a = torch.randn(9, 5, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert torch.autograd.gradcheck(exponential, (a.requires_grad_(),))


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 1000), size=st.floats(0.05, 3))
def test_gradcheck(seed: int, size: float) -> None:
    a = size * torch.randn(2, 3, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    assert torch.autograd.gradcheck(exponential, (a.requires_grad_(),))


def test_batches_of_any_shape_and_empty_ones() -> None:
    a = torch.randn(2, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert exponential(a).shape == a.shape
    torch.testing.assert_close(exponential(a)[1, 2], exponential(a[1, 2][None])[0], rtol=1e-12, atol=1e-12)
    assert exponential(torch.zeros(0, 4, 4)).shape == (0, 4, 4)


def test_infinite_and_undefined_entries_are_not_hidden() -> None:
    assert not torch.isfinite(exponential(torch.full((1, 2, 2), math.inf))).all()
    assert torch.isnan(exponential(torch.full((1, 2, 2), math.nan))).all()


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="float16"):
        exponential(torch.zeros(1, 2, 2, dtype=torch.float16))
