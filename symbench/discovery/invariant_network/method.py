"""`invariant-network`: functions of any form that are nearly the same in every event, and their algebra."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from symbench.component import Track
from symbench.discovery.shared.partners import PartsMethod
from symbench.registry import discovery_method


@discovery_method("invariant-network")
class InvariantNetwork(PartsMethod):
    """Networks F of least variance over events, relative to that over events with exchanged partners.

    1. The inputs are the whitened components of an event and their products. The last layer is at every step the exact
       minimum of Var F over events / Var F over the reference, an eigenproblem, and Adam trains the layers before it.
    2. Both variances are those of the shortest interval with a fraction `core` of the values, as in `casimir`: a sample
       is a peak on a background, and a variance over all of the reference is that of its tails.
    3. Partners are exchanged between similar events (`data.permuted.exchanged`). Against any permuted partners a
       network finds a function that is constant where events are and varies where none is, of every sample.
    4. Each network is trained without a fold of the events and judged on that fold by its spread, as in `casimir`. It
       is claimed if the median over folds is below the 5 % quantile of the same search in permuted samples that are
       taken for data, one fold of each, and below `bound`.
    5. The next function is sought among events in the peak of those before it, against exchanges that stay in the peak:
       functions of what was found are no narrower there. It is compared with the null of the first.
    6. The networks of all folds are fitted to each other by a linear map and averaged. Their gradients at the events
       are judged as those of a label in `nullspace`: the claimed algebra is the null space. With `library: kinematic`
       it consists of vector fields on (pT, η, φ), and inputs are (log pT, η, sin φ, cos φ).

    A function is determined near the events only, and up to a monotone map. What is claimed is narrow, and need not be
    what narrowed it: events that lie at an extremum of a function, such as muons back to back, share that function.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "networks that are nearly the same in every event; counts, abstains; names their algebra"
    reference: ClassVar[str] = "Var F over events and over exchanged partners; after ConservNet, arXiv:2102.04008"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.INVARIANT})
    parts: ClassVar[frozenset[str]] = frozenset({"vectors", "blocks"})

    width: int = Field(64, ge=2, le=1024, description="units of a hidden layer")
    depth: int = Field(1, ge=1, le=4, description="hidden layers, SiLU")
    products: bool = Field(True, description="whether products of whitened components are inputs as well")
    steps: int = Field(150, ge=1, le=100_000, description="steps of Adam at budget 1")
    rate: float = Field(1e-2, gt=0, description="Adam's first learning rate")
    batch_size: int = Field(800, ge=10, description="events in a step, and twice as many of the reference")
    ridge: float = Field(1e-3, ge=0, description="of the last layer, in units of each feature's variance")
    core: float = Field(0.5, gt=0, le=1, description="fraction of the events that the peak contains")
    candidates: int = Field(4, ge=1, le=100, description="events of which the most similar gives a partner; 1 for any")
    most: int = Field(2, ge=1, le=10, description="largest number of functions")
    folds: int = Field(4, ge=3, le=20, description="folds for the held-out spreads")
    references: int = Field(10, ge=1, le=100, description="exchanges of each event in the reference")
    null_samples: int = Field(20, ge=20, le=1_000, description="permuted samples that are taken for data")
    level: float = Field(0.05, gt=0, lt=1, description="quantile of the null below which a function is significant")
    bound: float = Field(0.5, gt=0, lt=1, description="spread, relative to similar events, that is nearly the same")
    symmetry_bound: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="label spread σ of F below which a generator is claimed; larger than for a given label, since "
        "networks of different folds differ by 0.2 to 0.3",
    )
    confidence: float = Field(0.95, ge=0.5, lt=1, description="one-sided confidence that σ is below its bound")
    library: Literal["linear", "kinematic"] = Field(
        "linear", description="matrices, or vector fields on (pT, η, φ) as in `nullspace`"
    )

    @property
    def vector_coordinates(self) -> Literal["cartesian", "pt_eta_phi"]:
        return "pt_eta_phi" if self.library == "kinematic" else "cartesian"
