"""Tasks that read jets from the user's files: columns or branches form the constituents, a file or column the class."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.data.tables.grammar import COMPONENTS, Value
from symbench.errors import DataError, MissingDataError
from symbench.extras import Requirement
from symbench.tasks.base import DataContext, Task
from symbench.tasks.own_files import (
    OwnFiles,
    SplitRule,
    check_words,
    matching_files,
    split_column,
    split_tree,
    words_of,
)

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.jets.request import JetFile, JetRequest

MINIMUM_JETS = 20

_NANO_FIELDS = ("jets_of", "pt_min", "pt_max", "eta_max", "puppi", "identification")
_TABLE_FIELDS = (
    "offsets", "unit", "mass", "where", "drop_missing", "drop_empty", "event_id", "padding", "split",
    "constituent_weight",
)  # fmt: skip


class OwnJets(OwnFiles, Task):
    """Fields of a task that reads jets, and how it reads them; a base beside that of the track.

    In a table a row is a jet, in a ROOT tree an entry with lists of constituents; repeated jets are dropped. From
    NanoAOD the hardest jet of each event is taken, so that an event is in one split only. Whatever is left out is
    counted in the provenance. The data are identified by the SHA-256 of the files, not by their paths.
    """

    further_formats: ClassVar[frozenset[str]] = frozenset({"nanoaod"})

    path: str = Field(
        min_length=1,
        description="the file, or files by `*` and `?`, or the folder of `files`, relative to the suite; `{split}` in "
        "it stands for the words of `split`",
        json_schema_extra={"suite_path": True},
    )
    files: dict[str, str] = Field(
        default_factory=dict,
        description="class name → file in the folder `path` (may contain `*` and `?`), one class a file; label 0 first",
    )
    label: str | list[str] | None = Field(
        None,
        description="column or branch of the class, or one-hot columns, of which the n-th is class n; NanoAOD: one "
        "number for each jet, as in FatJet_hadronFlavour",
    )
    classes: dict[str, Value] = Field(
        {"background": 0, "signal": 1},
        min_length=2,
        description="with `label`: class name → value of the column, a number or a word; label 0 first, jets with "
        "other values are left out and counted",
    )
    components: list[str] = Field(
        ["E_{i}", "PX_{i}", "PY_{i}", "PZ_{i}"],
        min_length=1,
        max_length=4,
        description="a column for each coordinate, with {i} for the constituent; or lists, or arrays (n, P); or one "
        "array (n, P, 4). `p[2]` is the third value of an array p. Not used for NanoAOD",
    )
    coordinates: Literal[
        "e_px_py_pz", "px_py_pz_e", "px_py_pz", "pt_eta_phi", "pt_eta_phi_mass", "pt_eta_phi_energy", "pt_y_phi_mass"
    ] = Field("e_px_py_pz", description="meaning of the components; angles in radian")
    first: int = Field(0, ge=0, description="number of the first constituent in columns with {i}")
    padding: float | Literal["nan"] | None = Field(
        None, description="value of the components of padding, beside zero; nan for padding that is not a number"
    )
    constituent_weight: str | None = Field(
        None,
        min_length=1,
        description="column with a weight of each constituent, such as PUPPI's, that multiplies its momentum and mass",
    )
    drop_empty: bool = Field(False, description="leave out jets without constituents, and count them")
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
    split: str | SplitRule | None = Field(
        None,
        description="split of the files: a column with 0, 1, 2 or train, val, test; {column, train, validation, test} "
        "with its values; or {train, validation, test} with the words for {split} in path, components and label",
    )
    test_fraction: float = Field(0.2, gt=0, lt=1, description="fraction of test jets, the same for every trial")
    validation_fraction: float = Field(0.1, gt=0, lt=1, description="fraction of validation jets")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        self._check_label()
        if self.files and len(self.files) < 2:
            raise ValueError("`files` needs at least two classes")
        for name in self.files.values():
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ValueError(f"{name!r} leads out of the folder of the files")
        if len(set(map(str, self.classes.values()))) < len(self.classes):
            raise ValueError(f"two classes have the same value in {self.classes}")
        if self.test_fraction + self.validation_fraction >= 1:
            raise ValueError("test_fraction and validation_fraction leave no jets to train with")
        if self.jets is not None and self.jets % len(self.class_names_of_files()):
            raise ValueError(f"jets must be a multiple of the number of classes, {len(self.class_names_of_files())}")
        self._check_split()
        nano = self._format() == "nanoaod"
        for name in _TABLE_FIELDS if nano else _NANO_FIELDS:
            field = type(self).model_fields[name]
            if getattr(self, name) != field.get_default(call_default_factory=True):
                raise ValueError(
                    f"{name} is {'not used' if nano else 'used'} with `format: nanoaod`{'' if nano else ' only'}"
                )
        needed = COMPONENTS[self.coordinates]
        if not nano and len(self.components) not in (1, needed):
            raise ValueError(
                f"{self.coordinates} needs one or {needed} names in components, not {len(self.components)}"
            )
        return self

    def _check_label(self) -> None:
        if bool(self.files) == (self.label is not None):
            raise ValueError(
                "set either `files`, one file for each class, or `label`, the column of the class (several files with "
                "a column: `path` with `*`, or with {split} and `split`)"
            )

    def _check_split(self) -> None:
        label = [self.label] if isinstance(self.label, str) else self.label or []
        weight = [name for name in (self.constituent_weight, self._weight()) if name is not None]
        check_words(self.split, [self.path, *self.files.values(), *self.components, *weight, *label])
        if isinstance(self.split, SplitRule) and self.split.validation is None:
            raise ValueError("`split` needs the values of `validation`: validation jets choose the epoch of a network")

    def class_names_of_files(self) -> tuple[str, ...]:
        """The names of the classes, label 0 first; one if the jets have no class."""
        return tuple(self.files or (self.classes if self.label is not None else ("jet",)))

    def requirements(self) -> tuple[Requirement, ...]:
        return (Requirement("h5py", "data"),) if self._format() == "hdf5" else ()

    def identity(self) -> dict[str, Any]:
        from symbench.data.jets.table import READER, digests
        from symbench.data.tables.table import reader_version

        format = self._format()
        reader = READER if format == "nanoaod" else reader_version(READER, format)
        return {"files": digests(self._files()), "reader": reader, **self._request().recipe()}

    def sizes(self) -> Sizes:
        """From `jets` if it is set and the file states no split; else the files are read."""
        if self.split is not None or self.event_id:
            return self._own_sizes()
        jets = self.jets if self.jets is not None else len(self._read())
        if jets < MINIMUM_JETS:
            raise DataError(f"{self.path}: {jets} distinct jets are too few, {MINIMUM_JETS} are needed")
        test, validation = (max(1, round(jets * share)) for share in (self.test_fraction, self.validation_fraction))
        return Sizes(jets - test - validation, validation, test)

    def selection(self) -> str | None:
        read_to_plan = self.jets is None or self.split is not None or bool(self.event_id)
        return self._read().provenance.selection if read_to_plan else None

    def _own_sizes(self) -> Sizes:
        import numpy as np

        part = self._read().part
        assert part is not None, "a split or events give every jet a part"
        train, validation, test = np.bincount(part, minlength=3).tolist()
        if min(train, validation, test) < 1 or len(part) < MINIMUM_JETS:
            raise DataError(
                f"{self.path}: {train} jets to train, {validation} to validate and {test} to test with are too few: "
                f"{self._read().provenance.selection}"
            )
        return Sizes(train, validation, test)

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

    def _weight(self) -> str | None:
        """The column of the weights of jets, if the task uses weights."""
        return None

    def _read(self) -> Dataset:
        from symbench.data.jets.table import digests, read_all

        files = self._files()
        return read_all(files, self._request(), tuple(digest for _, digest, *_ in digests(files)))

    def _files(self) -> tuple[JetFile, ...]:
        """Every file with its class, and its part of the split if names state it."""
        from symbench.data.jets.request import JetFile

        files: list[JetFile] = []
        for part, word in words_of(self.split):
            path = split_tree(self.path)[0].replace("{split}", word)
            if not self.files:
                files += [
                    JetFile(None if self.label is not None else 0, file, part, word) for file in matching_files(path)
                ]
                continue
            if not Path(path).is_dir():
                raise DataError(f"{path}: not a folder; with `files`, `path` is the folder that holds them")
            for number, (name, pattern) in enumerate(self.files.items()):
                pattern = pattern.replace("{split}", word)
                matches = sorted(str(file) for file in Path(path).glob(pattern) if file.is_file())
                if not matches:
                    raise MissingDataError(f"{path}: no file {pattern!r} of the class {name!r}")
                files += [JetFile(number, file, part, word) for file in matches]
        return tuple(files)

    def _format(self) -> str:
        from symbench.data.tables.suffixes import format_of

        if self.format == "nanoaod":
            return "nanoaod"
        return format_of(next(iter(self.files.values()), split_tree(self.path)[0]), self.format)

    def _request(self) -> JetRequest:
        from symbench.data.jets.nanoaod import NanoRequest
        from symbench.data.jets.request import JetRequest

        format = self._format()
        label = tuple(self.label) if isinstance(self.label, list) else self.label
        nano = None
        if format == "nanoaod":
            nano = NanoRequest(
                algorithm=self.jets_of,
                constituents=self.constituents,
                pt_min=self.pt_min,
                pt_max=self.pt_max if self.pt_max is not None else float("inf"),
                eta_max=self.eta_max if self.eta_max is not None else float("inf"),
                puppi=self.puppi,
                identification=self.identification,
                label=label if isinstance(label, str) else None,
                weight=self._weight(),
            )
        column, values = split_column(self.split)
        return JetRequest(
            format=format,
            key=self.key or split_tree(self.path)[1],
            components=tuple(self.components) if nano is None else (),
            coordinates=self.coordinates,
            first=self.first,
            constituents=self.constituents,
            label=label,
            classes=tuple(self.classes.values()) if label is not None else tuple(range(len(self.files) or 1)),
            class_names=() if label is None else tuple(self.classes),
            jets=self.jets,
            nano=nano,
            unit=self.unit,
            mass=self.mass,
            padding=self.padding,
            constituent_weight=self.constituent_weight,
            offsets=self.offsets,
            where=self.conditions(),
            drop_missing=self.drop_missing,
            drop_empty=self.drop_empty,
            event_id=tuple(self.event_id),
            split=column,
            split_values=values,
            fractions=(self.test_fraction, self.validation_fraction) if self.event_id and self.split is None else None,
            accept=tuple(self.accept),
            weight=self._weight(),
        )
