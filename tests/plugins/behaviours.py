"""A plug-in for the tests of the trial machinery: a tiny task, and methods that behave in every way a trial can."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from symbench.component import Track
from symbench.data.container import Dataset, Provenance
from symbench.data.sizes import Sizes
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.errors import DataError
from symbench.registry import discovery_method, task
from symbench.tasks.base import DataContext, FunctionTask


@task("tiny")
class Tiny(FunctionTask):
    """Sixty events of pure noise: nothing to find, nothing to pay for."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "noise in two dimensions"
    broken: bool = Field(False, description="raise when the data are loaded")

    def identity(self) -> dict[str, object]:
        return {"events": 60, "broken": self.broken}

    def sizes(self) -> Sizes:
        return Sizes(train=50, validation=0, test=10)

    def load(self, context: DataContext) -> Dataset:
        if self.broken:
            raise DataError("these data are broken on purpose")
        rng = np.random.default_rng(0)
        return Dataset(
            vectors=rng.normal(size=(60, 1, 2)),
            mask=np.ones((60, 1), dtype=bool),
            label=rng.normal(size=60),
            event_id=np.arange(60, dtype=np.uint64),
            provenance=Provenance(source="numpy", selection="none", licence="CC0"),
        )

    def truth(self) -> np.ndarray:
        return np.zeros((0, 2, 2))

    def truth_name(self) -> str:
        return "none"


@task("bulky")
class Bulky(Tiny):
    """The same noise with features that nobody reads, to make a data set of any size."""

    mib: int = Field(1, ge=1, description="size in MiB")

    def identity(self) -> dict[str, object]:
        return {"events": 60, "mib": self.mib}

    def load(self, context: DataContext) -> Dataset:
        features = np.random.default_rng(1).normal(size=(60, 1, self.mib * 2**17 // 60))
        return replace(super().load(context), features=features)


@discovery_method("behave")
class Behave(DiscoveryMethod):
    """Does nothing, or something bad, and leaves a line in a file each time it is called."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "misbehaves as asked"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    how: Literal[
        "well", "raise", "sleep", "sleep-once", "hang", "grip", "die", "die-once", "huge", "allocate", "torch-allocate"
    ] = "well"
    seconds: float = 0.0
    mib: int = Field(0, description="memory that `allocate` and `torch-allocate` fill, in MiB")
    trace: str = ""

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        called = 1
        if self.trace:
            path = Path(self.trace) / f"{self.how}-{seed}-{len(sample.x)}"
            with path.open("a") as file:
                file.write(f"{os.getpid()}\n")
            called = len(path.read_text().splitlines())
        if self.how == "raise":
            raise ValueError("raised on purpose")
        if self.how == "die" or (self.how == "die-once" and called == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "hang":
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
            time.sleep(600)
        if self.how == "grip":
            deque(itertools.repeat(None), maxlen=0)  # runs for ever in C, holding the interpreter's lock
        if self.how == "allocate":
            np.ones(self.mib * 2**17)
        if self.how == "torch-allocate":
            import torch

            torch.ones(self.mib * 2**17, dtype=torch.float64)
        if self.how == "huge":
            raise MemoryError("asked for more than there is")
        sleeps = self.how == "sleep" or (self.how == "sleep-once" and called == 1)
        if sleeps or self.seconds:
            time.sleep(600 if sleeps else self.seconds)
        draw = float(np.random.default_rng(seed).normal())
        return Symmetry(np.zeros((0, 2, 2)), np.zeros(0), steps=1, scalars={"draw": draw})


@discovery_method("dynamics-only")
class DynamicsOnly(Behave):
    """Answers another track's question."""

    summary: ClassVar[str] = "plays in another track"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.DYNAMICS})


@discovery_method("misbehave")
class Misbehave(DiscoveryMethod):
    """Raises or returns what no method should."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "raises or returns nonsense"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    how: str = "none"

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        from tests.plugins.ways import RAISES, raised, returned  # this file also travels alone, to clusters

        if self.how == "recursion":
            return self.fit(sample, seed=seed, budget=budget)
        if self.how == "os-exit":
            os._exit(11)
        if self.how.startswith("signal-"):
            os.kill(os.getpid(), getattr(signal, self.how.removeprefix("signal-")))
            time.sleep(5)
        if self.how in RAISES:
            raise raised(self.how)
        claim: Symmetry = returned(self.how)
        return claim


@discovery_method("change")
class Change(DiscoveryMethod):
    """Changes something in its process, and claims nothing."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "changes its process"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    what: str = "default-dtype"

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        from tests.plugins.ways import CHANGES, LEFT, torch_changes

        (CHANGES | LEFT | torch_changes())[self.what]()
        return Symmetry(np.zeros((0, 2, 2)), np.zeros(0), scalars={"process": float(os.getpid())})


@discovery_method("draw")
class Draw(DiscoveryMethod):
    """One number of each global generator: a method that does not seed them."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "draws from the global generators"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        import torch

        draws = {
            "random": random.random(),
            "numpy": np.random.random(),  # noqa: NPY002
            "torch": float(torch.rand(1)),
        }
        return Symmetry(np.zeros((0, 2, 2)), np.zeros(0), scalars=draws)
