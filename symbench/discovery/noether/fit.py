"""How `noether` proceeds: null directions of the time derivative, their number, and their generators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from symbench.algebra.polynomial_fields import monomials
from symbench.data.samples import ConservedQuantities
from symbench.discovery.base import Symmetry, TrajectorySample
from symbench.discovery.noether.library import Library, polynomial, radial, trigonometric
from symbench.errors import IncompatibleError
from symbench.metrics.conservation import Frame, frame_of, functional_rank

if TYPE_CHECKING:
    from symbench.discovery.noether.method import Noether

FloatArray = npt.NDArray[np.float64]

_VANISHING = 1e-9  # of the largest variance of the library: a combination that is constant on the data
_RANK_STATES = 400


@dataclass(frozen=True)
class Forms:
    """Quadratic forms (L, L) in the coefficients of a library, sums over the orbits of one fold.

    change      Σ (∇F·ẋ)²            largest     Σ ‖∇F‖²‖ẋ‖²
    within      Σ (F − F̄_orbit)²     total       Σ (F − F̄)²
    """

    change: FloatArray
    largest: FloatArray
    within: FloatArray
    total: FloatArray


@dataclass(frozen=True)
class NullDirections:
    """Null directions of one library.

    coefficients    (L, k) accepted, best first
    confidence      (k,) that the worst of the first 1, 2, … directions is below the bound
    spectrum        (L',) mean over folds of the largest held-out δ² in the span of the first 1, 2, … directions
    """

    coefficients: FloatArray
    confidence: FloatArray
    spectrum: FloatArray


def fit(method: Noether, sample: TrajectorySample, *, seed: int, budget: float, device: str) -> Symmetry:
    """Claim the null directions of the first library, by degree, beyond which their functional rank does not rise.

    The budget has no effect. Raises IncompatibleError if the library needs states (q, p) and the sample has others.
    """
    n, _, dimension = sample.x.shape
    nothing = Symmetry(np.zeros((0, dimension, dimension)), np.zeros(0))
    x, velocity = _thinned(method, sample)
    states = x.reshape(-1, dimension)
    frame = frame_of(states)
    if n < 2 * method.folds or frame.rank == 0:
        return nothing  # too few orbits for any decision
    fold = np.random.Generator(np.random.PCG64([seed, 1])).permutation(n) % method.folds
    some = states[np.linspace(0, len(states) - 1, min(len(states), _RANK_STATES)).astype(np.intp)]
    best: tuple[int, Library, NullDirections] | None = None
    spectrum: FloatArray = np.zeros(0)
    for degree in range(1, method.degree + 1):
        library = _library(method, sample, frame, states, degree)
        directions = null_directions(method, library, x, velocity, fold, frame)
        spectrum = directions.spectrum
        rank = functional_rank(library.combined(directions.coefficients), some)
        if rank > (best[0] if best else 0):
            best = rank, library, directions
    if best is None:
        return Symmetry(nothing.generators, nothing.confidence, spectrum=np.sqrt(spectrum))
    _, library, directions = best
    claim = library.combined(directions.coefficients)
    scalars = {"library_size": float(len(library.exponents))}
    generators = nothing.generators
    if sample.canonical:
        scalars["bracket_defect"] = bracket_defect(claim, some, frame)
        generators = linear_generators(claim, states)
    return Symmetry(
        generators,
        directions.confidence,
        spectrum=np.sqrt(directions.spectrum),
        scalars={name: value for name, value in scalars.items() if np.isfinite(value)},
        conserved=claim,
    )


def null_directions(
    method: Noether,
    library: Library,
    x: FloatArray,
    velocity: FloatArray,
    fold: npt.NDArray[np.int64],
    frame: Frame,
) -> NullDirections:
    """The candidates of the other folds, judged on the orbits of each fold; x and velocity (N, T, D), fold (N,)."""
    forms = [_forms(library, x[fold == m], velocity[fold == m], frame) for m in range(method.folds)]
    k_max = len(library.exponents)
    worst = np.ones((2, method.folds, k_max))  # δ² and drift²
    for m in range(method.folds):
        directions = _candidates(_sum([f for j, f in enumerate(forms) if j != m]))
        for k in range(1, directions.shape[1] + 1):
            span = directions[:, :k]
            for i, (above, below) in enumerate(
                ((forms[m].change, forms[m].largest), (forms[m].within, forms[m].total))
            ):
                worst[i, m, k - 1] = _largest_ratio(span.T @ above @ span, span.T @ below @ span)
            if worst[:, m, k - 1].min() >= 1:
                break
    mean, error = worst.mean(axis=1), worst.std(axis=1, ddof=1) / np.sqrt(method.folds)
    upper = mean + stdtrit(method.folds - 1, method.confidence) * error
    passed = (upper < method.bound**2).all(axis=0)
    k = k_max if passed.all() else int(np.argmin(passed))
    with np.errstate(divide="ignore", invalid="ignore"):
        confidence = np.where(
            error > 0, stdtr(method.folds - 1, (method.bound**2 - mean) / error), mean < method.bound**2
        )
    directions = _candidates(_sum(forms))
    k = min(k, directions.shape[1])
    return NullDirections(directions[:, :k], confidence.min(axis=0)[:k], np.clip(mean[0], 0, 1))


def linear_generators(claim: ConservedQuantities, states: FloatArray) -> FloatArray:
    """Matrices (k', D, D) of the fields J∇F that are linear: those of the quadratic F of a claim, at states (M, D).

    J∇F = L x + constant is fitted by least squares; a field that is not linear to 1e-6 has no matrix.
    """
    m, dimension = states.shape
    fields = hamiltonian_fields(claim, states)
    design = np.hstack([states, np.ones((m, 1))])
    matrices: list[FloatArray] = []
    for field in fields:
        solution, *_ = np.linalg.lstsq(design, field, rcond=1e-10)
        if np.linalg.norm(design @ solution - field) < 1e-6 * np.linalg.norm(field):
            matrices.append(solution[:dimension].T)
    return np.array(matrices).reshape(-1, dimension, dimension)


def hamiltonian_fields(claim: ConservedQuantities, states: FloatArray) -> FloatArray:
    """The vector fields J∇F = (∂F/∂p, −∂F/∂q) of a claim at canonical states (M, D): (k, M, D)."""
    gradients = claim.gradients(states).transpose(1, 0, 2)
    by_q, by_p = np.split(gradients, 2, axis=2)
    return np.concatenate([by_p, -by_q], axis=2)


def quantity_of(generators: FloatArray) -> FloatArray:
    """The inverse of `linear_generators`: Q (k, D, D), F = ½ xᵀQx and J∇F = L x, for generators L (k, D, D) of sp(D).

    Raises ValueError for a matrix that is not Hamiltonian, Lᵀ J + J L ≠ 0: it preserves no Poisson bracket.
    """
    half = generators.shape[1] // 2
    forms = np.concatenate([-generators[:, half:], generators[:, :half]], axis=1)  # J⁻¹ L
    if not np.allclose(forms, forms.transpose(0, 2, 1), atol=1e-6 * np.abs(forms).max(initial=0)):
        raise ValueError("a generator is not Hamiltonian: J⁻¹ L is not symmetric")
    return np.asarray((forms + forms.transpose(0, 2, 1)) / 2)


def poisson_brackets(claim: ConservedQuantities, states: FloatArray) -> FloatArray:
    """{Fᵢ, Fⱼ} = ∇Fᵢ·J∇Fⱼ at canonical states (M, D): (M, k, k)."""
    return np.asarray(np.einsum("mid,jmd->mij", claim.gradients(states), hamiltonian_fields(claim, states)))


def bracket_defect(claim: ConservedQuantities, states: FloatArray, frame: Frame) -> float:
    """How far brackets {Fᵢ, Fⱼ} are from being functions of the quantities themselves, by Poisson's theorem 0.

    The share of the gradient of a bracket, by finite differences in the frame, outside the span of ∇F; the largest over
    pairs. NaN for a single quantity, whose bracket with itself vanishes.
    """
    k = claim.count
    if k < 2:
        return float("nan")
    step = 1e-5
    slopes = [
        (poisson_brackets(claim, states + step * up) - poisson_brackets(claim, states - step * up)) / (2 * step)
        for up in frame.up
    ]
    gradients = np.stack(slopes, axis=3)  # (M, k, k, r)
    own = frame.gradients(claim.gradients(states))
    _, values, rows = np.linalg.svd(own, full_matrices=False)
    basis = rows * (values > 0.01 * values[:, :1])[:, :, None]
    outside = gradients - np.einsum("mijr,mbr,mbs->mijs", gradients, basis, basis)
    size = np.sqrt(np.mean(np.sum(own**2, axis=2), axis=0))  # of ∇F, to tell a bracket that vanishes
    scale = np.maximum(np.sqrt(np.mean(np.sum(gradients**2, axis=3), axis=0)), 1e-3 * np.sqrt(np.outer(size, size)))
    return float(np.max(np.sqrt(np.mean(np.sum(outside**2, axis=3), axis=0)) / scale))


def _library(method: Noether, sample: TrajectorySample, frame: Frame, states: FloatArray, degree: int) -> Library:
    dimension = sample.x.shape[2]
    if method.library == "polynomial":
        return Library(polynomial(frame), monomials(frame.rank, degree))
    if not sample.canonical:
        raise IncompatibleError(f"the {method.library} library needs states (q, p); this sample has others")
    if method.library == "trigonometric":
        spread = states.std(axis=0)
        return Library(trigonometric(np.where(spread > 0, spread, 1.0)), monomials(3 * dimension // 2, degree))
    return Library(radial(dimension), monomials(dimension + 1, degree))


def _forms(library: Library, x: FloatArray, velocity: FloatArray, frame: Frame) -> Forms:
    n, steps, dimension = x.shape
    values, gradients = library.evaluate(x.reshape(-1, dimension))
    flow = frame.velocities(velocity.reshape(-1, dimension))
    inside = frame.gradients(gradients)
    # All states have equal weight: a planet is slow on most of its orbit, and fast where the orbit is determined.
    speed = np.maximum(np.linalg.norm(flow, axis=1), np.finfo(np.float64).tiny ** 0.5)
    change = np.einsum("mlr,mr->ml", inside, flow / speed[:, None])
    by_orbit = values.reshape(n, steps, -1)
    deviation = (by_orbit - by_orbit.mean(axis=1, keepdims=True)).reshape(n * steps, -1)
    centred = values - values.mean(axis=0)
    largest = sum(inside[:, :, r].T @ inside[:, :, r] for r in range(inside.shape[2]))
    return Forms(change.T @ change, np.asarray(largest), deviation.T @ deviation, centred.T @ centred)


def _sum(forms: list[Forms]) -> Forms:
    return Forms(*(np.sum([getattr(f, name) for f in forms], axis=0) for name in Forms.__dataclass_fields__))


def _candidates(forms: Forms) -> FloatArray:
    """Directions (L, L'), rising δ²; without combinations that are constant on the data, such as sin² + cos²."""
    from scipy.linalg import eigh

    scale = 1 / np.sqrt(np.maximum(np.diag(forms.total), np.finfo(np.float64).tiny))
    values, vectors = np.linalg.eigh(forms.total * scale[:, None] * scale)
    basis = scale[:, None] * vectors[:, values > _VANISHING * values[-1]]
    largest = basis.T @ forms.largest @ basis
    _, directions = eigh(basis.T @ forms.change @ basis, (largest + largest.T) / 2)
    return np.asarray(basis @ directions)


def _largest_ratio(above: FloatArray, below: FloatArray) -> float:
    """The largest above/below in a span; 1 if the held-out orbits are too few to determine it in every direction."""
    from scipy.linalg import eigh

    values = np.linalg.eigvalsh(below)
    if values[0] <= 1e-12 * values[-1]:
        return 1.0
    return float(min(1.0, max(0.0, eigh(above, below, eigvals_only=True)[-1])))


def _thinned(method: Noether, sample: TrajectorySample) -> tuple[FloatArray, FloatArray]:
    n, steps, _ = sample.x.shape
    kept = np.linspace(0, steps - 1, max(2, min(steps, method.max_states // n))).astype(np.intp)
    return sample.x[:, kept], sample.velocity[:, kept]
