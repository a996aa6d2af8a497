"""`charges`: integer charges of species whose sum no reaction changes."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.discovery.shared.partners import PartsMethod
from symbench.registry import discovery_method


@discovery_method("charges")
class Charges(PartsMethod):
    """The additive charges q of the species with Σ_products q − q(parent) = 0 in nearly every reaction.

    Reactions are linear equations for q; the charges are their null space, and some equations may be wrong:

    1. Reactions that occur twice or more are taken as they are: a wrong one hardly repeats.
    2. In the null space that they leave, random subsets of the other reactions are added, since a few of them are wrong.
       Each subset leaves a null space, whose shortest integer basis (LLL) is tested on held-out reactions.
    3. A charge passes if the share of held-out reactions that break it is below `bound` times the share of reactions
       with permuted products that do. Of the null spaces in which all charges pass, the largest is claimed.

    A charge of a species that hardly occurs cannot be tested, and is not claimed.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "additive integer charges that reactions conserve, against permuted products; abstains"
    parts: ClassVar[frozenset[str]] = frozenset({"reactions"})

    subsets: int = Field(40, ge=1, le=10_000, description="random subsets of single reactions at budget 1")
    held_out: float = Field(0.3, gt=0, lt=1, description="share of the reactions that are held out")
    bound: float = Field(0.25, gt=0, lt=1, description="broken reactions, relative to permuted products, that pass")
    least: float = Field(4.0, ge=1, description="broken reactions with permuted products that a test needs")
