"""Trajectories of dynamical systems: the integrator for all systems, noise, and velocities estimated from states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from symbench.data.samples import ConservedQuantities
from symbench.errors import DataError

FloatArray = npt.NDArray[np.float64]

STAGES = 6
_ROUNDING = 8 * np.finfo(np.float64).eps
_MAX_ITERATIONS = 60
_WINDOW, _DEGREE = 7, 4


@dataclass(frozen=True)
class System:
    """An equation of motion dx/dt = flow(x), the distribution of initial states, and the conserved quantities.

    flow        states (M, D) → velocities (M, D)
    draw        a random generator and N → initial states (N, D)
    truth       functionally independent quantities, smooth and single-valued on the range of the initial states
    angles      indices of coordinates with period 2π, wrapped into (−π, π] in the data
    """

    flow: Callable[[FloatArray], FloatArray]
    draw: Callable[[np.random.Generator, int], FloatArray]
    truth: ConservedQuantities
    angles: tuple[int, ...] = ()


def trajectories(
    system: System, n: int, *, steps: int, dt: float, substeps: int, noise: float, seed: int
) -> tuple[FloatArray, FloatArray]:
    """States and velocities, (n, steps, D) each, of n orbits.

    noise is in standard deviations of each coordinate over all states, and independent for each state. Without noise
    velocities are exact; with noise they are estimated from the noisy states by `smoothing_derivative`.
    Raises DataError if the integration fails.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    states = integrate(system.flow, system.draw(rng, n), steps=steps, dt=dt, substeps=substeps)
    if noise > 0:
        spread = states.std(axis=(0, 1))
        states = states + noise * spread * rng.standard_normal(states.shape)
        velocity = smoothing_derivative(states, dt)
    else:
        velocity = system.flow(states.reshape(-1, states.shape[2])).reshape(states.shape)
    for angle in system.angles:
        states[..., angle] = np.pi - (np.pi - states[..., angle]) % (2 * np.pi)
    return states, velocity


def integrate(
    flow: Callable[[FloatArray], FloatArray], start: FloatArray, *, steps: int, dt: float, substeps: int
) -> FloatArray:
    """Gauss–Legendre collocation of order 12: states (N, steps, D) at times 0, dt, … from start (N, D).

    The method is symplectic and conserves quadratic quantities up to rounding. A step of dt / substeps is solved by
    fixed-point iteration, started from an extrapolation of the previous step. All orbits advance together; sums have a
    fixed order, so that the result is the same to the bit for any number of threads.

    Raises DataError if the iteration does not converge (too long a step) or a state is not finite.
    Hairer, Lubich, Wanner, Geometric Numerical Integration, sections II.1.3 and VIII.6.
    """
    a, b, ahead = _tableau(STAGES)
    h = dt / substeps
    x = np.array(start, dtype=np.float64)
    n, dimension = x.shape
    out = np.empty((n, steps, dimension))
    out[:, 0] = x
    slopes = np.broadcast_to(flow(x), (STAGES, n, dimension))
    for step in range(1, steps):
        for _ in range(substeps):
            with np.errstate(over="ignore", invalid="ignore"):  # a diverging iteration raises a DataError instead
                slopes = _stages(flow, x, np.einsum("ij,jnd->ind", ahead, slopes), h * a)
            x = x + h * np.einsum("j,jnd->nd", b, slopes)
        out[:, step] = x
    return out


def _stages(flow: Callable[[FloatArray], FloatArray], x: FloatArray, slopes: FloatArray, ha: FloatArray) -> FloatArray:
    """Solve kᵢ = flow(x + Σⱼ h aᵢⱼ kⱼ) for k (stages, N, D), starting from `slopes`."""
    size = np.abs(x).max(initial=1.0)
    h = float(ha.sum(axis=1).max())
    before = np.inf
    for _ in range(_MAX_ITERATIONS):
        new = flow((x + np.einsum("ij,jnd->ind", ha, slopes)).reshape(-1, x.shape[1])).reshape(slopes.shape)
        change = h * float(np.abs(new - slopes).max())
        slopes = new
        if change <= _ROUNDING * size or (change >= before and change <= 1e3 * _ROUNDING * size):
            return slopes
        if not np.isfinite(change):
            break
        before = change
    raise DataError(f"the integration does not converge in steps of {h:.3g}: use a shorter time step")


def _tableau(stages: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Coefficients a, b of Gauss–Legendre collocation, and the matrix that extrapolates slopes to the next step."""
    nodes, weights = np.polynomial.legendre.leggauss(stages)
    c, b = (1 + nodes) / 2, weights / 2
    powers = np.arange(stages)
    inverse = np.linalg.inv(c[:, None] ** powers)
    a = (c[:, None] ** (powers + 1) / (powers + 1)) @ inverse
    return a, b, (1 + c[:, None]) ** powers @ inverse


def smoothing_derivative(states: FloatArray, dt: float) -> FloatArray:
    """Velocities (N, T, D) of noisy states: the slope of a quartic fitted to the seven nearest states.

    Savitzky and Golay, Anal. Chem. 36 (1964) 1627; at both ends the first and last seven are used.
    """
    from scipy.signal import savgol_filter

    return np.asarray(savgol_filter(states, _WINDOW, _DEGREE, deriv=1, delta=dt, axis=1, mode="interp"))


def nothing(dimension: int) -> ConservedQuantities:
    """No conserved quantity: the truth of a control."""
    return ConservedQuantities(0, lambda x: np.zeros((len(x), 0)), lambda x: np.zeros((len(x), 0, dimension)))


def quadratic(matrices: FloatArray) -> ConservedQuantities:
    """½ xᵀ Q x for each symmetric Q of (k, D, D)."""
    return ConservedQuantities(
        len(matrices),
        lambda x: np.asarray(0.5 * np.einsum("mi,kij,mj->mk", x, matrices, x)),
        lambda x: np.asarray(np.einsum("kij,mj->mki", matrices, x)),
    )
