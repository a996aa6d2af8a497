"""Lines of the journal, to results and back.

Reading a hundred thousand lines is what `symbench leaderboard` waits for, and holding a hundred thousand results is
what a long run needs memory for. So a line is parsed by pydantic's own JSON parser; specs that differ by training
size and seed alone are checked once and share their parts; and the arrays, most of the bytes, stay in the file until
somebody asks for one. Everything else of every line is validated: damage is noticed wherever it is.
"""

from __future__ import annotations

import json
import marshal
import re
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
    """Where a result lies: its line begins at byte `offset` of the journal; `template` is the entry it belongs to."""

    path: Path
    offset: int
    template: TrialTemplate


class JournaledResult(TrialResult):
    """A result whose arrays are in the journal, read when asked for."""

    stored: InstanceOf[JournalRef] = Field(exclude=True, repr=False)

    @property
    def question(self) -> str:
        """`spec.question`, at the cost of one hash."""
        source = self.spec.source
        return self.stored.template.question(self.spec.train_size, self.spec.seed, source.question if source else None)

    def array(self, name: str) -> npt.NDArray[Any] | None:
        return self.whole().array(name)

    def whole(self) -> TrialResult:
        """The result with its arrays; raises JournalError where its line is no longer in its place."""
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
        return result


_FIELDS = set(JournaledResult.model_fields)

_FORMAT, _BEFORE_SPEC, _AFTER_SPEC = b'{"journal":1,', b',"spec":', b',"status":"'
_START = re.compile(_FORMAT + b'"key":"[0-9a-f]{64}"' + _BEFORE_SPEC)
_NUMBERS = re.compile(rb'"train_size":(0|[1-9]\d{0,17}),"seed":(0|[1-9]\d{0,17}),')
_SOURCE = re.compile(rb',"source":(\{"key":"[^{}]*\})\}$')  # the last field of a spec that has one


class Lines:
    """The lines of one journal; `where` in its methods names a line for people."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._templates: dict[bytes, TrialTemplate] = {}
        self._texts: dict[tuple[bytes, bytes], TrialTemplate | None] = {}
        self._environments: dict[bytes, dict[str, str]] = {}

    def encode(self, result: TrialResult, offset: int) -> tuple[bytes, JournaledResult]:
        """The line of a result with its newline, and the result as it is held once the line lies at `offset`."""
        content = result.model_dump(mode="json")
        line = json.dumps({"journal": FORMAT, **content}, separators=(",", ":")).encode() + b"\n"
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
            found = self._split(line)
            if found is None:
                return self._light(self._content(line, where), offset)
            template, size, seed, source, rest = found
            used = None if source is None else Source.model_validate_json(source)
            return self._recorded(from_json(rest), template.spec(size, seed, used), template, offset)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self._damaged(where, error) from error

    def _light(self, content: dict[str, Any], offset: int) -> JournaledResult:
        spec = content["spec"]
        size, seed, used = spec.pop("train_size"), spec.pop("seed"), spec.pop("source", None)
        if type(size) is not int or type(seed) is not int:
            raise TypeError("train_size and seed are whole numbers")
        template = self._template_of(spec, size, seed)
        source = None if used is None else Source.model_validate(used)
        return self._recorded(content, template.spec(size, seed, source), template, offset)

    def _recorded(
        self, content: dict[str, Any], spec: TrialSpec, template: TrialTemplate, offset: int
    ) -> JournaledResult:
        if not isinstance(content.pop("arrays", {}), dict):
            raise TypeError("arrays")
        content["spec"] = spec
        content["notes"] = {name: sys.intern(text) for name, text in content.get("notes", {}).items()}
        content["stored"] = JournalRef(self.path, offset, template)
        result = JournaledResult.model_validate(content)
        shared = self._environments.setdefault(marshal.dumps(result.environment, 0), result.environment)
        # Equal to what was validated, but one for all trials of a machine, and one set of field names for all.
        result.__dict__["environment"] = shared
        object.__setattr__(result, "__pydantic_fields_set__", _FIELDS)
        return result

    def _split(self, line: bytes) -> tuple[TrialTemplate, int, int, bytes | None, bytes] | None:
        """The entry of a line by the bytes of its spec around two numbers and a source; the rest of the line as JSON.

        None for a line that `encode` would have written otherwise. Bytes that were seen are not parsed again: the
        first time, the spec is parsed with other values in their place, which shows that they are the spec's own size,
        seed and source and that nothing else of it is.
        """
        start = _START.match(line)
        end = line.find(_AFTER_SPEC)
        numbers = _NUMBERS.search(line, start.end(), end) if start is not None and end > 0 else None
        if start is None or numbers is None:
            return None
        used = _SOURCE.search(line, numbers.end(2), end)
        around = line[start.end() : numbers.start(1)], line[numbers.end(2) : used.start(1) if used else end]
        if around not in self._texts:
            self._texts[around] = self._prove(*around, sourced=used is not None)
        template = self._texts[around]
        if template is None:
            return None
        rest = b"{" + line[len(_FORMAT) : start.end() - len(_BEFORE_SPEC)] + line[end:]
        return template, int(numbers[1]), int(numbers[2]), used[1] if used else None, rest

    def _prove(self, before: bytes, after: bytes, *, sourced: bool) -> TrialTemplate | None:
        size, seed, source = 987654321987654, 876543219876543, 765432198765432 if sourced else None
        try:
            spec = from_json(before + b'%d,"seed":%d' % (size, seed) + after + (b"%d}" % source if source else b""))
        except ValueError:
            return None
        if (spec.pop("train_size", None), spec.pop("seed", None), spec.pop("source", None)) != (size, seed, source):
            return None
        return self._template_of(spec, size, seed)

    def _template_of(self, spec: dict[str, Any], size: Any, seed: Any) -> TrialTemplate:
        known = marshal.dumps(spec, 0)
        if known not in self._templates:
            self._templates[known] = TrialTemplate(TrialSpec.model_validate({**spec, "train_size": size, "seed": seed}))
        return self._templates[known]

    def _content(self, line: bytes, where: str) -> dict[str, Any]:
        content: dict[str, Any] = from_json(line)
        version = content.pop("journal")
        if version != FORMAT:
            raise JournalError(f"{self.path} {where} has format {version!r}, this symbench reads {FORMAT}")
        return content

    def _damaged(self, where: str, error: Exception) -> JournalError:
        remedy = "move the file away, or cut the line: its trial then runs again"
        return JournalError(f"{self.path} {where} is damaged ({type(error).__name__}): {remedy}")
