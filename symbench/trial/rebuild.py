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


def rebuild(cls: type[C], spec: ComponentSpec, source_generators: npt.NDArray[np.float64] | None = None) -> C:
    """The component that a spec describes; generators (k, d, d) of the source replace the placeholder.

    Raises RuntimeError if the component has another version in this process, or if the generators are missing.
    """
    if cls.version != spec.version:
        raise RuntimeError(
            f"{spec.name} is version {cls.version} here and {spec.version} where the trial was planned: "
            "install the same symbench and plug-ins on every node"
        )
    return cls(**filled(spec.parameters, source_generators), **spec.locations)
