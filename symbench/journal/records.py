"""Lines of the journal, to results and back.

Reading a hundred thousand lines is what `symbench leaderboard` waits for, and holding a hundred thousand results is
what a long run needs memory for. Therefore specs that differ by training size and seed alone are checked once and
share their parts, and arrays, which are most of the bytes, stay in the file until they are used. Everything else of
every line is validated: damage is noticed wherever it is.
"""

from __future__ import annotations

import json
import marshal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, InstanceOf
from pydantic_core import from_json

from symbench.errors import JournalError
from symbench.trial.expand import TrialTemplate
from symbench.trial.result import TrialResult
from symbench.trial.spec import Source, TrialSpec

if TYPE_CHECKING:
    import numpy.typing as npt

FORMAT = 1


@dataclass(frozen=True, slots=True)
class JournalRef:
    """Where a result lies: its line begins at byte `offset` of the journal; `template` is that of its entry."""

    path: Path
    offset: int
    template: TrialTemplate


class JournaledResult(TrialResult):
    """A result whose arrays are in the journal, from where they are read on demand."""

    stored: InstanceOf[JournalRef] = Field(exclude=True, repr=False)

    @property
    def question(self) -> str:
        """`spec.question`, at the cost of one hash."""
        source = self.spec.source
        question = source.question if source else None
        return self.stored.template.question(self.spec.train_size, self.spec.seed, question)

    def array(self, name: str) -> npt.NDArray[Any] | None:
        return self.whole().array(name)

    def whole(self) -> TrialResult:
        """The result with its arrays, under the labels of this one.

        Raises JournalError if its line is no longer in its place.
        """
        path, offset = self.stored.path, self.stored.offset
        try:
            with path.open("rb") as file:
                file.seek(offset)
                line = file.readline()
        except OSError as error:
            raise JournalError(f"cannot read {path}: {error.strerror or error}") from error
        result = Lines(path).whole(line, f"at byte {offset}")
        if result.key != self.key:
            raise JournalError(f"{path} was changed while it was read: start again")
        return result.model_copy(update={"spec": self.spec})


_FIELDS = set(JournaledResult.model_fields)


class Lines:
    """The lines of one journal. In its methods `where` names a line in messages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._templates: dict[bytes, TrialTemplate] = {}
        self._environments: dict[bytes, dict[str, str]] = {}

    def encode(self, result: TrialResult, offset: int) -> tuple[bytes, JournaledResult]:
        """The line of a result with its newline, and the result as it is held once the line lies at `offset`."""
        content = result.model_dump(mode="json")
        line = json.dumps({"journal": FORMAT, **content}, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        return line, self._light(content, offset)

    def whole(self, line: bytes, where: str) -> TrialResult:
        """The result with its arrays; raises JournalError for a damaged line."""
        try:
            return TrialResult.model_validate(self._content(line, where))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged(where, error) from error

    def light(self, line: bytes, where: str, offset: int) -> JournaledResult:
        """The result without its arrays; raises JournalError for a damaged line."""
        try:
            return self._light(self._content(line, where), offset)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged(where, error) from error

    def _light(self, content: dict[str, Any], offset: int) -> JournaledResult:
        spec = content["spec"]
        size, seed, source = spec.pop("train_size"), spec.pop("seed"), spec.pop("source", None)
        if type(size) is not int or type(seed) is not int:
            raise TypeError("train_size and seed are whole numbers")
        if not isinstance(content.pop("arrays", {}), dict):
            raise TypeError("arrays")
        template = self._template(spec, size, seed)
        content["spec"] = template.spec(size, seed, None if source is None else Source.model_validate(source))
        content["notes"] = {name: sys.intern(text) for name, text in content.get("notes", {}).items()}
        content["stored"] = JournalRef(self.path, offset, template)
        checked = JournaledResult.model_validate(content)
        # Results are many: those of one machine share their environment, and all share the set of field names.
        fields = {name: getattr(checked, name) for name in _FIELDS}
        fields["environment"] = self._environments.setdefault(
            marshal.dumps(checked.environment, 0), checked.environment
        )
        return JournaledResult.model_construct(_FIELDS, **fields)

    def _template(self, spec: dict[str, Any], size: int, seed: int) -> TrialTemplate:
        """The template of a spec without training size, seed and source; each is validated once."""
        content = marshal.dumps(spec, 0)
        if content not in self._templates:
            self._templates[content] = TrialTemplate(
                TrialSpec.model_validate({**spec, "train_size": size, "seed": seed})
            )
        return self._templates[content]

    def _content(self, line: bytes, where: str) -> dict[str, Any]:
        content: dict[str, Any] = from_json(line)
        version = content.pop("journal")
        if version != FORMAT:
            raise JournalError(f"{self.path} {where} has format {version!r}, this symbench reads {FORMAT}")
        return content

    def _damaged(self, where: str, error: Exception) -> JournalError:
        remedy = "move the file away, or cut the line: its trial then runs again"
        return JournalError(f"{self.path} {where} is damaged ({type(error).__name__}): {remedy}")
