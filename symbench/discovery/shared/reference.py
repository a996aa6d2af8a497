"""The gradient of a label from a network that is independent of every method: what claims are judged by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.shared.smooth_fit import fit_network, new_network

FloatArray = npt.NDArray[np.float64]

_SEED = 0x5EED  # the reference fit is the same for every method and seed
_WIDTH, _DEPTH, _STEPS = 128, 2, 60
_HELD_OUT = 5  # every fifth event chooses the step of the fit


def fitted_gradient(x: FloatArray, label: FloatArray, *, most: int) -> tuple[FloatArray, FloatArray]:
    """∇f (n, P, d) of a smooth fit at the first `most` events x (N, P, d), and these events.

    The cost of the fit grows with the cube of their number.
    """
    x, label = x[:most], label[:most]
    size = float(np.sqrt(np.mean(x**2)))
    inputs = torch.from_numpy(np.ascontiguousarray(x.reshape(len(x), -1) / size))
    spread = float(label.std()) or 1.0
    y = torch.from_numpy((label - label.mean()) / spread)
    start = new_network(inputs.shape[1], _WIDTH, _DEPTH, torch.Generator().manual_seed(_SEED))
    held = torch.arange(len(x)) % _HELD_OUT == 0
    fit = fit_network(start, inputs[~held], y[~held], (inputs[held], y[held]), steps=_STEPS)
    gradient = fit.network.gradient(inputs).numpy().reshape(x.shape) * (spread / size)
    return np.asarray(gradient), x
