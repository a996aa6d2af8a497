"""The label spread of a generator: how many standard deviations it moves a label, per displacement of the data's size.

σ_L² = (E[(Σ_p ∇_p f · L x_p)²] / Var f) / (E[Σ_p ‖L x_p‖²_W] / E[Σ_p ‖x_p − E x‖²_W]), with ‖v‖²_W = vᵀ S⁺ v and S the
covariance of a vector over events and p. It is 0 for a symmetry and of order 1 for a direction that has nothing to do
with the label: 1 for the mean direction of a linear label, 2 for a traceless strain of ‖x‖² of normal vectors.

The relative defect δ of `defects` compares the change of the label with the largest change that a displacement of the
same length can make. If a label varies little although its gradient is long, as the mass of a narrow resonance does, δ
is small for every generator. σ_L compares with the variation of the label itself. It is a ratio of quadratic forms in
L, and no invertible linear change of the coordinates (frame, units, basis) alters it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

CENTRAL = 0.8
"""Share of the events that form the domain in which a claim is tested."""

_AT_ONCE = 65_536  # vectors or events that are transformed at once

_SUPPORT = 1e-7
"""Singular values below this share of the largest carry no data: 3e-8 is the rounding of columns in float32."""


@dataclass(frozen=True)
class Whitening:
    """The metric W = S⁺ of displacements, from the covariance S of vectors over events and p.

    mean       (d,) E x
    spread     F (d, r), S = F Fᵀ: its columns are displacements of one standard deviation, along axes that the data
               choose: those of the largest fourth moments, in the direction of positive third moments
    whiten     F⁺ (r, d): ‖v‖_W = ‖F⁺ v‖
    vectors    P: E Σ_p ‖x_p − E x‖²_W = P r
    """

    mean: FloatArray
    spread: FloatArray
    whiten: FloatArray
    vectors: int

    @property
    def metric(self) -> FloatArray:
        """W (d, d)."""
        return np.asarray(self.whiten.T @ self.whiten)

    @property
    def size(self) -> float:
        """E Σ_p ‖x_p − E x‖²_W, the square of the size of the data: P r."""
        return float(self.vectors * self.spread.shape[1])

    def coordinates(self, x: FloatArray) -> FloatArray:
        """Whitened coordinates (…, r) of vectors (…, d): mean 0 and covariance 1."""
        return np.asarray((x - self.mean) @ self.whiten.T)


def whitening(x: FloatArray) -> Whitening:
    """The whitening of events x (N, P, d), on the support of their covariance.

    Columns are brought to one scale first and the singular values are those of the data, not of their square, so that
    units of 1 : 1000 or a frame of high rapidity lose no direction. The whitened coordinates of events are the same
    numbers in every frame, to rounding: what is fitted in them does not depend on the frame.
    """
    _, vectors, d = x.shape
    mean = x.mean(axis=(0, 1))
    rows = x.reshape(-1, d)
    spread, whiten = _factor(rows, mean)
    axes = _own_axes(rows, mean, whiten)
    return Whitening(mean, spread @ axes, axes.T @ whiten, vectors)


def central_events(x: FloatArray) -> npt.NDArray[np.bool_]:
    """The domain of a claim (N,): the 80 % of events nearest to the mean, by Σ_p ‖x_p − E x‖²_W.

    At the edges of a sample the gradient of a fit is extrapolated, and squares of its errors there outweigh all others.
    All events if the central ones lie in a smaller subspace.
    """
    white = whitening(x)
    distance = np.concatenate([np.sum(white.coordinates(part) ** 2, axis=(1, 2)) for part in _parts(x)])
    central = np.asarray(distance <= np.quantile(distance, CENTRAL))
    return central if whitening(x[central]).spread.shape == white.spread.shape else np.ones(len(x), dtype=np.bool_)


def moment_frame(x: FloatArray) -> tuple[FloatArray, FloatArray]:
    """F (d, s) and F⁺ (s, d) with F Fᵀ = E[x xᵀ], the second moment of vectors x (N, P, d) about 0, on its support.

    In the coordinates F⁺ x a generator is F⁺ L F, which does not depend on frame or units, up to a rotation.
    """
    return _factor(x.reshape(-1, x.shape[2]))


def _parts(rows: FloatArray) -> list[FloatArray]:
    """Views of consecutive rows (or events), so that temporary arrays of large samples stay small."""
    return [rows[start : start + _AT_ONCE] for start in range(0, max(len(rows), 1), _AT_ONCE)]


def _factor(rows: FloatArray, origin: FloatArray | float = 0.0) -> tuple[FloatArray, FloatArray]:
    """F (d, r) with F Fᵀ = the mean of r rᵀ over rows (n, d) about an origin, and F⁺ (r, d)."""
    parts = _parts(rows)
    if len(parts) == 1:
        scale = np.sqrt(np.mean((rows - origin) ** 2, axis=0))
    else:
        scale = np.sqrt(sum(np.sum((part - origin) ** 2, axis=0) for part in parts) / len(rows))
    scale = np.where(scale > 0, scale, 1.0)
    triangle = parts[0][:0]
    if len(parts) == 1:
        triangle = (rows - origin) / scale
    else:  # the triangular factor of all rows, from that of each part: its singular values are those of the rows
        for part in parts:
            triangle = np.asarray(np.linalg.qr(np.concatenate([triangle, (part - origin) / scale]), mode="r"))
    _, values, right = np.linalg.svd(triangle, full_matrices=False)
    kept = values > _SUPPORT * values[0] if len(values) and values[0] > 0 else np.zeros(len(values), dtype=bool)
    length = values[kept] / np.sqrt(len(rows))
    factor = np.asarray((right[kept].T * length) * scale[:, None])
    if kept.all():
        return factor, np.asarray(right / length[:, None] / scale)
    return factor, np.asarray(np.linalg.pinv(factor, rcond=_SUPPORT**2))


def _own_axes(rows: FloatArray, origin: FloatArray, whiten: FloatArray) -> FloatArray:
    """A rotation (r, r), axes as columns, that follows whitened vectors z (n, r) of rows (n, d) if these are rotated.

    The axes diagonalise E[‖z‖² z zᵀ] (J.-F. Cardoso, Source separation using higher order moments, ICASSP 1989).
    """
    r = len(whiten)
    fourth, third = np.zeros((r, r)), np.zeros(r)
    for part in _parts(rows):
        z = (part - origin) @ whiten.T
        fourth += (z * np.sum(z**2, axis=1, keepdims=True)).T @ z
    _, axes = np.linalg.eigh(fourth)
    for part in _parts(rows):
        third += np.sum(((part - origin) @ whiten.T @ axes) ** 3, axis=0)
    return np.asarray(axes * np.where(third < 0, -1.0, 1.0))


def label_spread_forms(
    gradients: FloatArray,
    x: FloatArray,
    variance: float,
    *,
    white: Whitening | None = None,
    functions: FloatArray | None = None,
    weights: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """A and B with σ_L² = vec(L)ᵀ A vec(L) / vec(L)ᵀ B vec(L), vec row by row, as `defects.defect_spectrum` takes them.

    gradients   ∇_p f (N, P, d)
    x           (N, P, d)
    variance    Var f over the events of the claim
    white       of these events by default; pass that of a larger sample for a part of it, such as a fold
    functions   m functions of the vectors (N, P, m) in place of x: L is then (d, m), the field x ↦ L Θ(x)
    weights     (N,) of the events with mean 1, 1 by default

    B is positive definite only if the data have full support; otherwise pass the forms in coordinates of the support.
    """
    white = whitening(x) if white is None else white
    values = x if functions is None else functions
    n, _, d = gradients.shape
    w = np.ones(n) if weights is None else weights
    rows = np.einsum("npi,npj->nij", gradients, values).reshape(n, d * values.shape[2])
    change = (rows * w[:, None]).T @ rows / (n * variance)
    moment = np.einsum("n,npi,npj->ij", w, values, values) / n
    return np.asarray(change), np.kron(white.metric, moment) / white.size


def label_spread_spectrum(gradients: FloatArray, x: FloatArray, variance: float) -> tuple[FloatArray, FloatArray]:
    """Stationary σ, rising, and their generators (r·s, d, d), from exact or fitted gradients (N, P, d) at x (N, P, d).

    r and s are the dimensions of the support of the covariance and of the second moment: generators that do not move
    the data within their support, or annihilate them, are not among them. Each has a `data_displacement` of 1.
    The computation is in whitened coordinates, so that rounding is that of the data and not of their squares.
    """
    n = len(x)
    white = whitening(x)
    _, into = moment_frame(x)
    r, s = white.spread.shape[1], len(into)
    rows = np.einsum("npi,npj->nij", gradients @ white.spread, x @ into.T).reshape(n, r * s)
    # E Σ_p over the s whitened components is P, and the size of the data P r: a unit matrix has displacement 1/√r.
    square = np.linalg.qr(rows * np.sqrt(r / (n * variance)), mode="r")
    _, values, right = np.linalg.svd(square, full_matrices=True)
    sigma = np.concatenate([values, np.zeros(r * s - len(values))])[::-1]
    inside = right[::-1].reshape(r * s, r, s) * np.sqrt(r)
    return np.asarray(sigma), np.asarray(white.spread @ inside @ into)


def label_spreads(
    generators: FloatArray, gradients: FloatArray, x: FloatArray, variance: float, *, white: Whitening | None = None
) -> FloatArray:
    """σ of each generator (k, d, d) on events x (N, P, d) with label gradients (N, P, d): shape (k,).

    Infinite for a generator that does not move the data within their support: nothing is known of it.
    """
    values = np.einsum("kij,npj->knpi", generators, x)
    return field_label_spreads(values, gradients, x, variance, white=white)


def field_label_spreads(
    values: FloatArray, gradients: FloatArray, x: FloatArray, variance: float, *, white: Whitening | None = None
) -> FloatArray:
    """σ of vector fields with values (k, N, P, d) at events x (N, P, d), as `label_spreads`: shape (k,)."""
    white = whitening(x) if white is None else white
    change = np.mean(np.einsum("npd,knpd->kn", gradients, values) ** 2, axis=1)
    length = np.mean(np.sum((values @ white.whiten.T) ** 2, axis=(2, 3)), axis=1)
    return ratio_of_spreads(change / variance, length / max(white.size, 1.0))


def ratio_of_spreads(change: FloatArray, length: FloatArray) -> FloatArray:
    """√(change/length), infinite where the length vanishes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(length > 0, change / length, np.inf)
    return np.asarray(np.sqrt(np.maximum(ratio, 0.0)))


def data_displacement(generators: FloatArray, x: FloatArray, *, white: Whitening | None = None) -> FloatArray:
    """√(E Σ_p ‖L x_p‖²_W / E Σ_p ‖x_p − E x‖²_W) of each generator (k, d, d): its length in units of the data's size.

    Divided by it, a generator has a parameter t that counts displacements of the data's own spread, in every frame.
    """
    white = whitening(x) if white is None else white
    total = np.zeros(len(generators))
    parts = _parts(x)
    for part in parts:
        values = np.einsum("kij,npj->knpi", generators, part) @ white.whiten.T
        total += np.mean(np.sum(values**2, axis=(2, 3)), axis=1) * (len(part) / len(x))
    return np.asarray(np.sqrt(total / max(white.size, 1.0)))


def in_frame_of(x: FloatArray, generators: FloatArray) -> FloatArray:
    """Generators (k, s, s) as they act on vectors in units of the second moment of events x: the same in every frame.

    What annihilates the data, or leaves their span, is dropped. Names and closure residuals refer to this form.
    """
    frame, into = moment_frame(x)
    return np.asarray(into @ generators @ frame)
