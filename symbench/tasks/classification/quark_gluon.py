"""`quark-gluon`: small-radius jets, of the EnergyFlow samples or generated here with the same recipe."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.classification.generated import GeneratedJets

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.jets.recipe import Process, Recipe
    from symbench.data.public.files import PublicFile, PublicRecord


@task("quark-gluon")
class QuarkGluon(GeneratedJets):
    """Jets of light quarks (u, d, s) against jets of gluons, recoiling against a Z that decays to neutrinos.

    The classes are balanced; label 1 is the quark. By default jets are generated here: qg → Zq and qq̄ → Zg at 14 TeV
    with multiple interactions, R = 0.4, 500 to 550 GeV, |η| < 1.7, with the quark or gluon of the hard process within R
    of the jet axis. With `source: energyflow` they are those of the public samples, which do not require such a parton
    (Zenodo record 3164691; `symbench data fetch energyflow-quark-gluon`).
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "quark or gluon jet, from the four-momenta of its constituents"
    reference: ClassVar[str] = "Komiske, Metodiev, Thaler, JHEP 01 (2019) 121, arXiv:1810.05165, section 4.1"
    class_names: ClassVar[tuple[str, ...]] = ("gluon", "quark")
    processes: ClassVar[tuple[Process, Process]] = ("gluon", "quark")
    radius: ClassVar[float] = 0.4
    eta_max: ClassVar[float] = 1.7

    source: Literal["pythia", "energyflow"] = Field(
        "pythia", description="origin of the jets: generated with Pythia 8, or the public EnergyFlow samples"
    )
    folder: str | None = Field(
        None,
        description="folder of QG_jets.npz, QG_jets_1.npz, …; by default that of `symbench data fetch`",
        json_schema_extra={"suite_path": True},
    )
    identification: bool = Field(
        False, description="EnergyFlow: charge and kind of the constituents as features beside the four-momenta"
    )
    massless: bool = Field(
        True, description="set the energy of every constituent to |p|; else it has the mass of its particle"
    )
    pt_min: float = Field(500.0, ge=100.0, le=3000.0, description="lowest jet transverse momentum, GeV")
    pt_max: float = Field(550.0, le=4000.0, description="highest jet transverse momentum, GeV")

    @model_validator(mode="after")
    def _of_one_source(self) -> Self:
        if self.source == "pythia":
            if self.folder is not None or self.identification:
                raise ValueError("folder and identification are used with `source: energyflow` only")
            return self
        for name in ("pt_min", "pt_max", "generation_seed"):
            if getattr(self, name) != type(self).model_fields[name].default:
                raise ValueError(f"{name} cannot be set with `source: energyflow`, whose jets are fixed")
        if self.jets > 1_800_000:
            raise ValueError("jets can be at most 1,800,000: the EnergyFlow samples are 2,000,000 jets")
        return self

    def requirements(self) -> tuple[Requirement, ...]:
        return super().requirements() if self.source == "pythia" else ()

    def identity(self) -> dict[str, Any]:
        """The recipe, or the checksums of the files: known without them."""
        if self.source == "pythia":
            return super().identity()
        from symbench.data.jets.energyflow import READER

        selection = {"jets": self.jets, "constituents": self.constituents, "massless": self.massless, "reader": READER}
        checksums = {file.name: file.checksum for file in self._files()}
        return {**selection, "identification": self.identification, "files": checksums}

    def recipe(self) -> Recipe:
        """Hard processes from 90 % of the lowest jet pT on: a small jet rarely has more pT than its parton."""
        return dataclasses.replace(super().recipe(), pt_hat_min=round(0.9 * self.pt_min, 3))

    def load(self, context: DataContext) -> Dataset:
        """Read the jets from the cache, generate them in parallel, or convert the samples; raises DataError."""
        if self.source == "pythia":
            return super().load(context)
        from symbench.data.blocks import Append
        from symbench.data.container import Provenance
        from symbench.data.jets.energyflow import read_quark_gluon
        from symbench.data.public.files import verify
        from symbench.data.store import load_or_convert

        record = self._record()
        folder = Path(self.folder) if self.folder is not None else context.cache / record.name

        def fill(append: Append) -> Provenance:
            paths = [(record.locate(file, folder), file) for file in self._files()]
            for path, file in paths:
                verify(file, path)
            return read_quark_gluon(
                [path for path, _ in paths],
                self.jets,
                self.constituents,
                massless=self.massless,
                identification=self.identification,
                append=append,
            )

        return load_or_convert(context.cache / self.digest, self.identity(), fill)

    def _files(self) -> tuple[PublicFile, ...]:
        """The first samples, in a number that suffices for the jets: about half of the 100,000 of each are quarks."""
        return self._record().files[: -(-self.jets // 90_000)]

    def _record(self) -> PublicRecord:
        from symbench.data.public.files import QUARK_GLUON

        return QUARK_GLUON

    def _selection(self) -> str:
        return (
            f"Z(→νν̄) + jet, 14 TeV, with multiple interactions, neutrinos removed; hardest anti-kT R = {self.radius} "
            f"jet with |η| < {self.eta_max:g} of each event, {self.pt_min:g} to {self.pt_max:g} GeV, with the gluon or "
            f"the u, d or s quark of the hard process within ΔR = {self.radius} of its axis"
        )

    def _notes(self) -> tuple[str, ...]:
        return ("the recipe of the EnergyFlow samples, which do not ask where the parton is", *super()._notes())
