from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from symbench.algebra.bases import so
from symbench.algebra.label_spread import in_frame_of
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
    """‖x‖² + ε x₀³ keeps so(2) of the other two axes; the other rotations have a spread that grows with ε."""
    events = sample("so3", 200)
    broken = events.y + 0.4 * events.x[:, 0, 0] ** 3
    found = fit(replace(events, y=broken))
    assert len(found.generators) == 1
    assert np.degrees(overlap(found.generators, so(3)[2:], second_moment(events.x)).angles[0]) < 3


def test_a_tighter_bound_claims_less(sample: Sample) -> None:
    events = sample("cms-dimuon-mass", 150)
    counts = [len(fit(events, bound=bound, family="network").generators) for bound in (0.001, 0.1, 0.4)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_too_few_events_and_a_constant_label_decide_nothing(sample: Sample) -> None:
    assert len(fit(sample("so3", 9)).generators) == 0
    events = sample("so3", 50)
    assert len(fit(replace(events, y=np.ones(50))).generators) == 0


def test_too_few_events_for_networks_may_suffice_for_a_polynomial() -> None:
    """Nine events of a linear label with little noise: a polynomial describes it, and no network is fitted."""
    rng = np.random.Generator(np.random.PCG64(3))
    x = rng.standard_normal((9, 1, 2))
    found = fit(FunctionSample(x, x[:, 0, 0] + 0.003 * rng.standard_normal(9), "number"))
    assert found.scalars["polynomial"] == 1
    assert found.scalars["held_out_loss"] > 1e-6


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


@pytest.mark.parametrize(
    "change",
    [
        np.array([[np.cosh(3), 0, 0, np.sinh(3)], [0, 1, 0, 0], [0, 0, 1, 0], [np.sinh(3), 0, 0, np.cosh(3)]]),
        np.diag([1.0, 1000.0, 1.0, 0.03])[[3, 1, 0, 2]],
        np.random.Generator(np.random.PCG64(0)).standard_normal((4, 4)),
    ],
    ids=["a boost of rapidity 3", "units of 1 : 30,000 and a permutation", "any basis"],
)
@pytest.mark.parametrize("family", ["best", "network"])
def test_frame_units_and_basis_do_not_alter_the_verdict(sample: Sample, change: np.ndarray, family: str) -> None:
    """Fitted, not exact, gradients of recorded dimuons: the spectrum is the same, the claim is conjugated."""
    events = sample("cms-dimuon-mass", 250, 1)
    one, two = fit(events, family=family), fit(replace(events, x=events.x @ change.T), family=family)
    assert one.spectrum is not None
    assert two.spectrum is not None
    np.testing.assert_allclose(two.spectrum, one.spectrum, rtol=1e-3, atol=1e-6)
    assert len(two.generators) == len(one.generators) > 0
    conjugated = change @ one.generators @ np.linalg.inv(change)
    moved = events.x @ change.T
    assert np.max(overlap(in_frame_of(moved, two.generators), in_frame_of(moved, conjugated)).angles) < 1e-3
    named = [replace(claim, sample=replace(events, x=x)).name for claim, x in ((one, events.x), (two, moved))]
    assert named[0] == named[1]


def nearly_light_like(n: int, seed: int) -> FunctionSample:
    """√(E² − p²) of (E, p) with masses in [0.5, 2] and rapidities in [2.3, 2.8]: every defect is small."""
    rng = np.random.Generator(np.random.PCG64([seed, n]))
    mass, rapidity = rng.uniform(0.5, 2, n), rng.uniform(2.3, 2.8, n)
    x = mass[:, None] * np.stack([np.cosh(rapidity), np.sinh(rapidity)], axis=1)
    return FunctionSample(x[:, None], mass, "number")


@pytest.mark.parametrize("n", [100, 200, 400])
@pytest.mark.parametrize("seed", range(6))
def test_the_boost_of_nearly_light_like_vectors_is_found_or_nothing_is_claimed(n: int, seed: int) -> None:
    events = nearly_light_like(n, seed)
    found = fit(events, seed)
    assert len(found.generators) <= 1
    if len(found.generators):
        assert replace(found, sample=events).name == "so(1,1)"
        claimed, truth = in_frame_of(events.x, found.generators), in_frame_of(events.x, so(1, 1))
        assert np.degrees(np.max(overlap(claimed, truth).angles)) < 5


def test_an_irrelevant_column_is_split_off_and_alters_no_name(sample: Sample) -> None:
    """Also if it is correlated with the others, and if a column is a sum of two others."""
    events = sample("so3", 120)
    noise = np.random.Generator(np.random.PCG64(7)).standard_normal((120, 1, 1))
    for column, ignored in ((noise, 1), (noise + events.x[..., :1], 1), (events.x[..., :1] + events.x[..., 1:2], 0)):
        wider = replace(events, x=np.concatenate([events.x, column], axis=2))
        found = replace(fit(wider), sample=wider)
        assert (len(found.generators), found.name) == (3, "so(3)")
        assert found.scalars["ignored"] == ignored


def test_a_label_that_is_not_learnt_is_no_abstention(sample: Sample) -> None:
    events = sample("so3", 100)
    shuffled = np.random.Generator(np.random.PCG64(0)).permutation(events.y)
    assert fit(replace(events, y=shuffled)).scalars["learnt"] == 0
    assert fit(events).scalars["learnt"] == 1
    assert fit(sample("no-symmetry", 100)).scalars["learnt"] == 1


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
    [("no-symmetry", {}), ("weakly-broken", {}), ("weakly-broken", {"epsilon": 0.07}), ("discrete-only", {})],
)
def test_no_false_discovery_in_twenty_seeds_at_the_setting_of_the_suites(
    sample: Sample, task: str, parameters: dict[str, float]
) -> None:
    """400 events and no parameter changed: none of 20 when this was written, at most one is allowed.

    A breaking below the bound that is not distinct from the noise of the fit is a symmetry by the method's own word:
    the label spread of the rotation that is broken least is 0.4 at ε = 0.1, 0.2 at 0.05 and 0.09 at 0.02.
    """
    claims = [len(fit(sample(task, 400, seed, **parameters), seed=seed).generators) > 0 for seed in range(20)]
    assert np.mean(claims) <= 0.05
