"""Bodies under gravity: the Kepler problem in two and three dimensions, and two and three bodies.

States are (q, p) of all bodies, with the centre of mass at rest at the origin; the gravitational constant times the
total mass is 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System
from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]

_SEMI_MAJOR = (0.8, 1.5)
_ECCENTRICITY = (0.1, 0.6)
_LARGEST_TILT = np.pi / 3
_MASSES = (1 / 3, 2 / 3)
_SOFTENING = 0.5
_LARGEST_ENERGY = -0.1  # below 0 not all three bodies can escape; one of them can


def kepler(dimension: int) -> System:
    """H = p²/2 − 1/|q| in 2 or 3 dimensions; states are (q, p).

    Semi-major axes are uniform in 0.8 to 1.5, eccentricities uniform in 0.1 to 0.6, mean anomalies and the directions
    of the pericentre uniform. In the plane the sense of rotation is random; conserved are the angular momentum and both
    components of the Laplace–Runge–Lenz vector A = p × L − q/|q|. In space orbital planes are tilted by up to 60°
    against the third axis; conserved are L and the first two components of A, since L · A = 0 determines the third, and
    |A|² = 1 + 2EL² the energy.
    """

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        q, p = _orbits(rng, n)
        if dimension == 2:
            sense = rng.choice([-1.0, 1.0], n)  # mirrored: y and p_y change sign
            q[:, 1] *= sense
            p[:, 1] *= sense
            return np.hstack([q, p])
        frame = _planes(rng, n)
        return np.hstack([np.einsum("nij,nj->ni", frame, q), np.einsum("nij,nj->ni", frame, p)])

    return System(_attracted, draw, _kepler_quantities(dimension))


def _attracted(x: FloatArray) -> FloatArray:
    q, p = np.hsplit(x, 2)
    return np.hstack([p, -q / (np.sum(q**2, axis=1, keepdims=True) ** 1.5)])


def _orbits(rng: np.random.Generator, n: int) -> tuple[FloatArray, FloatArray]:
    """Positions and velocities (n, 2) of ellipses with uniform mean anomaly and direction of the pericentre."""
    a, e = rng.uniform(*_SEMI_MAJOR, n), rng.uniform(*_ECCENTRICITY, n)
    mean, turn = rng.uniform(0, 2 * np.pi, (2, n))
    anomaly = mean.copy()
    for _ in range(50):  # Newton's method on Kepler's equation converges quadratically from any start at e ≤ 0.6
        anomaly -= (anomaly - e * np.sin(anomaly) - mean) / (1 - e * np.cos(anomaly))
    b = np.sqrt(1 - e**2)
    q = np.stack([a * (np.cos(anomaly) - e), a * b * np.sin(anomaly)], axis=1)
    rate = (a**-1.5 / (1 - e * np.cos(anomaly)))[:, None]
    p = rate * np.stack([-a * np.sin(anomaly), a * b * np.cos(anomaly)], axis=1)
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.stack([np.stack([c, -s], axis=1), np.stack([s, c], axis=1)], axis=1)
    return np.einsum("nij,nj->ni", rotation, q), np.einsum("nij,nj->ni", rotation, p)


def _planes(rng: np.random.Generator, n: int) -> FloatArray:
    """Frames (n, 3, 2) of orbital planes, uniform on the cap of tilts up to 60°."""
    cosine, node = rng.uniform(np.cos(_LARGEST_TILT), 1, n), rng.uniform(0, 2 * np.pi, n)
    sine, c, s = np.sqrt(1 - cosine**2), np.cos(node), np.sin(node)
    along = np.stack([c, s, np.zeros(n)], axis=1)
    across = np.stack([-s * cosine, c * cosine, sine], axis=1)
    return np.stack([along, across], axis=2)


def _kepler_quantities(d: int) -> ConservedQuantities:
    """L and the first two components of A = q p² − p (q·p) − q/|q|, of states (q, p) in d = 2 or 3 dimensions."""
    pairs = [(0, 1)] if d == 2 else [(1, 2), (2, 0), (0, 1)]

    def values(x: FloatArray) -> FloatArray:
        q, p = np.hsplit(x, 2)
        momentum = np.stack([q[:, i] * p[:, j] - q[:, j] * p[:, i] for i, j in pairs], axis=1)
        square, product = np.sum(p**2, axis=1, keepdims=True), np.sum(q * p, axis=1, keepdims=True)
        runge_lenz = q * square - p * product - q / np.linalg.norm(q, axis=1, keepdims=True)
        return np.hstack([momentum, runge_lenz[:, :2]])

    def gradients(x: FloatArray) -> FloatArray:
        q, p = np.hsplit(x, 2)
        out = np.zeros((len(x), len(pairs) + 2, 2 * d))
        for row, (i, j) in enumerate(pairs):
            out[:, row, i], out[:, row, j] = p[:, j], -p[:, i]
            out[:, row, d + j], out[:, row, d + i] = q[:, i], -q[:, j]
        r = np.linalg.norm(q, axis=1)[:, None, None]
        one = np.eye(d)
        square, product = np.sum(p**2, axis=1)[:, None, None], np.sum(q * p, axis=1)[:, None, None]
        qq, pp, qp = (np.einsum("ni,nj->nij", a, b) for a, b in ((q, q), (p, p), (q, p)))
        by_q = one * square - pp - one / r + qq / r**3
        by_p = 2 * qp - one * product - qp.transpose(0, 2, 1)
        out[:, len(pairs) :] = np.concatenate([by_q, by_p], axis=2)[:, :2]
        return out

    return ConservedQuantities(len(pairs) + 2, values, gradients)


def two_body() -> System:
    """Masses 1/3 and 2/3 in the plane, centre of mass at rest at the origin; state (q₁, q₂, p₁, p₂), 8 components.

    The relative motion is `kepler(2)`; conserved are its angular momentum per reduced mass and its
    Laplace–Runge–Lenz vector. Total momentum and centre of mass are 0 in all data, hence not counted as conserved
    quantities. (A moving centre of mass would be a clock: with it every function of the initial state is conserved,
    and the number of quantities has no meaning.)
    """
    m1, m2 = _MASSES
    one, zero = np.eye(2), np.zeros((2, 2))
    to_relative = np.block([[one, -one, zero, zero], [zero, zero, one / m1, -one / m2]])
    from_relative = np.block([[m2 * one, zero], [-m1 * one, zero], [zero, m1 * m2 * one], [zero, -m1 * m2 * one]])
    relative = kepler(2)

    def flow(x: FloatArray) -> FloatArray:
        q1, q2, p1, p2 = np.hsplit(x, 4)
        between = q1 - q2
        force = -m1 * m2 * between / np.sum(between**2, axis=1, keepdims=True) ** 1.5
        return np.hstack([p1 / m1, p2 / m2, force, -force])

    truth = ConservedQuantities(
        3,
        lambda x: relative.truth.values(x @ to_relative.T),
        lambda x: np.asarray(relative.truth.gradients(x @ to_relative.T) @ to_relative),
    )
    return System(flow, lambda rng, n: np.einsum("ni,ji->nj", relative.draw(rng, n), from_relative), truth)


def three_body() -> System:
    """Three masses 1/3 in the plane, centre of mass at rest at the origin; state (q₁, q₂, q₃, p₁, p₂, p₃).

    H = Σ pᵢ²/2m − Σ_{i<j} m²/√(|qᵢ − qⱼ|² + ½²): the potential is softened, so that the integrator resolves close
    encounters. Positions and velocities are drawn from normal distributions of standard deviations 1 and ½, and kept if
    the energy is below −0.1; conserved are energy and angular momentum.
    """
    m = 1 / 3
    first, second = np.array([0, 0, 1]), np.array([1, 2, 2])

    def parts(x: FloatArray) -> tuple[FloatArray, FloatArray]:
        q, p = np.hsplit(x, 2)
        return q.reshape(-1, 3, 2), p.reshape(-1, 3, 2)

    def potential(q: FloatArray) -> FloatArray:
        square = np.sum((q[:, first] - q[:, second]) ** 2, axis=2) + _SOFTENING**2
        return np.asarray(-np.sum(m * m / np.sqrt(square), axis=1))

    def slope(q: FloatArray) -> FloatArray:
        between = q[:, first] - q[:, second]
        pull = m * m * between / (np.sum(between**2, axis=2, keepdims=True) + _SOFTENING**2) ** 1.5
        out = np.zeros_like(q)
        for pair, (i, j) in enumerate(zip(first, second, strict=True)):
            out[:, i] += pull[:, pair]
            out[:, j] -= pull[:, pair]
        return out

    def flow(x: FloatArray) -> FloatArray:
        q, p = parts(x)
        return np.hstack([(p / m).reshape(-1, 6), -slope(q).reshape(-1, 6)])

    def values(x: FloatArray) -> FloatArray:
        q, p = parts(x)
        energy = np.sum(p**2, axis=(1, 2)) / (2 * m) + potential(q)
        return np.stack([energy, np.sum(q[..., 0] * p[..., 1] - q[..., 1] * p[..., 0], axis=1)], axis=1)

    def gradients(x: FloatArray) -> FloatArray:
        q, p = parts(x)
        energy = np.concatenate([slope(q), p / m], axis=1)
        turned_q, turned_p = (np.stack([a[..., 1], -a[..., 0]], axis=2) for a in (q, p))
        return np.stack([energy, np.concatenate([turned_p, -turned_q], axis=1)], axis=1).reshape(-1, 2, 12)

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        kept: list[FloatArray] = []
        while sum(map(len, kept)) < n:
            q, v = rng.standard_normal((2, n, 3, 2)) * np.array([1.0, 0.5])[:, None, None, None]
            q, v = q - q.mean(axis=1, keepdims=True), v - v.mean(axis=1, keepdims=True)
            energy = np.sum(v**2, axis=(1, 2)) * m / 2 + potential(q)
            kept.append(np.hstack([q.reshape(n, 6), m * v.reshape(n, 6)])[energy < _LARGEST_ENERGY])
        return np.concatenate(kept)[:n]

    return System(flow, draw, ConservedQuantities(2, values, gradients))
