"""The plug-in of `conformance`: a task of noise, a method that ends in every way a trial can, and a source's user.

It is read as a text and loaded by the workers of the executor, like any plug-in; nothing imports it.
"""

from __future__ import annotations

import itertools
import os
import signal
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

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

EVENTS = 60


def _noise(label: np.ndarray) -> Dataset:
    """Events of three massive particles in four dimensions, (E, px, py, pz), with these labels."""
    momenta = np.random.default_rng(0).normal(size=(EVENTS, 3, 3))
    energies = np.sqrt(1 + (momenta**2).sum(axis=2, keepdims=True))
    return Dataset.numbered(
        vectors=np.concatenate([energies, momenta], axis=2),
        label=label,
        provenance=Provenance(source="numpy", selection="none", licence="CC0"),
    )


@task("conformance-noise")
class Noise(FunctionTask):
    """Sixty events of noise."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "noise in four dimensions"

    def identity(self) -> dict[str, object]:
        return {"events": EVENTS}

    def sizes(self) -> Sizes:
        return Sizes(train=40, validation=10, test=10)

    def load(self, context: DataContext) -> Dataset:
        return _noise(np.random.default_rng(1).normal(size=EVENTS))

    def truth(self) -> np.ndarray:
        return np.zeros((0, 4, 4))

    def truth_name(self) -> str:
        return "none"


@task("conformance-jets")
class NoiseJets(ClassificationTask):
    """Sixty events of noise in two classes."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "noise in two classes"

    def identity(self) -> dict[str, object]:
        return {"events": EVENTS}

    def sizes(self) -> Sizes:
        return Sizes(train=20, validation=20, test=20)

    def load(self, context: DataContext) -> Dataset:
        return _noise((np.arange(EVENTS) % 2).astype(np.uint8))


@discovery_method("conformance-behave")
class Behave(DiscoveryMethod):
    """Claims one generator that depends on the seed, or ends in another way; each call adds a line to a file."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "ends as requested"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    how: Literal["well", "raise", "out-of-memory", "sleep", "hang", "grip", "die", "die-once"] = Field(
        "well", description="hang: ignores the alarm of the time limit; grip: never releases the interpreter's lock"
    )
    trace: str = Field("", description="folder of the files")

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        calls = 1
        if self.trace:
            path = Path(self.trace) / f"{self.how}-{seed}"
            with path.open("a") as file:
                file.write(f"{os.getpid()}\n")
            calls = len(path.read_text().splitlines())
        if self.how == "raise":
            raise ValueError("raised on purpose")
        if self.how == "out-of-memory":
            raise MemoryError("raised on purpose")
        if self.how == "die" or (self.how == "die-once" and calls == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
        if self.how == "grip":
            deque(itertools.repeat(None), maxlen=0)  # an endless loop in C
        if self.how in ("sleep", "hang"):
            time.sleep(600)
        draw = np.random.default_rng(seed).normal(size=(1, 4, 4))
        return Symmetry(draw, np.ones(1), steps=1, scalars={"draw": float(draw.sum())})


@classifier("conformance-form")
class Form(Classifier):
    """Logits from ‖L p‖ of the total momentum p, with the generators L of a source, which it writes to a file."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "one linear map of ‖L p‖"

    epochs: int = Field(1, description="epochs of training")
    symmetry: str | From | tuple[tuple[tuple[float, ...], ...], ...] = Field(
        "none", description="generators (k, 4, 4)", json_schema_extra={"suite_source": True}
    )
    trace: str = Field("", description="folder of the files")

    def build(self, classes: int = 2) -> nn.Module:
        import torch

        assert isinstance(self.symmetry, tuple), self.symmetry
        generators = np.array(self.symmetry)
        np.save(Path(self.trace) / f"generators-{os.getpid()}-{time.time_ns()}", generators)

        class Network(torch.nn.Module):
            generators: torch.Tensor

            def __init__(self) -> None:
                super().__init__()
                self.register_buffer("generators", torch.tensor(generators, dtype=torch.float64))
                self.last = torch.nn.Linear(1, classes)

            def forward(self, p: torch.Tensor, mask: torch.Tensor, features: object = None) -> torch.Tensor:
                moved = (p * mask[..., None]).sum(1) @ self.generators.to(p.dtype).transpose(1, 2)
                logits: torch.Tensor = self.last(moved.norm(dim=2).sum(0)[:, None].log().to(self.last.weight.dtype))
                return logits

        return Network()
