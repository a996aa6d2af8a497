"""Symmetry discovery on arrays, without a suite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from symbench.component import Track
from symbench.data.samples import DistributionSample, FunctionSample, InvariantSample, TrajectorySample
from symbench.discovery.base import DiscoveryMethod, Symmetry
from symbench.errors import IncompatibleError
from symbench.registry import find_discovery_method

if TYPE_CHECKING:
    import numpy.typing as npt


def discover(
    method: str | DiscoveryMethod,
    x: npt.ArrayLike,
    y: npt.ArrayLike | None = None,
    *,
    dt: float | None = None,
    names: Sequence[str] = (),
    seed: int = 0,
    budget: float = 1.0,
    device: str = "cpu",
    **parameters: Any,
) -> Symmetry:
    """Discover a symmetry in arrays.

    method       a name that `list_methods` lists, with `parameters`; or a method already built
    x            (N, d) events, or (N, P, d) events of P vectors on which a generator acts alike; with `dt` states of
                 trajectories (N, T, D)
    y            labels (N,): numbers, or classes as integers; which maps of x leave them unchanged is the question.
                 None: which maps leave the density of x unchanged? For methods of the invariant track: which functions
                 do the P vectors of an event share? For `charges` x are reactions: texts such as
                 `-13 -> -11 12 -14` (`data.reactions`), or numbers (N, 2, S) of S species before and after
    dt           time between the states of a trajectory: which functions are constant along trajectories?
    names        of the P vectors of an event, if they are different things, or of the S species
    budget       scales the method's own number of steps; 1 is what its reference says

    x is divided by its RMS, one number, which leaves every algebra as it is; generators act on x as well as on x
    divided. Vectors (pT, η, φ), for `library="kinematic"` of `nullspace`, are left as they are. The answer may have no
    generators: the method then abstains. Raises UnknownNameError, ValueError for arrays that do not fit,
    IncompatibleError if the method does not answer this question.

    >>> import numpy as np, symbench as sb
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> sb.discover("nullspace", x, (x**2).sum(axis=1)).name
    'so(2)'
    """
    if isinstance(method, str):
        method = find_discovery_method(method)(**parameters)
    elif parameters:
        raise ValueError("parameters belong to a method that is named; this one is built already")
    from symbench.discovery.shared.domain import with_domain

    sample = _sample(method, x, y, dt, names)
    symmetry = method.fit(sample, seed=seed, budget=budget, device=device)
    return replace(with_domain(symmetry, method, sample), sample=sample)


def _sample(
    method: DiscoveryMethod, x: npt.ArrayLike, y: npt.ArrayLike | None, dt: float | None, names: Sequence[str]
) -> FunctionSample | DistributionSample | TrajectorySample | InvariantSample:
    import numpy as np

    if getattr(method, "parts", None) == {"reactions"}:
        return _reactions(x, names)
    vectors = np.asarray(x, dtype=np.float64)
    if dt is not None:
        return _trajectories(method, vectors, dt)
    if vectors.ndim == 2:
        vectors = vectors[:, None, :]
    if vectors.ndim != 3:
        raise ValueError(f"x has the shape {vectors.shape}; (N, d) or (N, P, d) is needed")
    if not np.isfinite(vectors).all():
        raise ValueError("x contains values that are not finite")
    scale = float(np.sqrt(np.mean(vectors**2))) or 1.0
    if method.vector_coordinates == "pt_eta_phi":
        scale = 1.0
    vectors = vectors / scale
    if y is None and Track.INVARIANT in method.tracks and Track.DISTRIBUTION not in method.tracks:
        if vectors.shape[1] < 2:
            raise ValueError("x has one vector in an event; what vectors share needs (N, P, d) with P of 2 or more")
        if names and len(names) != vectors.shape[1]:
            raise ValueError(f"{len(names)} names for events of {vectors.shape[1]} vectors")
        return InvariantSample(vectors, "blocks" if names else "vectors", tuple(names), scale=scale)
    if y is None:
        _require(method, Track.DISTRIBUTION)
        return DistributionSample(vectors, scale=scale)
    label = np.asarray(y)
    if label.shape != (len(vectors),):
        raise ValueError(f"y has the shape {label.shape}; ({len(vectors)},) is needed, one label for each event")
    is_class = label.dtype.kind in "iub"
    if is_class and Track.FUNCTION not in method.tracks:
        _require(method, Track.DISTRIBUTION)
        return DistributionSample(vectors, label.astype(np.int64), scale=scale)
    _require(method, Track.FUNCTION)
    if is_class:
        return FunctionSample(vectors, label.astype(np.int64), "class", scale=scale)
    numbers = label.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError("y contains values that are not finite")
    return FunctionSample(vectors, numbers, "number", scale=scale)


def _reactions(x: npt.ArrayLike, names: Sequence[str]) -> InvariantSample:
    import numpy as np

    counts = np.asarray(x)
    if counts.dtype.kind in "UO":
        from symbench.data.reactions import read_reactions

        counts, names = read_reactions([str(text) for text in counts.ravel().tolist()])
    if counts.ndim != 3 or counts.shape[1] != 2 or counts.dtype.kind not in "iuf":
        raise ValueError(f"reactions are texts, or numbers of S species before and after (N, 2, S), not {counts.shape}")
    labels = tuple(names) or tuple(f"species {number + 1}" for number in range(counts.shape[2]))
    if len(labels) != counts.shape[2]:
        raise ValueError(f"{len(labels)} names for {counts.shape[2]} species")
    return InvariantSample(counts.astype(np.float64), "reactions", labels)


def _trajectories(method: DiscoveryMethod, states: npt.NDArray[Any], dt: float) -> TrajectorySample:
    from symbench.data.orbits.integrate import smoothing_derivative

    _require(method, Track.DYNAMICS)
    if states.ndim != 3:
        raise ValueError(f"x has the shape {states.shape}; trajectories are (N, T, D)")
    return TrajectorySample(states, smoothing_derivative(states, dt), dt, canonical=False)


def _require(method: DiscoveryMethod, track: Track) -> None:
    if track not in method.tracks:
        raise IncompatibleError(
            f"{method.name} answers questions of the {', '.join(sorted(method.tracks))} track, not of the {track} track"
        )
