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

    1. Reactions that occur several times (2, 4 or 8 times) are taken as they are: a wrong one hardly repeats.
    2. In the null space that they leave, a random subset of the other reactions is added, since a few of them may be
       wrong; all of them in the first trial.
       Each trial leaves a null space, whose shortest integer basis (LLL) is tested on held-out reactions.
    3. A charge passes if the share of held-out reactions that break it is below `bound` times the share of reactions
       that do after the numbers of each species were permuted. Of the charges of all trials those are claimed that make
       the list of held-out reactions shortest (minimum description length): a charge restricts what a reaction can be,
       and a reaction that breaks one is listed as an exception. So a number of a family of particles, which most
       reactions conserve, is not claimed.

    A charge of species that hardly occur cannot be tested, and is not claimed.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "additive integer charges that reactions conserve, against permuted products; abstains"
    parts: ClassVar[frozenset[str]] = frozenset({"reactions"})

    subsets: int = Field(90, ge=1, le=10_000, description="trials with a random subset of rarer reactions at budget 1")
    held_out: float = Field(0.3, gt=0, lt=1, description="share of the reactions that are held out")
    bound: float = Field(0.25, gt=0, lt=1, description="broken reactions, relative to permuted products, that pass")
    least: float = Field(4.0, ge=1, description="broken reactions with permuted products that a test needs")
