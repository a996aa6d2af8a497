"""`jetclass`: jets of up to ten processes of the JetClass record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.registry import task
from symbench.tasks.base import ClassificationTask, DataContext

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.jets.jetclass import Files

Class = Literal["QCD", "Hbb", "Hcc", "Hgg", "H4q", "Hqql", "Zqq", "Wqq", "Tbqq", "Tbl"]


@task("jetclass")
class JetClass(ClassificationTask):
    """Large-radius jets of the JetClass record (Zenodo 6619768), in equal numbers of each of the `classes`.

    The folder holds the unpacked files, `TTBar_000.root` and so on. If it contains `train_100M`, `val_5M` and
    `test_20M`, the folders of the unpacked archives, training, validation and test jets are read from these; else the
    jets of all files are split here.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "jets of the ten JetClass processes, chosen ones"
    reference: ClassVar[str] = "Qu, Li, Qian, ICML 2022, arXiv:2202.03772"

    folder: str = Field(
        min_length=1,
        description="the folder of the ROOT files, relative to the suite",
        json_schema_extra={"suite_path": True},
    )
    classes: list[Class] = Field(["QCD", "Tbqq"], min_length=2, description="the classes, label 0 first")
    jets: int = Field(6000, ge=4, description="number of jets, in equal parts of each class")
    test_jets: int = Field(2000, ge=2, description="test jets, the same for every trial")
    validation_jets: int = Field(600, ge=2, description="validation jets, which choose the epoch")
    constituents: int = Field(40, ge=1, le=400, description="constituents kept, by falling transverse momentum")
    identification: bool = Field(
        False, description="charge and kind of the constituents as features beside the four-momenta"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError(f"a class repeats in {self.classes}")
        for name in ("jets", "test_jets", "validation_jets"):
            if getattr(self, name) % len(self.classes):
                raise ValueError(f"{name} must be a multiple of the number of classes, {len(self.classes)}")
        if self.test_jets + self.validation_jets >= self.jets:
            raise ValueError("test_jets and validation_jets leave none of the jets to train with")
        return self

    def label_names(self) -> tuple[str, ...]:
        return tuple(self.classes)

    def identity(self) -> dict[str, Any]:
        """The selection, and name, size and ends of every file, so that planning does not read gigabytes."""
        from symbench.data.jets.jetclass import READER, fingerprint

        selection = self.model_dump(mode="json", include={"classes", "jets", "constituents", "identification"})
        files = self._files()
        split = [self.validation_jets, self.test_jets] if _is_split(files) else None
        return {**selection, "split": split, "files": fingerprint(files), "reader": READER}

    def sizes(self) -> Sizes:
        return Sizes(self.jets - self.test_jets - self.validation_jets, self.validation_jets, self.test_jets)

    def load(self, context: DataContext) -> Dataset:
        """Read the jets from the cache, or convert the files; raises DataError."""
        from symbench.data.jets.jetclass import read_jetclass
        from symbench.data.store import load_or_convert

        files = self._files()
        sizes = self.sizes()
        counts = (sizes.train, sizes.validation, sizes.test) if _is_split(files) else (self.jets,)
        return load_or_convert(
            context.cache / self.digest,
            self.identity(),
            lambda append: read_jetclass(
                files,
                [count // len(self.classes) for count in counts],
                self.constituents,
                identification=self.identification,
                append=append,
            ),
        )

    def _files(self) -> Files:
        from symbench.data.jets.jetclass import files_of

        return files_of(Path(self.folder), self.classes)


def _is_split(files: Files) -> bool:
    return any(len(parts) > 1 for parts in files.values())
