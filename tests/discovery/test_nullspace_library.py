"""`nullspace` with fields in place of matrices, on labels whose fields are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.library import LIBRARIES, FloatArray
from symbench.discovery.nullspace.method import Nullspace
from symbench.errors import IncompatibleError
from symbench.metrics.fields import coordinate_spread, field_overlap
from symbench.registry import find_task
from symbench.tasks.base import DataContext
from symbench.tasks.function.cms.ptetaphi import DimuonMassPtEtaPhi

Sample = Callable[..., FunctionSample]


def pairs(label: Callable[[FloatArray, FloatArray], FloatArray], n: int = 200) -> FunctionSample:
    x = np.random.Generator(np.random.PCG64(5)).standard_normal((n, 2, 2))
    return FunctionSample(x, label(x[:, 0], x[:, 1]), "number")


def fit(sample: FunctionSample, library: str, seed: int = 0) -> Symmetry:
    return Nullspace.model_validate({"library": library}).fit(sample, seed=seed, budget=1.0)


def angles(found: Symmetry, truth: list[Callable[[FloatArray], FloatArray]], x: FloatArray) -> FloatArray:
    assert found.fields is not None
    expected = np.stack([field(x) for field in truth])
    return np.degrees(field_overlap(found.fields(x), expected, coordinate_spread(x)).angles)


def along_first(x: FloatArray) -> FloatArray:
    return np.stack([np.ones_like(x[..., 0]), np.zeros_like(x[..., 0])], axis=-1)


def along_second(x: FloatArray) -> FloatArray:
    return along_first(x)[..., ::-1]


def turn(x: FloatArray) -> FloatArray:
    return np.stack([-x[..., 1], x[..., 0]], axis=-1)


def test_affine_fields_find_the_euclidean_algebra_of_a_distance() -> None:
    """‖x₁ − x₂‖²: two translations, which no matrix is, and the rotation."""
    sample = pairs(lambda a, b: np.sum((a - b) ** 2, axis=1))
    found = fit(sample, "affine")
    assert found.generators.shape == (0, 2, 2)
    assert found.confidence.shape == (3,)
    assert np.max(angles(found, [along_first, along_second, turn], sample.x)) < 3
    assert len(fit(sample, "linear").generators) == 1


def test_polynomial_fields_find_a_bent_translation() -> None:
    """x → (x₁ + t, x₂ + t x₁ + t²/2) keeps differences of x₂ − x₁²/2 and of x₁."""

    def label(a: FloatArray, b: FloatArray) -> FloatArray:
        heights = a[:, 1] - a[:, 0] ** 2 / 2 - b[:, 1] + b[:, 0] ** 2 / 2
        return np.asarray(heights**2 + 2 * (a[:, 0] - b[:, 0]) ** 2 + heights * (a[:, 0] - b[:, 0]) ** 2)

    sample = pairs(label, 300)
    found = fit(sample, "polynomial")
    truth = [along_second, lambda x: np.stack([np.ones_like(x[..., 0]), x[..., 0]], axis=-1)]
    assert len(found.confidence) == 2
    assert np.max(angles(found, truth, sample.x)) < 5


def test_nothing_is_claimed_where_there_is_nothing(sample: Sample) -> None:
    assert len(fit(sample("no-symmetry", 200), "affine").confidence) == 0
    shuffled = pairs(lambda a, b: np.random.Generator(np.random.PCG64(1)).standard_normal(len(a)))
    assert len(fit(shuffled, "polynomial").confidence) == 0


def test_the_same_seed_gives_the_same_bits() -> None:
    sample = pairs(lambda a, b: np.sum((a - b) ** 2, axis=1), 80)
    one, two = fit(sample, "affine", 1), fit(sample, "affine", 1)
    assert one.fields is not None
    assert two.fields is not None
    assert one.fields(sample.x).tobytes() == two.fields(sample.x).tobytes()


def test_units_of_a_coordinate_do_not_matter() -> None:
    one = pairs(lambda a, b: np.sum((a - b) ** 2, axis=1), 120)
    other = FunctionSample(one.x * (8.0, 1.0), one.y, "number")
    found, again = fit(one, "affine"), fit(other, "affine")
    assert found.fields is not None
    assert again.fields is not None
    spread = coordinate_spread(other.x)
    assert np.max(field_overlap(found.fields(one.x) * (8.0, 1.0), again.fields(other.x), spread).angles) < 1e-4


def test_data_on_a_line_have_no_field_across_it() -> None:
    x = np.random.Generator(np.random.PCG64(2)).standard_normal((120, 2, 1)) * (3.0, 1.0)
    found = fit(FunctionSample(x, (x[:, 0, 0] - x[:, 1, 0]) ** 2, "number"), "affine")
    assert found.fields is not None
    values = found.fields(x)
    assert len(values) == 1
    assert np.max(np.abs(values[..., 0] - 3 * values[..., 1])) < 1e-9 * np.max(np.abs(values))


def test_the_kinematic_library_is_for_three_coordinates_only(sample: Sample) -> None:
    functions = LIBRARIES["kinematic"][0]
    assert functions(np.ones((4, 2, 3))).shape == (4, 2, 36)
    with pytest.raises(IncompatibleError, match="pT > 0"):
        fit(sample("so3", 60), "kinematic")
    with pytest.raises(IncompatibleError, match=r"\(pT, η, φ\)"):
        functions(np.ones((4, 2, 4)))
    kinematic = Nullspace(library="kinematic")
    assert kinematic.incompatibility(DimuonMassPtEtaPhi()) is None
    assert "pT" in str(kinematic.incompatibility(find_task("so3")()))
    assert Nullspace().incompatibility(find_task("so3")()) is None


def test_the_kinematic_library_holds_the_six_fields() -> None:
    """Massless they are sums of its functions exactly; the muon's mass adds 1e-5."""
    from symbench.metrics.fields import orthonormal_fields

    task = DimuonMassPtEtaPhi()
    x = task.scaled(task.load(DataContext(Path())))
    spread = coordinate_spread(x)
    functions = LIBRARIES["kinematic"][0](x)
    library = np.einsum("npm,cd->mcnpd", functions, np.eye(3)).reshape(-1, *x.shape)
    basis, truth = orthonormal_fields(library, spread), orthonormal_fields(task.truth_fields()(x), spread)
    assert np.max(np.linalg.norm(truth - truth @ basis.T @ basis, axis=1)) < 1e-4


@pytest.mark.parametrize(("noise", "count"), [(0.01, 6), (0.3, 0)])
def test_six_fields_are_counted_where_the_gradient_is_good_and_none_where_it_is_bad(noise: float, count: int) -> None:
    """The count rule by itself: the exact gradient of the mass at 400 events with relative noise in five folds."""
    from symbench.discovery.nullspace.library import frame_of
    from symbench.discovery.shared import cross_fit
    from symbench.metrics.label import label_gradient

    task = DimuonMassPtEtaPhi()
    events = task.load(DataContext(Path()))
    x, label = task.scaled(events)[:400], events.label[:400]
    frame = frame_of(x, "kinematic")
    exact = label_gradient(task.label_function(), x) @ frame.up.T
    rng = np.random.Generator(np.random.PCG64(4))
    size = np.sqrt(np.mean(exact**2, axis=(1, 2), keepdims=True))
    gradients = np.stack([exact + noise * size * rng.standard_normal(exact.shape) for _ in range(5)])[:, None]
    fold = rng.permutation(len(x)) % 5
    ensemble = cross_fit.Ensemble(gradients, fold, frame.central, label, label, 0)
    forms = cross_fit.forms_of(ensemble, frame.functions(x))
    assert cross_fit.count(Nullspace(), forms)[0].k == count
    if count:
        directions = cross_fit.candidates(forms.whole)
        fields = frame.fields(directions[:, :count].T.reshape(count, 3, -1))
        found = field_overlap(fields(x), task.truth_fields()(x), coordinate_spread(x))
        assert found.recall > 0.98


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in range(1, 5))])
def test_the_hidden_lorentz_algebra_is_found(seed: int) -> None:
    """At 400 events: M² is a quadratic in the chart of momenta, and its gradient, pulled back, has six fields."""
    from symbench.data.splits import split
    from symbench.discovery.evaluate.run import run_discovery

    task = DimuonMassPtEtaPhi()
    parts = split(task.load(DataContext(Path())), task.sizes(), train_size=400, seed=seed, validation_size=0)
    outcome = run_discovery(Nullspace(library="kinematic"), task, parts, seed=seed, budget=1, device="cpu")
    assert outcome.metrics["count"] == 6
    assert outcome.metrics["f1"] > 0.99
    assert outcome.notes["chart"] == "|p|, px, py, pz"


def test_discover_leaves_angles_as_they_are() -> None:
    """The size of x, one number, would divide azimuths as well: momenta in MeV have the same six fields."""
    import symbench as sb

    task = DimuonMassPtEtaPhi()
    data = task.load(DataContext(Path()))
    mev = data.vectors[:250].astype(np.float64) * (1e3, 1.0, 1.0)
    found = sb.discover("nullspace", mev, data.label[:250], library="kinematic")
    assert found.fields is not None
    expected = task.truth_fields()(mev / (5e4, 1.0, 1.0)) * (5e4, 1.0, 1.0)
    assert field_overlap(found.fields(mev), expected, coordinate_spread(mev)).f1 > 0.99
