"""A plug-in for the tests of parts: a method whose parts leave a line in a file, and end in every way a part can."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from symbench.component import Track
from symbench.discovery.base import DiscoveryMethod, FunctionSample, Symmetry
from symbench.registry import discovery_method
from symbench.trial.parts import map_parts


def part(shared: tuple[str, str, np.ndarray], number: int) -> float:
    """The mean of a share of the labels, or an accident in the third part."""
    how, trace, y = shared
    path = Path(trace) / how
    if trace:
        with path.open("a") as file:
            file.write(f"{number} {os.getpid()}\n")
    if number == 2:
        if how == "raise":
            raise ArithmeticError("raised on purpose")
        if how == "die" or (how == "die-once" and len(path.read_text().splitlines()) <= 4):
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "sleep":
            time.sleep(600)
        if how == "greedy":
            np.ones((900, 2**17))
    return float(y[number::8].mean())


@discovery_method("in-parts")
class InParts(DiscoveryMethod):
    """Claims nothing; eight parts."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "eight parts"
    tracks: ClassVar[frozenset[Track]] = frozenset({Track.FUNCTION})
    in_parts: ClassVar[bool] = True

    how: Literal["well", "raise", "die", "die-once", "sleep", "greedy"] = "well"
    trace: str = Field("", description="folder of the file")

    def fit(self, sample: FunctionSample, *, seed: int, budget: float, device: str = "cpu") -> Symmetry:
        means = list(map_parts(part, (self.how, self.trace, np.asarray(sample.y)), range(8)))
        d = sample.x.shape[2]
        return Symmetry(np.zeros((0, d, d)), np.zeros(0), arrays={"means": np.array(means)})
