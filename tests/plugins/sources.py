"""A plug-in for the tests of trials that use another's result: sources that claim as asked, and a user of claims."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from symbench.algebra.bases import so
from symbench.classifiers.base import Classifier
from symbench.component import Track
from symbench.data.container import Dataset, Provenance
from symbench.data.sizes import Sizes
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.registry import classifier, discovery_method, task
from symbench.tasks.base import ClassificationTask, DataContext, FunctionTask
from symbench.trial.reference import From

if TYPE_CHECKING:
    from torch import nn


@task("four-noise")
class FourNoise(FunctionTask):
    """Noise in four dimensions, to have claims made about it."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "noise in four dimensions"
    dimensions: int = 4

    def identity(self) -> dict[str, object]:
        return {"events": 60, "dimensions": self.dimensions}

    def sizes(self) -> Sizes:
        return Sizes(train=50, validation=0, test=10)

    def load(self, context: DataContext) -> Dataset:
        rng = np.random.default_rng(0)
        return Dataset(
            vectors=rng.normal(size=(60, 1, self.dimensions)),
            mask=np.ones((60, 1), dtype=bool),
            label=rng.normal(size=60),
            event_id=np.arange(60, dtype=np.uint64),
            provenance=Provenance(source="numpy", selection="none", licence="CC0"),
        )

    def label_function(self) -> Any:
        return lambda x: (x**2).sum(dim=(1, 2))

    def truth(self) -> None:
        return None


@task("few-jets")
class FewJets(ClassificationTask):
    """Sixty jets of two or three prongs."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a few made-up jets"

    def identity(self) -> dict[str, object]:
        return {"jets": 100}

    def sizes(self) -> Sizes:
        return Sizes(train=40, validation=20, test=40)

    def load(self, context: DataContext) -> Dataset:
        from tests.classifiers.jets import toy_jets

        return toy_jets(100, constituents=6)


@discovery_method("claim")
class Claim(DiscoveryMethod):
    """Claims so(1,3) times `length`, or something worse; leaves a file when it begins.

    how   well; nothing: abstains; raise; raise-without: raises unless there is a file `help` beside its own;
          slow: takes a second
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "claims as asked"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    how: Literal["well", "nothing", "raise", "raise-without", "slow"] = "well"
    length: float = 1.0
    trace: str = ""

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        if self.trace:
            (Path(self.trace) / f"claim-{seed}").touch()
        if self.how == "raise" or (self.how == "raise-without" and not (Path(self.trace) / "help").exists()):
            raise ValueError("raised on purpose")
        if self.how == "slow":
            time.sleep(1)
        d = sample.x.shape[2]
        k = 0 if self.how == "nothing" else d * (d - 1) // 2
        return Symmetry((self.length + seed) * so(1, d - 1)[:k], np.ones(k), steps=1)


@classifier("form")
class Form(Classifier):
    """Logits from Σₖ ‖Lₖ p‖ of the jet's momentum p: what it computes shows which generators it was given."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "one linear map of how far generators move the jet"

    epochs: int = 1
    symmetry: str | From | tuple[tuple[tuple[float, ...], ...], ...] = Field(
        "none", description="generators (k, 4, 4)", json_schema_extra={"suite_source": True}
    )
    trace: str = ""

    def build(self, classes: int = 2) -> nn.Module:
        import torch

        given = self.symmetry
        assert isinstance(given, tuple), given
        if self.trace:
            np.save(Path(self.trace) / f"given-{os.getpid()}-{time.time_ns()}", np.array(given))

        class Network(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("generators", torch.tensor(given, dtype=torch.float64))
                self.last = torch.nn.Linear(1, classes)

            def forward(self, p: torch.Tensor, mask: torch.Tensor, features: object = None) -> torch.Tensor:
                moved = (p * mask[..., None]).sum(1) @ self.get_buffer("generators").to(p.dtype).transpose(1, 2)
                logits: torch.Tensor = self.last(moved.norm(dim=2).sum(0)[:, None].log().to(self.last.weight.dtype))
                return logits

        return Network()
