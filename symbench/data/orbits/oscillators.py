"""Oscillators and pendulums: harmonic oscillators, the pendulum with and without friction, and the double pendulum.

States are (q, p); masses, lengths and the gravitational acceleration are 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from symbench.data.orbits.integrate import System, nothing, quadratic
from symbench.data.samples import ConservedQuantities

FloatArray = npt.NDArray[np.float64]

_AMPLITUDE = (0.5, 1.5)
_SWING = (0.3, 2.5)  # largest angle of a pendulum, radians


def harmonic(frequencies: Sequence[float]) -> System:
    """H = Σ ½ (pᵢ² + ωᵢ² qᵢ²); amplitudes uniform in 0.5 to 1.5, phases uniform.

    Conserved quantities: the energy for one frequency; for two frequencies of 1, S₁ = E₁ − E₂, S₂ = q₁q₂ + p₁p₂ and
    S₃ = q₁p₂ − q₂p₁, which form su(2) under Poisson brackets and satisfy E² = S₁² + S₂² + S₃²; for two incommensurate
    frequencies both energies, since an orbit fills a torus.
    """
    omega = np.asarray(frequencies)
    d = len(omega)
    energies = np.zeros((d, 2 * d, 2 * d))
    for i in range(d):
        energies[i, i, i], energies[i, d + i, d + i] = omega[i] ** 2, 1.0

    def flow(x: FloatArray) -> FloatArray:
        return np.hstack([x[:, d:], -(omega**2) * x[:, :d]])

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        amplitude, phase = rng.uniform(*_AMPLITUDE, (n, d)), rng.uniform(0, 2 * np.pi, (n, d))
        return np.hstack([amplitude * np.cos(phase), -omega * amplitude * np.sin(phase)])

    matrices = energies
    if d == 2 and omega[0] == omega[1] == 1:
        across, turn = np.zeros((2, 4, 4))
        for i, j in ((0, 1), (1, 0), (2, 3), (3, 2)):
            across[i, j] = 1.0
        for i, j, sign in ((0, 3, 1.0), (3, 0, 1.0), (1, 2, -1.0), (2, 1, -1.0)):
            turn[i, j] = sign
        matrices = np.stack([energies[0] - energies[1], across, turn])
    return System(flow, draw, quadratic(matrices))


def _swinging(rng: np.random.Generator, n: int) -> FloatArray:
    """States (θ, p) of librations, from their largest angle and a phase ψ: sin(θ/2) = k sin ψ, p = 2k cos ψ."""
    k, phase = np.sin(rng.uniform(*_SWING, n) / 2), rng.uniform(0, 2 * np.pi, n)
    return np.stack([2 * np.arcsin(k * np.sin(phase)), 2 * k * np.cos(phase)], axis=1)


def pendulum(damping: float = 0.0) -> System:
    """H = p²/2 − cos θ, largest angles of 0.3 to 2.5 rad; with damping γ, ṗ = −sin θ − γ p, nothing is conserved.

    (Away from the state of rest a damped orbit does have an invariant, the phase of its spiral in log-polar
    coordinates. It has no continuous limit at rest, which orbits approach if e^(−γt/2) ≪ 1.)
    """

    def flow(x: FloatArray) -> FloatArray:
        theta, p = x.T
        return np.stack([p, -np.sin(theta) - damping * p], axis=1)

    energy = ConservedQuantities(
        1,
        lambda x: np.asarray(x[:, 1:] ** 2 / 2 - np.cos(x[:, :1])),
        lambda x: np.asarray(np.stack([np.sin(x[:, 0]), x[:, 1]], axis=1)[:, None]),
    )
    return System(flow, _swinging, energy if damping == 0 else nothing(2))


def _potential(theta: FloatArray) -> FloatArray:
    """Potential energy of the double pendulum at angles (…, 2); 0 at rest."""
    return np.asarray(3 - 2 * np.cos(theta[..., 0]) - np.cos(theta[..., 1]))


def _double_energy(x: FloatArray) -> FloatArray:
    p1, p2 = x[:, 2], x[:, 3]
    delta = x[:, 0] - x[:, 1]
    kinetic = (p1**2 + 2 * p2**2 - 2 * p1 * p2 * np.cos(delta)) / (2 * (1 + np.sin(delta) ** 2))
    return np.asarray(kinetic + _potential(x[:, :2]))


def _double_gradient(x: FloatArray) -> FloatArray:
    theta1, theta2, p1, p2 = x.T
    c, s = np.cos(theta1 - theta2), np.sin(theta1 - theta2)
    w = 1 + s**2
    along = (p1 * p2 * s) / w - (p1**2 + 2 * p2**2 - 2 * p1 * p2 * c) * s * c / w**2  # ∂K/∂(θ₁ − θ₂)
    return np.stack(
        [2 * np.sin(theta1) + along, np.sin(theta2) - along, (p1 - p2 * c) / w, (2 * p2 - p1 * c) / w], axis=1
    )


def double_pendulum(energy: tuple[float, float]) -> System:
    """Two rods of length 1 with masses 1 at their ends; state (θ₁, θ₂, p₁, p₂), angles wrapped.

    H = (p₁² + 2p₂² − 2p₁p₂ cos Δ) / (2(1 + sin²Δ)) − 2 cos θ₁ − cos θ₂, Δ = θ₁ − θ₂. The energy above the state of rest
    is uniform in the range `energy`, the angles are uniform among those with a lower potential energy, and the
    direction of the momenta is uniform.
    """

    def flow(x: FloatArray) -> FloatArray:
        gradient = _double_gradient(x)
        return np.hstack([gradient[:, 2:], -gradient[:, :2]])

    def draw(rng: np.random.Generator, n: int) -> FloatArray:
        wanted = rng.uniform(*energy, n)
        reach = np.where(wanted < 2, np.arccos(np.clip(1 - wanted / 2, -1, 1)), np.pi)  # of θ₁; θ₂ reaches further
        further = np.where(wanted < 2, np.arccos(np.clip(1 - wanted, -1, 1)), np.pi)
        theta = np.zeros((n, 2))
        pending = np.arange(n)
        while len(pending):
            drawn = rng.uniform(-1, 1, (len(pending), 2)) * np.stack([reach[pending], further[pending]], axis=1)
            theta[pending] = drawn
            pending = pending[_potential(drawn) > wanted[pending]]
        direction = rng.uniform(0, 2 * np.pi, n)
        x = np.hstack([theta, np.stack([np.cos(direction), np.sin(direction)], axis=1)])
        kinetic = _double_energy(x) - _potential(theta)
        x[:, 2:] *= np.sqrt((wanted - _potential(theta)) / kinetic)[:, None]
        return x

    conserved = ConservedQuantities(1, lambda x: _double_energy(x)[:, None], lambda x: _double_gradient(x)[:, None])
    return System(flow, draw, conserved, angles=(0, 1))
