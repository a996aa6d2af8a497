import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.algebra.label_spread import label_spread_spectrum
from symbench.algebra.naming import name_of
from symbench.algebra.subalgebra import closing
from symbench.algebra.subspace import overlap
from symbench.algebra.trivial import ignored_directions, without_trivial_part


@pytest.mark.parametrize("seed", range(3))
def test_rotations_with_an_irrelevant_column_are_rotations_modulo_the_trivial_part(seed: int) -> None:
    """‖(x₁, x₂, x₃)‖² in a random basis of R⁴: 3 + 4 symmetries, of which 4 map into the ignored direction."""
    rng = np.random.Generator(np.random.PCG64(seed))
    basis = rng.standard_normal((4, 4))
    z = rng.standard_normal((500, 1, 4))
    slopes = 2 * z * (1, 1, 1, 0)
    x, gradients = z @ basis.T, slopes @ np.linalg.inv(basis)
    variance = float(np.var(np.sum(z[..., :3] ** 2, axis=(1, 2))))
    spectrum, directions = label_spread_spectrum(gradients, x, variance)
    assert np.sum(spectrum < 1e-9) == 7
    ignored = ignored_directions(gradients, x, variance, 1e-6)
    assert np.abs(ignored[:, 0] @ basis[:, 3]) == pytest.approx(np.linalg.norm(basis[:, 3]))
    rest = without_trivial_part(directions[:7], ignored)
    assert len(rest) == 3
    embedded = np.zeros((3, 4, 4))
    embedded[:, :3, :3] = so(3)
    truth = without_trivial_part(basis @ embedded @ np.linalg.inv(basis), ignored)
    assert np.max(overlap(rest, truth).angles) < 1e-6
    assert name_of(rest) == "so(3)"


def test_a_generator_that_mixes_an_irrelevant_column_into_the_label_is_not_trivial() -> None:
    false = np.zeros((1, 3, 3))
    false[0, 0, 2] = 1  # from the ignored third column into the first
    ignored = np.eye(3)[:, 2:]
    assert len(without_trivial_part(false, ignored)) == 1
    assert len(without_trivial_part(false.swapaxes(1, 2), ignored)) == 0
    assert without_trivial_part(so(3), np.zeros((3, 0))) is not None


def test_the_largest_first_generators_that_close() -> None:
    rotations, strain = so(3), np.diag([1.0, -1.0, 0.0])[None]
    assert closing(np.concatenate([rotations, strain])) == 3
    assert closing(np.concatenate([rotations, np.eye(3)[None]])) == 4
    assert closing(rotations[:2]) == 1
    assert closing(np.zeros((0, 3, 3))) == 0
