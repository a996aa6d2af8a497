"""What `oracle` does: the quadratic form of a label's gradient, and matrices that minimise the published loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import torch
from scipy.optimize import minimize

from symbench.algebra.defects import quadratic_forms, relative_defects
from symbench.discovery.base import FunctionSample, Symmetry
from symbench.discovery.preparation import standardised_label, support
from symbench.discovery.smooth_fit import fit_network, new_network
from symbench.metrics.discovery import label_gradient

if TYPE_CHECKING:
    from symbench.discovery.oracle import Oracle

FloatArray = npt.NDArray[np.float64]

_SMOOTHING = 1e-6  # |w| ≈ √(w² + this): L-BFGS needs a derivative at 0
_MEMORY = 30  # pairs that L-BFGS keeps
_HELD_OUT = 5  # every fifth event is kept from φ


@dataclass(frozen=True)
class Terms:
    """The parts of the loss at its minimum: invariance of the label, norms and orthogonality, closure, sparsity."""

    invariance: float
    frame: float
    closure: float
    sparsity: float

    @property
    def algebra(self) -> float:
        """What does not depend on the label: zero for an orthogonal basis of an algebra."""
        return self.frame + self.closure

    @property
    def total(self) -> float:
        return self.invariance + self.algebra + self.sparsity


@dataclass(frozen=True)
class Minimum:
    """Matrices (k, d, d), structure constants (k, k, k) with [Wᵢ, Wⱼ] ≈ Σ aᵢⱼₖWₖ, the loss and the steps spent."""

    generators: FloatArray
    structure_constants: FloatArray
    terms: Terms
    steps: int


def discover(
    method: Oracle, sample: FunctionSample, *, seed: int, budget: float, closure_power: Literal[1, 2] = 1
) -> Symmetry:
    """Fit and report in the coordinates of the sample; the loss as printed as well, where the label is a formula."""
    d = sample.x.shape[2]
    frame = support(sample.x)
    label = standardised_label(sample)
    nothing = Symmetry(np.zeros((0, d, d)), np.zeros(0))
    if label is None or len(sample.x) < 2 * _HELD_OUT or frame.shape[1] == 0:
        return nothing
    x = sample.x @ frame
    size = np.sqrt(np.mean(x**2))
    x = x / size
    held = np.arange(len(x)) % _HELD_OUT == 0
    scalars: dict[str, float] = {}
    if sample.label_function is None:
        gradients, spent, scalars["held_out_loss"] = _learned_gradients(method, x, label, held, seed, budget)
    else:
        gradients, spent = label_gradient(sample.label_function, sample.x) @ frame * size, 0  # ∂/∂(x/size)
    rows = np.flatnonzero(~held)[: method.points]
    form = quadratic_forms(gradients[rows], x[rows])[0]
    steps = max(1, round(method.steps * budget))
    r = x.shape[2]
    scanned: list[tuple[int, Minimum]] = []
    chosen: Minimum | None = None
    counts = range(1, min(method.max_generators, r * r) + 1) if method.generators == "auto" else [method.generators]
    for k in counts:
        found = smallest(
            form,
            k,
            r,
            sparsity=method.sparsity,
            steps=steps,
            starts=method.starts,
            seed=seed,
            closure_power=closure_power,
        )
        scanned.append((k, found))
        defects = relative_defects(found.generators, gradients[held], x[held])
        accepted = found.terms.algebra < method.closing and float(defects.max()) < method.bound
        if method.generators != "auto" or accepted:
            chosen = found
    best = chosen or scanned[0][1]
    scalars["loss"] = best.terms.total
    if sample.label_function is not None:
        from symbench.discovery.oracle_printed import smallest_printed_loss

        scalars["printed_loss"] = smallest_printed_loss(
            frame @ best.generators @ frame.T, sample.label_function, sample.x[rows], closure_power=closure_power
        )
    curve = np.array([[k, m.terms.invariance, m.terms.frame, m.terms.closure] for k, m in scanned])
    spent += sum(m.steps for _, m in scanned)
    if chosen is None:
        return Symmetry(nothing.generators, nothing.confidence, steps=spent, arrays={"losses": curve}, scalars=scalars)
    return Symmetry(
        generators=frame @ chosen.generators @ frame.T,
        confidence=np.full(len(chosen.generators), 0.5),  # the loss of a minimum says nothing about how sure
        steps=spent,
        arrays={"losses": curve, "structure_constants": chosen.structure_constants},
        scalars=scalars,
    )


def smallest(
    form: FloatArray,
    k: int,
    d: int,
    *,
    sparsity: float = 0.0,
    steps: int = 500,
    starts: int = 3,
    seed: int = 0,
    closure_power: Literal[1, 2] = 1,
) -> Minimum:
    """The lowest loss that random starts reach, for k matrices in d dimensions.

    form            (d², d²) the matrix A of mean[(∇φ·Wx)²] = vec(W)ᵀ A vec(W), row by row
    closure_power   1, or 2 for Σ tr(CᵢⱼCᵢⱼᵀ)²; either is smallest at the same structure constants
    """
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    found = [
        _descend(form, rng.standard_normal((k, d, d)) / np.sqrt(d), sparsity, steps, closure_power)
        for _ in range(starts)
    ]
    best = min(found, key=lambda minimum: minimum.terms.total)
    return Minimum(best.generators, best.structure_constants, best.terms, sum(m.steps for m in found))


def structure_constants(w: FloatArray) -> FloatArray:
    """a (k, k, k) that minimise ‖[Wᵢ, Wⱼ] − Σ aᵢⱼₖWₖ‖ for matrices (k, d, d)."""
    k = len(w)
    flat = w.reshape(k, -1)
    gram = flat @ flat.T
    gram[np.diag_indices(k)] += 1e-12 * np.trace(gram) / k
    projected = _commutators(w).reshape(k * k, -1) @ flat.T
    return np.asarray(np.linalg.solve(gram, projected.T).T.reshape(k, k, k))


def _descend(form: FloatArray, start: FloatArray, sparsity: float, steps: int, closure_power: Literal[1, 2]) -> Minimum:
    shape = start.shape

    def loss(flat: FloatArray) -> tuple[float, FloatArray]:
        terms, gradient = evaluate_loss(flat.reshape(shape), form, sparsity, closure_power=closure_power)
        return terms.total, gradient.ravel()

    result = minimize(
        loss,
        start.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": steps, "maxfun": 2 * steps, "maxcor": _MEMORY, "ftol": 1e-12, "gtol": 1e-7},
    )
    w = np.asarray(result.x).reshape(shape)
    terms = evaluate_loss(w, form, sparsity, closure_power=closure_power)[0]
    return Minimum(w, structure_constants(w), terms, int(result.nit))


def evaluate_loss(
    w: FloatArray,
    form: FloatArray,
    sparsity: float,
    structure: FloatArray | None = None,
    closure_power: Literal[1, 2] = 1,
) -> tuple[Terms, FloatArray]:
    """The terms of the loss at W (k, d, d), and its derivative; a is where the loss is smallest unless given.

    There the derivative with respect to a vanishes, so that a may be held fixed in that with respect to W.
    """
    k = len(w)
    flat = w.reshape(k, -1)
    pushed = flat @ form
    gram = flat @ flat.T
    excess = np.diag(gram) - 2
    across = gram - np.diag(np.diag(gram))
    a = structure_constants(w) if structure is None else structure
    outside = _commutators(w) - (a.reshape(k * k, k) @ flat).reshape(k, k, *w.shape[1:])
    squares = np.sum(outside**2, axis=(2, 3))  # tr(CᵢⱼCᵢⱼᵀ)
    if closure_power == 2:
        outside = 2 * squares[:, :, None, None] * outside  # the derivative with respect to C, as it is for power 1
        squares = squares**2
    magnitude = np.sqrt(flat**2 + _SMOOTHING)
    sums = magnitude.sum(axis=1, keepdims=True)
    terms = Terms(
        invariance=float(np.sum(pushed * flat)),
        frame=float(np.sum(excess**2) + np.sum(across**2) / 2),
        closure=float(np.sum(squares) / 2),  # every pair stands twice
        sparsity=sparsity * float(np.sum(sums**2) - np.sum(magnitude**2)) / 2,
    )
    transposed = w.transpose(0, 2, 1)
    turned = 2 * (outside @ transposed - transposed @ outside).sum(axis=1)
    gradient = (
        2 * pushed
        + (2 * across + np.diag(4 * excess)) @ flat
        + turned.reshape(k, -1)
        - a.reshape(k * k, k).T @ outside.reshape(k * k, -1)
        + sparsity * (sums - magnitude) * flat / magnitude
    )
    return terms, np.asarray(gradient.reshape(w.shape))


def _commutators(w: FloatArray) -> FloatArray:
    """[Wᵢ, Wⱼ] as (k, k, d, d)."""
    product = w[:, None] @ w[None]
    return np.asarray(product - product.swapaxes(0, 1))


def _learned_gradients(
    method: Oracle, x: FloatArray, label: FloatArray, held: npt.NDArray[np.bool_], seed: int, budget: float
) -> tuple[FloatArray, int, float]:
    """∇φ (N, P, d) at every event of a network fitted to those that are not held out, its steps and held-out loss."""
    inputs = torch.from_numpy(np.ascontiguousarray(x.reshape(len(x), -1)))
    y = torch.from_numpy(label)
    kept = torch.from_numpy(~held)
    start = new_network(inputs.shape[1], method.width, method.depth, torch.Generator().manual_seed(seed))
    steps = max(1, round(method.label_steps * budget))
    fit = fit_network(start, inputs[kept], y[kept], (inputs[~kept], y[~kept]), steps=steps)
    return fit.network.gradient(inputs).numpy().reshape(x.shape), fit.steps, fit.held_out_loss
