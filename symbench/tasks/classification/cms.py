"""`cms-resonance`: the mass window of recorded muon pairs, a task with several classes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.cms.windows import WINDOWS
from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import ClassificationTask, DataContext

if TYPE_CHECKING:
    from symbench.data.container import Dataset

Resonance = Literal["omega", "phi", "jpsi", "psi2s", "upsilon", "z"]


@task("cms-resonance")
class CmsResonance(ClassificationTask):
    """Muon pairs recorded by CMS; the class is the mass window of the pair, the input are two four-momenta in GeV.

    Windows, in GeV, around the masses of the Particle Data Group (2024): ω 0.72 to 0.84, φ 0.98 to 1.06, J/ψ 2.95 to
    3.25, ψ(2S) 3.55 to 3.85, Υ(1S) 9.26 to 9.66, Z 81.2 to 101.2. The label is a function of the invariant mass, so it
    is exactly invariant under the Lorentz group; the distributions of the momenta differ between the windows.

    No error is irreducible: the windows do not overlap, and the mass determines the class. A network that has learned
    the mass ranks events correctly (AUC 1) long before it classifies the ψ(2S) correctly, one event in twenty of the
    default sample; the balanced accuracy shows this.

    The teaching files of CERN Open Data (`symbench data fetch cms-resonance`) hold no pairs below 2 GeV. For ω and φ
    set `path` to a NanoAOD file of muons, such as that of record 12341; its first `per_class` pairs of each window are
    used.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "which resonance a muon pair recorded by CMS comes from (CERN Open Data)"
    reference: ClassVar[str] = "CMS, CERN Open Data records 545, 700 and 12341"

    path: str | None = Field(
        None,
        description="a NanoAOD file of muons, relative to the suite; the teaching files if not given",
        json_schema_extra={"suite_path": True},
    )
    source: Literal["teaching", "nanoaod"] = Field("teaching", description="the teaching files, or the file `path`")
    resonances: list[Resonance] = Field(
        ["jpsi", "psi2s", "upsilon", "z"], min_length=2, description="the classes, label 0 first"
    )
    per_class: int = Field(1000, ge=10, le=1_000_000, description="largest number of events of a class")
    test_events: int = Field(600, ge=10, description="test events, the same for every trial")
    validation_events: int = Field(300, ge=10, description="validation events, which choose the epoch")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.resonances)) < len(self.resonances):
            raise ValueError(f"a resonance repeats in {self.resonances}")
        if (self.source == "nanoaod") != (self.path is not None):
            raise ValueError("set `path` with `source: nanoaod`, and only with it")
        for name in self.resonances:
            if self.source == "teaching" and not WINDOWS[name].teaching_events:
                raise ValueError(f"the teaching files hold no pairs at the {name}: they begin at 2 GeV")
        if self.test_events + self.validation_events >= sum(self._counts()):
            raise ValueError(
                f"test_events and validation_events leave none of {sum(self._counts())} events to train with"
            )
        return self

    def label_names(self) -> tuple[str, ...]:
        return tuple(self.resonances)

    def identity(self) -> dict[str, Any]:
        """The selection, with the checksums of the teaching files, or name, size and ends of the user's file."""
        from symbench.data.cms.open_data import GROUPS
        from symbench.data.cms.resonance import READER
        from symbench.data.jets.jetclass import ends_of

        selection = {"resonances": self.resonances, "per_class": self.per_class, "reader": READER}
        windows = [[WINDOWS[name].low, WINDOWS[name].high] for name in self.resonances]
        files = [f.sha256 for f in GROUPS["cms-resonance"]] if self.path is None else [ends_of(Path(self.path))]
        return {**selection, "windows": windows, "files": files}

    def sizes(self) -> Sizes:
        """Known without reading: the counts of the teaching files are pinned, and verified when they are read."""
        events = sum(self._counts())
        return Sizes(events - self.test_events - self.validation_events, self.validation_events, self.test_events)

    def load(self, context: DataContext) -> Dataset:
        """Read the files; raises DataError."""
        from symbench.data.cms.resonance import read_muons, read_teaching_files
        from symbench.data.store import load_or_convert

        if self.path is None:
            return read_teaching_files(context.cache, self.resonances, self.per_class)
        path = Path(self.path)
        return load_or_convert(
            context.cache / self.digest,
            self.identity(),
            lambda append: read_muons(path, self.resonances, self.per_class, append),
        )

    def _counts(self) -> list[int]:
        if self.source == "nanoaod":
            return [self.per_class] * len(self.resonances)
        return [min(self.per_class, WINDOWS[name].teaching_events) for name in self.resonances]
