"""Vector fields on points as fields on points and displacements there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

    from symbench.data.samples import VectorFields


def prolonged(fields: Callable[[torch.Tensor], torch.Tensor]) -> VectorFields:
    """Of fields ξ, x (d,) → (k, d): events (N, 2, d) of a point x and a displacement v → ξ(x) and (∂ξ/∂x) v.

    P. J. Olver, Applications of Lie Groups to Differential Equations, section 2.3.
    """

    def values(events: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        import numpy as np
        import torch

        if not len(events):
            return np.zeros((fields(torch.zeros(events.shape[2], dtype=torch.float64) + 1.5).shape[0], *events.shape))
        x, v = torch.from_numpy(np.ascontiguousarray(events)).unbind(1)
        value = torch.func.vmap(fields)(x)  # (N, k, d)
        slopes = torch.func.vmap(torch.func.jacrev(fields))(x) if value.shape[1] else value.new_zeros(*value.shape, 0)
        moved = torch.einsum("nkij,nj->nki", slopes, v) if value.shape[1] else value
        return np.asarray(torch.stack([value, moved], dim=2).transpose(0, 1).numpy())

    return values
