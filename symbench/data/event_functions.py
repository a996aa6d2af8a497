"""Functions of whole events with their exact gradients: polynomials of first or second degree, and those of toys.

An event (P, d) is flattened to a state (P d,), as `ConservedQuantities` takes it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]


def pair_forms(forms: FloatArray, parts: int) -> ConservedQuantities:
    """F(x) = Σ_{p<q} x_pᵀ J x_q of forms J (k, d, d), symmetric or not, for events of P = `parts` vectors."""
    k, d, _ = forms.shape

    def values(states: FloatArray) -> FloatArray:
        x = states.reshape(len(states), parts, d)
        total = np.zeros((len(x), k))
        for p in range(parts):
            for q in range(p + 1, parts):
                total += np.einsum("ni,kij,nj->nk", x[:, p], forms, x[:, q], optimize=True)
        return total

    def gradients(states: FloatArray) -> FloatArray:
        x = states.reshape(len(states), parts, d)
        out = np.zeros((len(x), k, parts, d))
        for p in range(parts):
            later, earlier = x[:, p + 1 :].sum(axis=1), x[:, :p].sum(axis=1)
            out[:, :, p] = np.einsum("kij,nj->nki", forms, later) + np.einsum("kji,nj->nki", forms, earlier)
        return out.reshape(len(x), k, parts * d)

    return ConservedQuantities(k, values, gradients)


def linear_functions(coefficients: FloatArray) -> ConservedQuantities:
    """F(x) = c · x of coefficients c (k, P d)."""
    return ConservedQuantities(
        len(coefficients),
        lambda states: np.asarray(states @ coefficients.T),
        lambda states: np.broadcast_to(coefficients, (len(states), *coefficients.shape)).copy(),
    )


def saturating_product(d: int) -> ConservedQuantities:
    """F(u, v) = u·v / (1 + |u|²|v|²) of two vectors of d components."""

    def parts(states: FloatArray) -> tuple[FloatArray, ...]:
        u, v = states[:, :d], states[:, d:]
        uu, vv = (np.sum(w**2, axis=1, keepdims=True) for w in (u, v))
        return u, v, uu, vv, np.sum(u * v, axis=1, keepdims=True), 1 + uu * vv

    def values(states: FloatArray) -> FloatArray:
        *_, product, below = parts(states)
        return product / below

    def gradients(states: FloatArray) -> FloatArray:
        u, v, uu, vv, product, below = parts(states)
        of_u, of_v = v / below - 2 * product * vv * u / below**2, u / below - 2 * product * uu * v / below**2
        return np.concatenate([of_u, of_v], axis=1)[:, None]

    return ConservedQuantities(1, values, gradients)


def cosine_between() -> ConservedQuantities:
    """cos θ cos θ′ + sin θ sin θ′ cos(φ − φ′) of two directions (θ, φ)."""

    def values(states: FloatArray) -> FloatArray:
        a, f, b, g = states.T
        return np.asarray(np.cos(a) * np.cos(b) + np.sin(a) * np.sin(b) * np.cos(f - g))[:, None]

    def gradients(states: FloatArray) -> FloatArray:
        a, f, b, g = states.T
        near, turn = np.cos(f - g), np.sin(a) * np.sin(b) * np.sin(f - g)
        of_a = -np.sin(a) * np.cos(b) + np.cos(a) * np.sin(b) * near
        of_b = -np.cos(a) * np.sin(b) + np.sin(a) * np.cos(b) * near
        return np.stack([of_a, -turn, of_b, turn], axis=1)[:, None]

    return ConservedQuantities(1, values, gradients)


def of_momenta(functions: ConservedQuantities, parts: int, mass: float) -> ConservedQuantities:
    """Functions of P = `parts` four-momenta (E, px, py, pz) as functions of (pT, η, φ), for particles of one mass."""

    def momenta(states: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Four-momenta (N, P, 4), and their derivatives (N, P, 4, 3)."""
        pt, eta, phi = np.moveaxis(states.reshape(len(states), parts, 3), 2, 0)
        sinh, cosh, sin, cos, zero = np.sinh(eta), np.cosh(eta), np.sin(phi), np.cos(phi), np.zeros_like(pt)
        energy = np.sqrt((pt * cosh) ** 2 + mass**2)
        rows = (
            (pt * cosh**2 / energy, pt**2 * cosh * sinh / energy, zero),
            (cos, zero, -pt * sin),
            (sin, zero, pt * cos),
            (sinh, pt * cosh, zero),
        )
        p = np.stack([energy, pt * cos, pt * sin, pt * sinh], axis=2)
        return p, np.stack([np.stack(row, axis=2) for row in rows], axis=2)

    def values(states: FloatArray) -> FloatArray:
        return functions.values(momenta(states)[0].reshape(len(states), -1))

    def gradients(states: FloatArray) -> FloatArray:
        p, derivatives = momenta(states)
        outer = functions.gradients(p.reshape(len(p), -1)).reshape(len(p), functions.count, parts, 4)
        inner = np.einsum("nkpi,npij->nkpj", outer, derivatives)
        return np.asarray(inner.reshape(len(p), functions.count, 3 * parts))

    return ConservedQuantities(functions.count, values, gradients)
