"""`jet-table`: jets from the user's files; columns or branches form the constituents, a file or a column the class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from symbench.data.sizes import Sizes
from symbench.errors import DataError, MissingDataError
from symbench.extras import Requirement
from symbench.registry import task
from symbench.tasks.base import ClassificationTask, DataContext

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.jets.table import JetRequest

MINIMUM_JETS = 20

Files = tuple[tuple[int | None, str], ...]


@task("jet-table")
class JetTable(ClassificationTask):
    """Jets of CSV, Parquet, NPZ, HDF5, ROOT, NanoAOD or PFNano files: one file for each class, or a column of classes.

    In a table a row is a jet, in a ROOT tree an entry with lists of constituents; repeated jets are dropped. From
    NanoAOD the hardest jet of each event is taken, so that an event is in one split only. The data are identified by
    the SHA-256 of the files, not by their paths.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "jets of your own CSV, Parquet, NPZ, HDF5, ROOT, NanoAOD or PFNano files"

    path: str = Field(
        min_length=1,
        description="the file, or the folder of `files`, relative to the suite",
        json_schema_extra={"suite_path": True},
    )
    files: dict[str, str] = Field(
        default_factory=dict,
        description="class name → file in the folder `path` (may contain `*` and `?`), one class a file; label 0 first",
    )
    label: str | None = Field(
        None, description="column or branch of the class; NanoAOD: one number for each jet, as in FatJet_hadronFlavour"
    )
    classes: dict[str, int] = Field(
        {"background": 0, "signal": 1},
        min_length=2,
        description="with `label`: class name → value of the column; label 0 first, jets with other values are dropped",
    )
    format: str | None = Field(
        None,
        description="format of the files: csv, parquet, npz, hdf5, root, nanoaod, or the name of another registered "
        "reader; by default the one with the suffix of the file",
    )
    key: str | None = Field(None, description="ROOT tree, HDF5 group or table; not needed if there is only one")
    components: list[str] = Field(
        ["E_{i}", "PX_{i}", "PY_{i}", "PZ_{i}"],
        min_length=1,
        max_length=4,
        description="four columns of CSV or Parquet with {i} for the constituent; four branches with lists, or arrays "
        "(n, P); or one array (n, P, 4). Not used for NanoAOD",
    )
    coordinates: Literal["e_px_py_pz", "px_py_pz_e", "pt_eta_phi_mass"] = Field(
        "e_px_py_pz", description="meaning of the components, in GeV"
    )
    first: int = Field(0, ge=0, description="number of the first constituent in columns with {i}")
    jets_of: Literal["ak8", "ak4"] = Field("ak8", description="NanoAOD: FatJet (AK8) or Jet (AK4)")
    pt_min: float = Field(0.0, ge=0, description="NanoAOD: lowest jet transverse momentum, GeV")
    pt_max: float | None = Field(None, gt=0, description="NanoAOD: highest jet transverse momentum, GeV")
    eta_max: float | None = Field(None, gt=0, description="NanoAOD: largest |η| of the jet")
    puppi: bool | None = Field(
        None, description="NanoAOD: weight constituents by puppiWeight; by default for AK8 jets if the file has weights"
    )
    identification: bool = Field(
        False, description="NanoAOD: charge and kind of the constituents as features beside the four-momenta"
    )
    constituents: int = Field(40, ge=1, le=400, description="constituents kept, by falling transverse momentum")
    jets: int | None = Field(
        None,
        ge=4,
        description="number of jets, in equal parts of each class; by default all jets, which are then read to plan",
    )
    test_fraction: float = Field(0.2, gt=0, lt=1, description="fraction of test jets, the same for every trial")
    validation_fraction: float = Field(0.1, gt=0, lt=1, description="fraction of validation jets")

    @field_validator("format")
    @classmethod
    def _registered(cls, name: str | None) -> str | None:
        if name is None or name == "nanoaod":
            return name
        from symbench.data.tables.suffixes import known_format

        return known_format(name)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.files) == (self.label is not None):
            raise ValueError("set either `files`, one file for each class, or `label`, the column of the class")
        if self.files and len(self.files) < 2:
            raise ValueError("`files` needs at least two classes")
        for name in self.files.values():
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ValueError(f"{name!r} leads out of the folder of the files")
        if len(set(self.classes.values())) < len(self.classes):
            raise ValueError(f"two classes have the same value in {self.classes}")
        if self.test_fraction + self.validation_fraction >= 1:
            raise ValueError("test_fraction and validation_fraction leave no jets to train with")
        if self.jets is not None and self.jets % len(self.label_names()):
            raise ValueError(f"jets must be a multiple of the number of classes, {len(self.label_names())}")
        if self._format() != "nanoaod":
            for name in ("jets_of", "pt_min", "pt_max", "eta_max", "puppi", "identification"):
                if getattr(self, name) != type(self).model_fields[name].default:
                    raise ValueError(f"{name} is used with `format: nanoaod` only")
            if len(self.components) not in (1, 4):
                raise ValueError(f"components needs one or four names, not {len(self.components)}")
        return self

    def label_names(self) -> tuple[str, ...]:
        return tuple(self.files or self.classes)

    def requirements(self) -> tuple[Requirement, ...]:
        return (Requirement("h5py", "data"),) if self._format() == "hdf5" else ()

    def identity(self) -> dict[str, Any]:
        from symbench.data.jets.table import READER, digests
        from symbench.data.tables.table import reader_version

        format = self._format()
        reader = READER if format == "nanoaod" else reader_version(READER, format)
        return {"files": digests(self._files()), "reader": reader, **self._request().recipe()}

    def sizes(self) -> Sizes:
        """From `jets` if it is set; else the files are read."""
        jets = self.jets if self.jets is not None else len(self._read())
        if jets < MINIMUM_JETS:
            raise DataError(f"{self.path}: {jets} distinct jets are too few, {MINIMUM_JETS} are needed")
        test, validation = (max(1, round(jets * share)) for share in (self.test_fraction, self.validation_fraction))
        return Sizes(jets - test - validation, validation, test)

    def load(self, context: DataContext) -> Dataset:
        """All jets in memory, or the first `jets` from the cache, into which they are converted; raises DataError."""
        if self.jets is None:
            return self._read()
        from symbench.data.jets.table import read_jets
        from symbench.data.store import load_or_convert

        return load_or_convert(
            context.cache / self.digest,
            self.identity(),
            lambda append: read_jets(self._files(), self._request(), append),
        )

    def _read(self) -> Dataset:
        from symbench.data.jets.table import digests, read_all

        files = self._files()
        return read_all(files, self._request(), tuple(digest for _, digest in digests(files)))

    def _files(self) -> Files:
        """(class, path) of each file; class None if a column states it."""
        path = Path(self.path)
        if not self.files:
            return ((None, self.path),)
        if not path.is_dir():
            raise DataError(f"{self.path}: not a folder; with `files`, `path` is the folder that holds them")
        files: list[tuple[int | None, str]] = []
        for number, (name, pattern) in enumerate(self.files.items()):
            matches = sorted(str(file) for file in path.glob(pattern) if file.is_file())
            if not matches:
                raise MissingDataError(f"{self.path}: no file {pattern!r} of the class {name!r}")
            files += [(number, file) for file in matches]
        return tuple(files)

    def _format(self) -> str:
        from symbench.data.tables.suffixes import format_of

        if self.format == "nanoaod":
            return "nanoaod"
        return format_of(next(iter(self.files.values()), self.path), self.format)

    def _request(self) -> JetRequest:
        from symbench.data.jets.nanoaod import NanoRequest
        from symbench.data.jets.table import JetRequest

        format = self._format()
        nano = NanoRequest(
            algorithm=self.jets_of,
            constituents=self.constituents,
            pt_min=self.pt_min,
            pt_max=self.pt_max if self.pt_max is not None else float("inf"),
            eta_max=self.eta_max if self.eta_max is not None else float("inf"),
            puppi=self.puppi,
            identification=self.identification,
            label=self.label,
        )
        return JetRequest(
            format=format,
            key=self.key,
            components=tuple(self.components) if format != "nanoaod" else (),
            coordinates=self.coordinates,
            first=self.first,
            constituents=self.constituents,
            label=self.label,
            classes=tuple(self.classes.values()) if not self.files else tuple(range(len(self.files))),
            jets=self.jets,
            nano=nano if format == "nanoaod" else None,
        )
