from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.algebra.structure import name_of
from symbench.algebra.subspace import overlap, second_moment
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.nullspace.method import Nullspace
from symbench.errors import IncompatibleError

Sample = Callable[..., FunctionSample]


def fit(sample: FunctionSample, seed: int = 0, **parameters: object) -> Symmetry:
    return Nullspace.model_validate(parameters).fit(sample, seed=seed, budget=1.0)


def test_six_generators_of_the_lorentz_algebra_from_recorded_dimuons(sample: Sample) -> None:
    events = sample("cms-dimuon-mass", 400)
    found = fit(events)
    assert len(found.generators) == 6
    (cut,) = found.arrays["bound"]  # what the report draws between the accepted and the rejected
    assert found.arrays["spectrum_upper"][5] < cut < found.arrays["spectrum_upper"][6]
    assert name_of(found.generators) == "so(1,3)"
    angles = np.degrees(overlap(found.generators, so(1, 3), second_moment(events.x)).angles)
    assert np.max(angles) < 3


@pytest.mark.parametrize(
    ("task", "name"), [("so2", "so(2)"), ("so3", "so(3)"), ("so4", "so(4)"), ("lorentz", "so(1,3)")]
)
def test_toys_are_found_and_named(sample: Sample, task: str, name: str) -> None:
    found = fit(sample(task, 120))
    assert name_of(found.generators) == name
    assert np.all(found.confidence > 0.95)
    assert found.spectrum is not None
    assert np.all(np.diff(found.spectrum) >= 0)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_claimed_where_there_is_nothing(sample: Sample, seed: int) -> None:
    assert len(fit(sample("no-symmetry", 60 + 30 * seed, seed), seed=seed).generators) == 0


def test_labels_that_are_noise_give_no_symmetry(sample: Sample) -> None:
    events = sample("so3", 100)
    shuffled = np.random.Generator(np.random.PCG64(0)).permutation(events.y)
    assert len(fit(replace(events, y=shuffled)).generators) == 0


def test_a_symmetry_that_is_broken_by_more_than_the_bound_is_not_claimed(sample: Sample) -> None:
    """‖x‖² + ε x₀³ keeps so(2) of the other two axes; the other rotations have a defect that grows with ε."""
    events = sample("so3", 200)
    broken = events.y + 0.4 * events.x[:, 0, 0] ** 3
    found = fit(replace(events, y=broken))
    assert len(found.generators) == 1
    assert np.degrees(overlap(found.generators, so(3)[2:], second_moment(events.x)).angles[0]) < 3


def test_a_tighter_bound_claims_less(sample: Sample) -> None:
    events = sample("cms-dimuon-mass", 150)
    counts = [len(fit(events, bound=bound, networks=1).generators) for bound in (0.001, 0.05, 0.15)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_too_few_events_and_a_constant_label_decide_nothing(sample: Sample) -> None:
    assert len(fit(sample("so3", 9)).generators) == 0
    events = sample("so3", 50)
    assert len(fit(replace(events, y=np.ones(50))).generators) == 0


def test_only_what_the_data_span_is_claimed(sample: Sample) -> None:
    """Data in a plane of R³: the rotation of that plane, lifted, and nothing about the third axis."""
    events = sample("so2", 100)
    frame = np.linalg.qr(np.random.Generator(np.random.PCG64(1)).standard_normal((3, 3)))[0][:, :2]
    found = fit(replace(events, x=events.x @ frame.T))
    assert found.generators.shape == (1, 3, 3)
    expected = frame @ so(2)[0] @ frame.T
    cosine = np.sum(found.generators[0] * expected) / np.linalg.norm(found.generators[0]) / np.linalg.norm(expected)
    assert abs(cosine) > 0.999


def test_units_of_vectors_and_labels_do_not_matter(sample: Sample) -> None:
    events = sample("so3", 80)
    one, two = fit(events), fit(replace(events, x=8.0 * events.x, y=1024.0 * events.y.astype(np.float64)))
    assert len(one.generators) == len(two.generators) == 3
    assert np.max(overlap(one.generators, two.generators).angles) < 1e-6


def test_two_classes_are_read_as_a_probability_and_three_are_refused(sample: Sample) -> None:
    events = sample("so2", 60)
    classes = (events.y > np.median(events.y)).astype(np.int64)
    two = replace(events, y=classes, label_kind="class")
    assert fit(two).generators.shape[1:] == (2, 2)
    with pytest.raises(IncompatibleError, match="three classes"):
        fit(replace(two, y=np.arange(60) % 3))


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(sample: Sample) -> None:
    events = sample("lorentz", 80)
    one, two, other = fit(events, 1), fit(events, 1), fit(events, 2)
    assert one.generators.tobytes() == two.generators.tobytes()
    assert one.spectrum is not None
    assert two.spectrum is not None
    assert one.spectrum.tobytes() == two.spectrum.tobytes()
    assert other.spectrum is not None
    assert one.spectrum.tobytes() != other.spectrum.tobytes()


@pytest.mark.slow
def test_false_discoveries_are_rarer_than_the_confidence_says(sample: Sample) -> None:
    claims = [
        len(fit(sample("no-symmetry", size, seed), seed=seed).generators) > 0
        for seed in range(20)
        for size in (50, 100, 200)
    ]
    assert np.mean(claims) <= 0.05


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "parameters"),
    [("no-symmetry", {}), ("weakly-broken", {}), ("weakly-broken", {"epsilon": 0.05}), ("discrete-only", {})],
)
def test_no_false_discovery_in_twenty_seeds_at_the_setting_of_the_suites(
    sample: Sample, task: str, parameters: dict[str, float]
) -> None:
    """400 events and no parameter changed: none of 20 when this was written, at most one is allowed.

    A breaking below the bound is a symmetry by the method's own word. Rotations that are broken by ε Σ i·xᵢ³ were
    claimed in 20 of 20 seeds at ε = 0.005, 0.01 and 0.02 (all three), 20 of 20 at 0.03 (one, of defect 0.033),
    8 of 20 at 0.04 (one, of defect 0.045), 0 of 20 at 0.05 (defect 0.06), 0.07 and 0.1 (0.13).
    """
    claims = [len(fit(sample(task, 400, seed, **parameters), seed=seed).generators) > 0 for seed in range(20)]
    assert np.mean(claims) <= 0.05
