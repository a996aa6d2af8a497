"""From the specification of a component back to the component."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from symbench.component import Component
from symbench.trial.reference import filled
from symbench.trial.spec import ComponentSpec

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


C = TypeVar("C", bound=Component)


def rebuild(cls: type[C], spec: ComponentSpec, given: npt.NDArray[np.float64] | None = None) -> C:
    """The component that a spec describes, with the generators of the source in their place.

    Raises RuntimeError when its version is another one here, or generators are missing.
    """
    if cls.version != spec.version:
        raise RuntimeError(
            f"{spec.name} is version {cls.version} here and {spec.version} where the trial was planned: "
            "install the same symbench and plug-ins on every node"
        )
    return cls(**filled(spec.parameters, given), **spec.locations)
