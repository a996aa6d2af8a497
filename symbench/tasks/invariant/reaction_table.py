"""`reaction-table`: the user's own reactions; which additive charges do they conserve?"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from symbench.data.sizes import Sizes
from symbench.errors import DataError
from symbench.registry import task
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.pairing import WithControl
from symbench.tasks.own_files import OwnColumns, matching_files, split_tree

if TYPE_CHECKING:
    from symbench.data.container import Dataset
    from symbench.data.samples import ConservedQuantities

ChargeName = Literal[
    "electric charge",
    "baryon number",
    "electron number",
    "muon number",
    "tau number",
    "strangeness",
    "charm",
    "beauty",
]

_READER = "1"
_FEWEST = 20


@task("reaction-table")
class ReactionTable(OwnColumns, WithControl):
    """Reactions such as `-13 -> -11 12 -14`, one in each row: numbers of species before and after.

    The antiparticle of a species has a minus before the id of the Particle Data Group, or `anti-` or ~ before the
    name. Repeated rows are kept: they are observations. In the control the number of each species among the products
    is that of another reaction.
    """

    summary: ClassVar[str] = "additive charges that your own reactions conserve, from a column of text"
    parts = "reactions"

    path: str = Field(
        min_length=1,
        description="the file, or files by `*` and `?`, relative to the suite",
        json_schema_extra={"suite_path": True},
    )
    reaction: str = Field("reaction", min_length=1, description="column of the reactions as text")
    neutral: list[str] = Field(
        default_factory=list, description="species without a charge that are left out, as in ['111', '22'] or [pi0]"
    )
    known_charges: list[ChargeName] | Literal["none"] | None = Field(
        None,
        description="the charges that the reactions conserve, `none`, or nothing if they are unknown; their values "
        "need species by PDG ids",
    )
    test_fraction: float = Field(0.3, gt=0, lt=1, description="fraction of test reactions for the metrics")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        from symbench.data.tables.suffixes import format_of

        format_of(split_tree(self.path)[0], self.format)
        if isinstance(self.known_charges, list) and not self.known_charges:
            raise ValueError("write `known_charges: none` if no charge is conserved")
        return self

    def identity(self) -> dict[str, Any]:
        from symbench.data.tables.table import file_digest, reader_version

        format = self._format()
        return {
            "files": [file_digest(file) for file in self._files()],
            "reader": reader_version(_READER, format),
            "format": format,
            "key": self._key(),
            "reaction": self.reaction,
            "neutral": sorted(self.neutral),
            "where": self.model_dump(mode="json", include={"where", "drop_missing"}),
            **self.control_identity(),
        }

    def sizes(self) -> Sizes:
        total = len(self._read)
        if total < _FEWEST:
            raise DataError(f"{self.path}: {total} reactions are too few, {_FEWEST} are needed")
        test = max(1, round(total * self.test_fraction))
        return Sizes(train=total - test, validation=0, test=test)

    def selection(self) -> str | None:
        return self._read.provenance.selection

    def part_names(self) -> tuple[str, ...]:
        return self._reactions[1]

    def width(self) -> int:
        return 2 * len(self.part_names())

    def events(self, context: DataContext) -> Dataset:
        return self._read

    def shared(self) -> ConservedQuantities | None:
        import numpy as np

        from symbench.data.decays_recipe import charge
        from symbench.data.event_functions import linear_functions
        from symbench.data.samples import no_quantities

        if self.known_charges is None:
            return None
        if self.known_charges == "none":
            return no_quantities(self.width())
        species = self.part_names()
        named = [name for name in species if not name.isdecimal()]
        if named:
            raise DataError(f"{self.path}: known_charges need species by PDG ids, not {', '.join(named[:3])}")
        values = np.array([[float(charge(name, int(kind))) for kind in species] for name in self.known_charges])
        return linear_functions(np.concatenate([-values, values], axis=1))

    def shared_names(self) -> tuple[str, ...] | None:
        if self.known_charges is None:
            return None
        return () if self.known_charges == "none" else tuple(self.known_charges)

    def _files(self) -> tuple[str, ...]:
        return matching_files(split_tree(self.path)[0])

    def _format(self) -> str:
        from symbench.data.tables.suffixes import format_of

        return format_of(split_tree(self.path)[0], self.format)

    def _key(self) -> str | None:
        return self.key or split_tree(self.path)[1]

    @cached_property
    def _reactions(self) -> tuple[Any, tuple[str, ...], str]:
        """Numbers (N, 2, S) of all reactions, species, and what was left out."""
        from symbench.data.reactions import read_reactions
        from symbench.data.tables.columns import MAXIMUM_ROWS, ColumnSource, read_columns
        from symbench.data.tables.rows import select
        from symbench.data.tables.tally import Tally

        tally, texts = Tally(self.accept), []
        conditions = self.conditions()
        wanted = list(dict.fromkeys([self.reaction, *(name for one in conditions for name in one.columns)]))
        for file in self._files():
            columns = read_columns(file, wanted, ColumnSource(self._format(), self._key(), None), MAXIMUM_ROWS)
            needed = [self.reaction] if self.drop_missing else []
            column = select(file, columns, conditions, needed, tally, "rows")[self.reaction]
            if column.dtype.kind not in "UO":
                raise DataError(f"{file}: the column {self.reaction!r} is not text")
            texts += [str(text) for text in column.tolist()]  # type: ignore[union-attr]
        counts, species = read_reactions(texts, self.neutral)
        return counts, species, "; ".join(("", *tally.sentences()))

    @cached_property
    def _read(self) -> Dataset:
        from symbench.data.container import Dataset, Provenance
        from symbench.data.tables.table import names_of_files

        counts, species, left = self._reactions
        changed = (counts[:, 1] != counts[:, 0]).any(axis=1)
        if not changed.all():
            left += f"; {int((~changed).sum()):,} in which no species changes left out"
        return Dataset.numbered(
            vectors=counts[changed],
            provenance=Provenance(
                source=f"{names_of_files(self._files())} ({self._format()})",
                selection=f"{int(changed.sum()):,} reactions of {len(species)} species{left}",
                licence="not stated",
            ),
        )
