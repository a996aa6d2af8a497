"""`balance`: sums over the blocks of an event, with a coefficient each, that are nearly the same in every event."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.discovery.shared.partners import PartnerMethod
from symbench.registry import discovery_method


@discovery_method("balance")
class Balance(PartnerMethod):
    """The linear functions Σ_b c_b · x_b of the blocks' components that are nearly the same in every event.

    With C the covariance of all components over events, and R that over events with permuted blocks, they are the
    solutions of C c = λ R c of small λ, refined and counted as in `casimir`. A block without measured component, such
    as the longitudinal missing momentum, has no coefficient there.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "conserved sums of an event's blocks, against permuted blocks; counts, abstains"
    parts: ClassVar[frozenset[str]] = frozenset({"vectors", "blocks"})

    most: int = Field(6, ge=1, le=50, description="largest number of functions")
    bound: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="spread, relative to permuted partners, below which a sum is nearly the same; missing momentum is "
        "measured to a third of its size",
    )
