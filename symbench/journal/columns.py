"""Results as columns, of which only what is used becomes Python objects.

Spec and status, which tables and figures compare hundreds of times for each result, are objects. The other fields are
made at each use, which takes a few microseconds: held as objects they would be most of the memory of a million results.
Everything that many results share, such as the environment and the names of the metrics, is stored once; numbers are
stored as they are, so that nothing changes in the last digit.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbench.journal.records import JournaledResult, JournalRef
from symbench.trial.expand import TrialTemplate
from symbench.trial.result import Status, TrialError
from symbench.trial.spec import Source, TrialSpec

if TYPE_CHECKING:
    import pyarrow as pa

TEMPLATES = b"templates"
_SHARED = ("status", "environment", "notes", "error", "source", "metric_names", "timing_names")


@dataclass(frozen=True, slots=True)
class ColumnRef(JournalRef):
    """A row of columns, and where the result's line begins in the journal."""

    columns: Columns
    row: int


class ColumnResult(JournaledResult):
    """A result that reads its fields from columns when they are used; the declarations drop their defaults."""

    metrics: dict[str, float]
    timings: dict[str, float]
    peak_memory_mib: float | None
    environment: dict[str, str]
    notes: dict[str, str]
    error: TrialError | None
    finished_at: float

    if not TYPE_CHECKING:  # the fields are declared above

        def __getattr__(self, name: str) -> Any:
            """Called by Python for fields that the object does not hold itself."""
            if name in _LAZY:
                stored = self.stored
                return getattr(stored.columns, name)(stored.row)
            return super().__getattr__(name)


_HELD = {"key", "spec", "status", "arrays", "stored"}
_LAZY = frozenset(ColumnResult.model_fields) - _HELD
_NO_ARRAYS: dict[str, dict[str, Any]] = {}


class Columns:
    """The results of one table; methods named as fields of `TrialResult` give that field of a row."""

    def __init__(self, path: Path, table: pa.Table, templates: dict[str, TrialTemplate]) -> None:
        """`path` is that of the journal; tables with the same `templates` share those that they have in common."""
        self.path = path
        self._table = table = table.combine_chunks()
        self._templates = [_template(spec, templates) for spec in json.loads(table.schema.metadata[TEMPLATES])]
        self._shared = {name: _shared(table.column(name)) for name in _SHARED}
        codes, statuses = self._shared["status"]
        self._shared["status"] = codes, [Status(status) for status in statuses]
        self._finished_at = table.column("finished_at").to_numpy()
        self._memory = table.column("peak_memory_mib")
        self._lists = {name: _lists(table.column(name)) for name in ("metrics", "timings")}

    def results(self) -> Iterator[JournaledResult]:
        """Every result in the order of the journal."""
        names = ("key", "template", "offset", "train_size", "seed")
        rows = zip(*(self._table.column(name).to_pylist() for name in names), strict=True)
        for row, (key, number, offset, size, seed) in enumerate(rows):
            template, source = self._templates[number], self._of("source", row)
            held: dict[str, Any] = {
                "key": key,
                "spec": template.spec(size, seed, None if source is None else Source.model_validate(source)),
                "status": self._of("status", row),
                "arrays": _NO_ARRAYS,
                "stored": ColumnRef(self.path, offset, template, self, row),
            }
            yield ColumnResult.model_construct(_HELD, **held)

    def metrics(self, row: int) -> dict[str, float]:
        return self._named("metrics", "metric_names", row)

    def timings(self, row: int) -> dict[str, float]:
        return self._named("timings", "timing_names", row)

    def peak_memory_mib(self, row: int) -> float | None:
        value: float | None = self._memory[row].as_py()
        return value

    def environment(self, row: int) -> dict[str, str]:
        environment: dict[str, str] = self._of("environment", row)
        return environment

    def notes(self, row: int) -> dict[str, str]:
        notes: dict[str, str] = self._of("notes", row)
        return notes

    def error(self, row: int) -> TrialError | None:
        error = self._of("error", row)
        return None if error is None else TrialError.model_validate(error)

    def finished_at(self, row: int) -> float:
        return float(self._finished_at[row])

    def _of(self, name: str, row: int) -> Any:
        codes, values = self._shared[name]
        return values[codes[row]]

    def _named(self, values: str, names: str, row: int) -> dict[str, float]:
        offsets, flat = self._lists[values]
        return dict(zip(self._of(names, row), flat[offsets[row] : offsets[row + 1]].tolist(), strict=True))


def as_table(results: Sequence[JournaledResult]) -> pa.Table:
    """The table of these results.

    Raises OverflowError or pyarrow's exceptions for results that no table can hold, such as seeds beyond 64 bits.
    """
    import pyarrow as pa

    templates = {id(result.stored.template): number for number, result in enumerate(results)}
    first = {template: results[number] for template, number in templates.items()}
    codes = {template: code for code, template in enumerate(first)}
    specs = [result.stored.template.common.model_dump_json() for result in first.values()]
    integers = pa.int64()
    columns = {
        "key": pa.array([r.key for r in results], pa.string()),
        "template": pa.array([codes[id(r.stored.template)] for r in results], integers),
        "offset": pa.array([r.stored.offset for r in results], integers),
        "train_size": pa.array([r.spec.train_size for r in results], integers),
        "seed": pa.array([r.spec.seed for r in results], integers),
        "finished_at": pa.array([r.finished_at for r in results], pa.float64()),
        "peak_memory_mib": pa.array([r.peak_memory_mib for r in results], pa.float64(), from_pandas=False),
        "metrics": pa.array([list(r.metrics.values()) for r in results], pa.list_(pa.float64())),
        "timings": pa.array([list(r.timings.values()) for r in results], pa.list_(pa.float64())),
    }
    shared: dict[str, list[Any]] = {
        "status": [r.status.value for r in results],
        "environment": [r.environment for r in results],
        "notes": [r.notes for r in results],
        "error": [None if r.error is None else r.error.model_dump(mode="json") for r in results],
        "source": [None if r.spec.source is None else r.spec.source.model_dump(mode="json") for r in results],
        "metric_names": [list(r.metrics) for r in results],
        "timing_names": [list(r.timings) for r in results],
    }
    columns |= {
        name: pa.array([json.dumps(value) for value in values], pa.string()).dictionary_encode()
        for name, values in shared.items()
    }
    return pa.table(columns).replace_schema_metadata({TEMPLATES: json.dumps(specs)})


def _template(spec: str, known: dict[str, TrialTemplate]) -> TrialTemplate:
    """The template of a spec in JSON, which is validated once."""
    if spec not in known:
        known[spec] = TrialTemplate(TrialSpec.model_validate_json(spec))
    return known[spec]


def _shared(column: pa.ChunkedArray) -> tuple[Any, list[Any]]:
    """The code of each row, and the value of each code."""
    array = column.combine_chunks()
    array = array.chunk(0) if hasattr(array, "chunk") else array
    return array.indices.to_numpy(), [json.loads(text) for text in array.dictionary.to_pylist()]


def _lists(column: pa.ChunkedArray) -> tuple[Any, Any]:
    """Offsets (rows + 1,) into the values of all rows."""
    array = column.combine_chunks()
    array = array.chunk(0) if hasattr(array, "chunk") else array
    return array.offsets.to_numpy(), array.values.to_numpy()
