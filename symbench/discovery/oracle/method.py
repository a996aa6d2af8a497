"""`oracle`: generators that leave a label unchanged and close into an algebra, by minimising one loss."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod
from symbench.registry import discovery_method
from symbench.tasks.base import FunctionTask, Task


@discovery_method("oracle")
class Oracle(DiscoveryMethod):
    """k matrices W that minimise, over the events x,

    mean[(∇φ·Wx)²] + Σ(tr WWᵀ − 2)² + Σ_{i<j}(tr WᵢWⱼᵀ)² + Σ_{i<j} tr(CᵢⱼCᵢⱼᵀ),  Cᵢⱼ = [Wᵢ, Wⱼ] − Σ aᵢⱼₖ Wₖ,

    with functions φ fitted to the labels of the same events: polynomials or networks, after the monotone map of the
    label, that predict held-out labels best (`shared.family`).

    Differences from the reference:

    1. The first term is the limit ε → 0 of the published (φ((1+εW)x) − φ(x))²/ε²: a quadratic form in W, whose matrix
       is computed once.
    2. The loss is quadratic in a too, so a is solved for exactly; W is found by L-BFGS instead of thousands of Adam
       steps over all events. The minimum is the same.
    3. The sample is cut into folds; each is held out from the networks that are fitted to the others. If these explain
       nothing of the held-out labels, nothing is claimed. More than 1,250 events are fitted in blocks, as by
       `nullspace`.
    4. `generators: auto` selects k, which the paper takes as given: the largest k whose matrices close (their terms of
       the loss without the label add up to less than `closing`), and whose span leaves the label of held-out events
       unchanged: a label spread below `bound`, on all of them, and by the judge of `nullspace` for the span that is
       found again without one fold each, on that fold. The search goes downwards from the number of directions that can
       pass: if the k-th smallest label spread is above the bound, that of no span of k matrices is below it. If no k
       passes, the method abstains.
    5. Matrices act on vectors of second moment 1, so that the loss does not depend on units and frame, without
       directions that the label ignores.
    """

    version: ClassVar[str] = "4"
    summary: ClassVar[str] = "matrices that keep a fitted label and close into an algebra"
    reference: ClassVar[str] = "Forestano et al., arXiv:2301.05638; sparse variant arXiv:2302.05383"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    in_parts: ClassVar[bool] = True
    tested_share: ClassVar[float] = 0.8  # `algebra.label_spread.CENTRAL`

    generators: int | Literal["auto"] = Field("auto", description="k, or `auto` to select it")
    closing: float = Field(
        0.1, gt=0, description="`auto`: terms of the loss without the label, below which k matrices close"
    )
    bound: float = Field(0.2, gt=0, lt=1, description="`auto`: label spread σ below which a direction is a symmetry")
    confidence: float = Field(0.95, ge=0.5, lt=1, description="`auto`: one-sided confidence that σ is below the bound")
    sparsity: float = Field(0.0, ge=0, description="weight of Σ_{a<b} |w_a w_b| of each W; the paper's is 0.01")
    descent_steps: int = Field(500, ge=1, description="largest number of L-BFGS steps of each start at budget 1")
    starts: int = Field(3, ge=1, le=100, description="random starts, of which that with the lowest loss is kept")
    width: int = Field(128, ge=2, le=2048, description="units of each hidden layer of φ")
    depth: int = Field(2, ge=1, le=8, description="hidden layers of φ, SiLU")
    steps: int = Field(60, ge=1, le=10_000, description="largest number of Levenberg–Marquardt steps of φ at budget 1")
    folds: int = Field(5, ge=3, le=50, description="parts of the sample, each held out once")
    networks: int = Field(1, ge=1, le=20, description="networks averaged in each fold")


@discovery_method("oracle-known")
class KnownOracle(Oracle):
    """The method `oracle` with the label itself as φ, given as a formula: no discovery from data, and not ranked.

    As in the paper, the loss is in the sample's own coordinates, in units of their size. `auto` judges by the formula
    on every fifth event, which is held out from the loss.

    A label whose spread is far from 1 is divided by its spread, as `oracle` standardises every label: labels in GeV²
    would otherwise outweigh the other terms of the loss. `printed_loss` is the smallest value of the loss as printed,
    with its finite ε = 1e-3. The authors' code has tr(CCᵀ)² in place of tr(CCᵀ), which matters for a k at which nothing
    closes: `closure_power: 2` selects it.
    """

    in_parts: ClassVar[bool] = False
    tested_share: ClassVar[float] = 1.0
    version: ClassVar[str] = "4"
    summary: ClassVar[str] = "the oracle method with the label given as a formula: not from data"
    sees_label: ClassVar[bool] = True

    closure_power: Literal[1, 2] = Field(1, description="power of tr(CCᵀ) in the closure term; 2 in the authors' code")
    points: int = Field(300, ge=10, le=100_000, description="largest number of events in the loss")

    def incompatibility(self, task: Task) -> str | None:
        """As for every method; also for a task whose label has no formula."""
        reason = super().incompatibility(task)
        if reason is None and isinstance(task, FunctionTask) and not task.label_is_known():
            return f"the label of {task.name} is not known as a formula"
        return reason
