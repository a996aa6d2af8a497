"""The inputs of the networks of `invariant-network`: whitened components of an event, and their products."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from symbench.discovery.shared.charts import CHARTS, Chart
from symbench.discovery.shared.networks import Functions
from symbench.metrics.conservation import Frame, frame_of

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class EventInputs:
    """(z, z zᵀ − 1) of events, z the components of all vectors in a chart, whitened: mean 0 and covariance 1."""

    chart: Chart
    frame: Frame
    products: bool
    size: FloatArray

    @classmethod
    def of(cls, x: FloatArray, coordinates: str, products: bool) -> EventInputs:
        """The inputs of events like x (N, P, d)."""
        chart = CHARTS["pt_eta_phi" if coordinates == "pt_eta_phi" else "cartesian"][0]
        spread = x.reshape(-1, x.shape[2]).std(axis=0)
        return cls(chart, frame_of(chart.inputs(x).reshape(len(x), -1)), products, np.where(spread > 0, spread, 1.0))

    def whitened(self, x: FloatArray) -> FloatArray:
        """z (N, r) of events x (N, P, d)."""
        return self.frame.states(self.chart.inputs(x).reshape(len(x), -1))

    def __call__(self, x: FloatArray) -> FloatArray:
        """(N, r), or (N, r + r (r + 1)/2) with products."""
        z = self.whitened(x)
        if not self.products:
            return z
        first, second = np.triu_indices(z.shape[1])
        return np.concatenate([z, z[:, first] * z[:, second] - (first == second)], axis=1)

    def value_and_gradient(self, network: Functions, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Values (N, k) of k networks at events x (N, P, d), and their gradients (N, k, P, d)."""
        with torch.no_grad():
            values, of_inputs = network.value_and_gradient(torch.from_numpy(self(x)))
        g = of_inputs.numpy().transpose(1, 0, 2)
        z = self.whitened(x)
        r = z.shape[1]
        of_z = g[:, :, :r].copy()
        if self.products:
            matrix = np.zeros((*g.shape[:2], r, r))
            matrix[:, :, *np.triu_indices(r)] = g[:, :, r:]
            of_z += np.einsum("nkij,nj->nki", matrix + matrix.swapaxes(2, 3), z)
        inner = of_z @ self.frame.down.T  # by the inputs of the chart
        inner = inner.reshape(*of_z.shape[:2], x.shape[1], -1).swapaxes(0, 1)
        along = self.chart.pulled_back(inner, x, np.diag(self.size)) / self.size
        return values.T.numpy(), np.asarray(along.swapaxes(0, 1))
