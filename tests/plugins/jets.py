"""A plug-in for the tests of training in several workers: a task of made-up jets, and a classifier with accidents."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from symbench.classifiers.pfn import ParticleFlow
from symbench.data.container import Dataset
from symbench.data.sizes import Sizes
from symbench.registry import classifier, task
from symbench.tasks.base import ClassificationTask, DataContext

if TYPE_CHECKING:
    from torch import nn


@task("toy-jets")
class ToyJets(ClassificationTask):
    """Jets of two or three prongs."""

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "jets of two or three prongs, made up"
    class_names: ClassVar[tuple[str, ...]] = ("two prongs", "three prongs")

    def identity(self) -> dict[str, object]:
        return {"jets": 400}

    def sizes(self) -> Sizes:
        return Sizes(train=220, validation=80, test=100)

    def load(self, context: DataContext) -> Dataset:
        from tests.classifiers.jets import toy_jets

        return toy_jets(400)


@classifier("accident")
class Accident(ParticleFlow):
    """A particle flow network to which something happens in its `at`-th training step.

    how   die: the process of the last rank is killed, `times` times; stop: the process is stopped, once; raise: every
          rank raises; raise-one: the last alone does; interrupt: someone presses Ctrl-C, once; slow: every step takes a
          second
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "a network that meets with accidents"

    how: Literal["well", "die", "stop", "raise", "raise-one", "interrupt", "slow"] = "well"
    at: int = 13
    times: int = 1
    trace: str = Field("", description="folder in which a process that was hurt leaves a file")

    def build(self, classes: int = 2) -> nn.Module:
        module = super().build(classes)
        calls = 0

        def before(*_: object) -> None:
            nonlocal calls
            calls += module.training
            if module.training and (calls == self.at or self.how == "slow"):
                self.happen()

        module.register_forward_pre_hook(before)
        return module

    def happen(self) -> None:
        import torch.distributed as dist

        before = len(list(Path(self.trace).glob(f"{self.how}-*"))) if self.trace else 0
        last = not dist.is_initialized() or dist.get_rank() == dist.get_world_size() - 1
        if self.trace:
            (Path(self.trace) / f"{self.how}-{os.getpid()}").touch()
        if self.how == "stop" and not before:
            os.kill(os.getpid(), signal.SIGSTOP)
        if self.how == "slow":
            time.sleep(1)
        if self.how == "interrupt" and not before:
            signal.raise_signal(signal.SIGINT)
        if self.how == "raise" or (self.how == "raise-one" and last):
            raise ArithmeticError("raised on purpose")
        if self.how == "die" and last and len(list(Path(self.trace).glob("killed-*"))) < self.times:
            (Path(self.trace) / f"killed-{os.getpid()}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
