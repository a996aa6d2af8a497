"""The gradient of a label that claims are measured with: of its formula, or of two networks of the benchmark's own.

The networks are fitted to one half of the events each. Their errors are independent, so that the mean ḡ of both
gradients has the part E[(g·Lx)²] that is due to the label and a part due to noise, and half the difference of both has
the noise part alone:

    E[(ḡ·Lx)²] = E[(g·Lx)²] + N,    N = E[((g₁ − g₂)·Lx)²]/4.

A symmetry shows a defect of about √N, its floor, and not 0. An error that both networks share, such as a label that is
too rough for them, is not in N; R², of each half by the network fitted to the other, measures both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from symbench.algebra.label_spread import whitening
from symbench.discovery.shared.smooth_fit import fit_network, new_network
from symbench.metrics.label import LabelFunction, label_gradient

FloatArray = npt.NDArray[np.float64]

_SEED = 0x5EED  # the reference fit is the same for every method and seed
_WIDTH, _DEPTH, _STEPS = 128, 2, 60
_HELD_OUT = 5  # every fifth event of a half chooses the step of the fit
_FEWEST = 4 * _HELD_OUT
_DEVIATIONS = 2.0  # standard errors of R² above 0 from which a label counts as learnt
_NOISE = 0.5  # share of the noise in ‖ḡ‖² up to which a gradient is usable: as much noise as gradient


@dataclass(frozen=True)
class Reference:
    """Gradients ∇_p f (n, P, d) of a label at events x (n, P, d).

    gradient   of the formula, or ḡ
    noise      (g₁ − g₂)/2, 0 for a formula
    r2         R² on events that a network was not fitted to, and its standard error; None for a formula
    """

    x: FloatArray
    gradient: FloatArray
    noise: FloatArray
    r2: tuple[float, float] | None = None

    @property
    def noise_share(self) -> float:
        """The share of the noise in the mean square of the gradient, in whitened coordinates: 1 if it is noise only."""
        spread = whitening(self.x).spread
        whole = float(np.sum((self.gradient @ spread) ** 2))
        return float(np.sum((self.noise @ spread) ** 2)) / whole if whole > 0 else 1.0

    @property
    def source(self) -> str:
        """Where the gradient comes from, for a reader."""
        if self.r2 is None:
            return "exact label"
        return "two networks fitted to half of the test events each"

    def shortcoming(self) -> str | None:
        """Why the gradient says nothing about symmetries; None if it does.

        It does if R² is above 0 by two standard errors, and if less than half of the gradient's mean square is noise.
        """
        if self.r2 is None:
            return None
        value, error = self.r2
        if not value > _DEVIATIONS * error:
            return f"the reference networks did not learn the label: R² = {value:.2f} ± {error:.2f} on held-out events"
        share = self.noise_share
        if share >= _NOISE:
            return f"the gradients of the two reference networks differ: {share:.0%} of their mean square is noise"
        return None


def reference(
    label_function: LabelFunction | None, x: FloatArray, label: FloatArray | npt.NDArray[np.int64], *, most: int
) -> Reference:
    """The reference of a label at events x (N, P, d): exact if there is a formula, else fitted to the first `most`."""
    if label_function is not None:
        gradient = label_gradient(label_function, x)
        return Reference(x, gradient, np.zeros_like(gradient))
    return fitted_reference(x[:most], label[:most].astype(np.float64))


def fitted_reference(x: FloatArray, label: FloatArray) -> Reference:
    """Two networks fitted to half of the events x (n, P, d) each; the cost grows with the cube of their number.

    Too few events and a constant label teach nothing: R² is then 0.
    """
    n = len(x)
    spread = float(label.std())
    white = whitening(x)
    size = math.sqrt(white.size)
    if n < _FEWEST or spread == 0 or size == 0:
        return Reference(x, np.zeros_like(x), np.zeros_like(x), (0.0, 0.0))
    inputs = torch.from_numpy(np.ascontiguousarray(white.coordinates(x).reshape(n, -1) / size))
    y = torch.from_numpy((label - label.mean()) / spread)
    half = torch.from_numpy(np.random.Generator(np.random.PCG64(_SEED)).permutation(n) % 2)
    generator = torch.Generator().manual_seed(_SEED)
    gradients, errors = [], np.empty(n)
    for own in (0, 1):
        events, others = torch.nonzero(half == own)[:, 0], torch.nonzero(half != own)[:, 0]
        held = torch.arange(len(events)) % _HELD_OUT == 0
        start = new_network(inputs.shape[1], _WIDTH, _DEPTH, generator)
        chosen = (inputs[events[held]], y[events[held]])
        fit = fit_network(start, inputs[events[~held]], y[events[~held]], chosen, steps=_STEPS)
        errors[others.numpy()] = (y[others] - fit.network(inputs[others])).square().numpy()
        in_white = fit.network.gradient(inputs).numpy().reshape(n, x.shape[1], -1) * (spread / size)
        gradients.append(in_white @ white.whiten)
    first, second = gradients
    return Reference(x, (first + second) / 2, (first - second) / 2, _r_squared(errors, y.square().numpy()))


def _r_squared(errors: FloatArray, squares: FloatArray) -> tuple[float, float]:
    """1 − mean(errors)/mean(squares) and its standard error, from those of single events."""
    ratio = float(errors.mean() / squares.mean())
    scatter = float((errors - ratio * squares).std(ddof=1)) / math.sqrt(len(errors))
    return 1 - ratio, scatter / float(squares.mean())
