"""`top-tagging`: top quark or QCD, with jets that are generated here or those of the public reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.classification.generated import GeneratedJets

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.jets.recipe import Process
    from symbench.data.public.files import PublicRecord


@task("top-tagging")
class TopTagging(GeneratedJets):
    """Large-radius jets of hadronically decaying top quarks against jets of light quarks and gluons.

    The classes are balanced; label 1 is the top quark. The same parameters give the same jets to the bit, for any
    number of workers.

    With `source: reference` the jets are those of the public reference (Zenodo record 2603256; `symbench data fetch
    top-tagging-reference`), in its own split: 1,211,000 training jets, and `validation_jets` and `test_jets` of the
    403,000 validation and 404,000 test jets; set both to these numbers to compare with publications.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "top quark or QCD jet, from the four-momenta of its constituents"
    reference: ClassVar[str] = "Kasieczka et al., SciPost Phys. 7 (2019) 014, arXiv:1902.09914"
    class_names: ClassVar[tuple[str, ...]] = ("qcd", "top")
    processes: ClassVar[tuple[Process, Process]] = ("qcd", "top")

    source: Literal["pythia", "reference"] = Field(
        "pythia", description="origin of the jets: generated with Pythia 8, or the public reference"
    )
    folder: str | None = Field(
        None,
        description="folder of train.h5, val.h5 and test.h5; by default that of `symbench data fetch`",
        json_schema_extra={"suite_path": True},
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.source == "pythia":
            if self.folder is not None:
                raise ValueError("folder is used with `source: reference` only")
            return super()._consistent()  # type: ignore[operator, no-any-return]
        for name in ("jets", "massless", "pt_min", "pt_max", "generation_seed"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} cannot be set with `source: reference`, whose jets are fixed")
        for name, most in (("constituents", 200), ("validation_jets", 403_000), ("test_jets", 404_000)):
            if getattr(self, name) > most:
                raise ValueError(f"{name} can be at most {most:,} with `source: reference`")
        return self

    def requirements(self) -> tuple[Requirement, ...]:
        return super().requirements() if self.source == "pythia" else (Requirement("h5py", "data"),)

    def identity(self) -> dict[str, Any]:
        """The recipe, or the checksums of the reference: known without the files."""
        if self.source == "pythia":
            return super().identity()
        from symbench.data.jets.top_tagging import READER

        checksums = {file.name: file.checksum for file in self._record().files}
        return {"files": checksums, "constituents": self.constituents, "reader": READER}

    def sizes(self) -> Sizes:
        if self.source == "pythia":
            return super().sizes()
        (train, _, _) = (file.jets for file in self._record().files)
        assert train is not None
        return Sizes(train, self.validation_jets, self.test_jets)

    def load(self, context: DataContext) -> Dataset:
        """Read the jets from the cache, generate them in parallel, or convert the reference; raises DataError."""
        if self.source == "pythia":
            return super().load(context)
        from symbench.data.jets.top_tagging import fill_from
        from symbench.data.store import load_or_convert

        record = self._record()
        folder = Path(self.folder) if self.folder is not None else context.cache / record.name
        return load_or_convert(
            context.cache / self.digest, self.identity(), fill_from(record, folder, self.constituents)
        )

    def _record(self) -> PublicRecord:
        from symbench.data.public.files import TOP_TAGGING_REFERENCE

        return TOP_TAGGING_REFERENCE

    def _selection(self) -> str:
        return (
            f"14 TeV, no multiple interactions, neutrinos removed; hardest anti-kT R = {self.radius} jet with "
            f"|η| < {self.eta_max:g} of each event, {self.pt_min:g} to {self.pt_max:g} GeV; signal: a "
            f"hadronically decaying top quark and its three quarks within ΔR = {self.radius} of the jet axis"
        )

    def _notes(self) -> tuple[str, ...]:
        return (
            "the recipe of the public Top Tagging reference at particle level: without its detector simulation",
            *super()._notes(),
        )
