"""`hidden-metric`: coordinates in which a metric tensor that is given as a formula does not depend on some of them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.discovery.hidden_symmetry.method import HiddenSymmetry
from symbench.registry import discovery_method
from symbench.tasks.base import FunctionTask, Task


@discovery_method("hidden-metric")
class HiddenMetric(HiddenSymmetry):
    """Coordinates z = T(x) in which a metric tensor does not depend on zₖ: ∂g′/∂zₖ = 0 for the `axes` k.

    Events are a point and a displacement, and the label is the metric, given as a formula as in the paper: no discovery
    from data, and not ranked. The claim is the fields ∂/∂zₖ in the coordinates x, which are then Killing fields.

    With `sections`, only the components of g′ along `axes` count: the surfaces on which the other coordinates are
    constant are flat if this holds for the components along all their axes. Nothing is claimed, since no field leaves
    the label unchanged; `residual`, and `printed_loss` as in the notebook, say how flat they are.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "coordinates in which a metric that is given as a formula has translations: not from data"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    sees_label: ClassVar[bool] = True

    property: Literal["translation"] = Field("translation", description="the property: the metric has translations")
    axes: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, min_length=1, description="coordinates z along which the metric is constant; all by default"
    )
    sections: bool = Field(False, description="whether only components of the metric along `axes` are to be constant")
    moves: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, min_length=1, description="coordinates that T may change; all by default"
    )

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a task whose label has no formula."""
        reason = DiscoveryMethod.incompatibility(self, task)
        if reason is None and isinstance(task, FunctionTask) and not task.label_is_known():
            return f"the label of {task.name} is not known as a formula"
        return reason
