"""The rules of discovery methods, on small samples of every track that a method declares."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.samples import ConservedQuantities, InvariantSample, Sample, TrajectorySample
from symbench.discovery.base import DiscoveryMethod, Symmetry
from symbench.errors import IncompatibleError
from symbench.testing.component import check_component
from symbench.testing.rules import global_generators_untouched, require
from symbench.testing.samples import samples_for

FloatArray = npt.NDArray[np.float64]

SEED = 3
_STATES = 20  # at which gradients are compared with differences of the values
_STEP = 1e-3  # of the states' spread
_GRADIENT_ERROR = 0.05  # of the largest gradient: single precision passes, a wrong formula does not


def check_discovery_method(method: DiscoveryMethod, *, budget: float = 0.02) -> None:
    """Fit a method to small samples of each of its tracks and check what it claims; raises ConformanceError.

    The claim has the right shapes and finite numbers; gradients of conserved functions are those of their values; the
    sample is left unchanged; the same seed gives the same claim bit for bit; global random generators are not used. A
    method may refuse a sample with an IncompatibleError, but not all samples of a track.
    """
    check_component(method)
    require(method.tracks, f"{method.name} declares no track")
    fitted: dict[type[Sample], bool] = {}
    for sample in samples_for(method):
        fitted.setdefault(type(sample), False)
        fitted[type(sample)] |= _check_sample(method, sample, budget)
    require(fitted, f"{method.name} declares no discovery track: {', '.join(sorted(method.tracks))}")
    for kind, accepted in fitted.items():
        require(accepted, f"{method.name} refused every {kind.__name__}, a kind of sample that its tracks promise")


def _check_sample(method: DiscoveryMethod, sample: Sample, budget: float) -> bool:
    """Whether the method accepted the sample."""
    arrays = _arrays(sample)
    before = {name: array.copy() for name, array in arrays.items()}
    what = f"{method.name} on a {type(sample).__name__}"
    try:
        first = method.fit(sample, seed=SEED, budget=budget)
        with global_generators_untouched(what):  # not the first, whose imports may draw
            second = method.fit(sample, seed=SEED, budget=budget)
    except IncompatibleError:
        return False
    for name, array in arrays.items():
        require(np.array_equal(array, before[name]), f"{what} changed the sample's {name}")
    _check_claim(first, sample, what)
    _check_same(first, second, sample, what)
    return True


def _arrays(sample: Sample) -> dict[str, npt.NDArray[np.generic]]:
    if isinstance(sample, TrajectorySample):
        return {"states": sample.x, "velocities": sample.velocity}
    if isinstance(sample, InvariantSample):
        return {"events": sample.x}
    return {"vectors": sample.x} if sample.y is None else {"vectors": sample.x, "labels or companions": sample.y}


def _check_claim(claim: Symmetry, sample: Sample, what: str) -> None:
    dimension = sample.x.shape[2]
    k = len(claim.generators)
    shape = claim.generators.shape
    require(
        shape == (k, dimension, dimension), f"{what}: generators have shape {shape}, not (k, {dimension}, {dimension})"
    )
    require(np.isfinite(claim.generators).all(), f"{what}: a generator is not finite")
    require(all(np.linalg.norm(g) > 0 for g in claim.generators), f"{what}: a generator is zero; leave it out")
    for name, value in claim.scalars.items():
        require(np.isfinite(value), f"{what}: the scalar {name!r} is {value}; leave out what could not be computed")
    require(((claim.confidence >= 0) & (claim.confidence <= 1)).all(), f"{what}: a confidence lies outside [0, 1]")
    if claim.fields is not None:
        require(k == 0, f"{what}: {k} generators are claimed beside fields; a claim is one or the other")
        k = _check_fields(claim.fields(sample.x), sample, what)
    if isinstance(sample, TrajectorySample | InvariantSample):
        if claim.conserved is not None:
            k = claim.conserved.count
            _check_conserved(claim.conserved, sample, what)
    else:
        require(
            claim.conserved is None, f"{what}: conserved functions belong to trajectories and to events without a label"
        )
    counts = {k, len(claim.generators)} if isinstance(sample, TrajectorySample | InvariantSample) else {k}
    shape = claim.confidence.shape
    require(shape in {(count,) for count in counts}, f"{what}: {k} symmetries are claimed, but confidences {shape}")


def _check_fields(values: FloatArray, sample: Sample, what: str) -> int:
    """The number of fields; of trajectories, they are evaluated on (N, T, D) as on (N, P, d)."""
    k = len(values)
    require(
        values.shape == (k, *sample.x.shape), f"{what}: fields at {sample.x.shape} events have shape {values.shape}"
    )
    require(np.isfinite(values).all(), f"{what}: a field is not finite")
    return k


def _states(sample: Sample) -> FloatArray:
    """The states that conserved functions take: those of trajectories, or events with their vectors in one row."""
    rows = len(sample.x) if isinstance(sample, InvariantSample) else -1
    return sample.x.reshape(rows, -1 if rows > 0 else sample.x.shape[2])


def _check_conserved(claim: ConservedQuantities, sample: TrajectorySample | InvariantSample, what: str) -> None:
    states = _states(sample)
    dimension = states.shape[1]
    states = states[np.linspace(0, len(states) - 1, _STATES).astype(np.intp)]
    values, gradients = claim.values(states), claim.gradients(states)
    wanted = (_STATES, claim.count)
    require(values.shape == wanted, f"{what}: {claim.count} functions at {_STATES} states gave values {values.shape}")
    require(
        gradients.shape == (*wanted, dimension),
        f"{what}: gradients have shape {gradients.shape}, not (M, k, {dimension})",
    )
    require(np.isfinite(values).all() and np.isfinite(gradients).all(), f"{what}: a conserved function is not finite")
    step = _STEP * sample.x.std()
    numerical = np.stack(
        [(claim.values(states + step * e) - claim.values(states - step * e)) / (2 * step) for e in np.eye(dimension)],
        axis=2,
    )
    for k in range(claim.count):
        largest = np.abs(numerical[:, k]).max()
        error = np.abs(gradients[:, k] - numerical[:, k]).max()
        require(
            error <= _GRADIENT_ERROR * largest,
            f"{what}: the gradient of function {k} differs from differences of its values by {error:.2g}, and the "
            f"largest of these is {largest:.2g}",
        )


def _check_same(first: Symmetry, second: Symmetry, sample: Sample, what: str) -> None:
    require(np.array_equal(first.generators, second.generators), f"{what}: the same seed gave other generators")
    require(np.array_equal(first.confidence, second.confidence), f"{what}: the same seed gave other confidences")
    require(first.scalars == second.scalars, f"{what}: the same seed gave other scalars")
    if first.fields is not None and second.fields is not None:
        same = np.array_equal(first.fields(sample.x), second.fields(sample.x))
        require(same, f"{what}: the same seed gave other fields")
    if first.conserved is not None and second.conserved is not None:
        states = _states(sample)
        same = np.array_equal(first.conserved.values(states), second.conserved.values(states))
        require(same, f"{what}: the same seed gave other conserved functions")
