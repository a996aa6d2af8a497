"""The text of a suite: YAML read safely, with the line of every value, and errors that name the place in the file."""

from __future__ import annotations

import types
import typing
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from symbench.component import Track
from symbench.errors import Problem, SuiteError, nearest
from symbench.words import one_line

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 200_000
MAX_DEPTH = 100
_MAX_DIGITS = 100  # Python itself neither reads nor prints integers of more than 4,300

YamlPath = tuple[str | int, ...]


@dataclass(frozen=True)
class SuiteSource:
    """A parsed suite file: its plain content, and the line of each value."""

    file: str
    text: str
    content: Mapping[str, Any]
    lines: Mapping[YamlPath, int]

    def problem(self, path: YamlPath, message: str, *, value: object = None, hint: str | None = None) -> Problem:
        """A problem at this place, with the line of the nearest enclosing value."""
        at = path
        while at not in self.lines and at:
            at = at[:-1]
        return Problem(render_path(path), message, _short(value), self.lines.get(at), hint)

    def problems_of(self, error: ValidationError, model: type[BaseModel], prefix: YamlPath = ()) -> list[Problem]:
        """The errors of pydantic in the value at `prefix`, as problems with places in the suite."""
        found = []
        for detail in error.errors(include_url=False):
            path = (*prefix, *detail["loc"])
            if detail["type"] == "extra_forbidden":
                known = _fields_at(model, detail["loc"][:-1])
                found.append(
                    self.problem(
                        path,
                        "unknown key",
                        value=detail["loc"][-1],
                        hint=_other_key(str(detail["loc"][-1]), known),
                    )
                )
            elif detail["type"] == "missing":
                found.append(self.problem(path, "this key is missing"))
            else:
                message = detail["msg"].removeprefix("Value error, ")
                found.append(self.problem(path, message[:1].lower() + message[1:], value=detail["input"]))
        return found


def read_source(path: Path) -> SuiteSource:
    """Read a suite file; raises SuiteError for anything that is not one YAML mapping."""
    file = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SuiteError(file, [Problem("", f"larger than {MAX_BYTES // 1024**2} MiB, the limit for suites")])
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise SuiteError(file, [Problem("", "no such file", hint=_near_file(path))]) from error
    except IsADirectoryError as error:
        raise SuiteError(file, [Problem("", "this is a folder, not a suite file")]) from error
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise SuiteError(file, [Problem("", f"cannot be read: {error}")]) from error
    return parse_source(text, file)


def parse_source(text: str, file: str = "<text>") -> SuiteSource:
    """Parse the text of a suite; raises SuiteError."""
    lines: dict[YamlPath, int] = {}
    places: dict[tuple[int, int], YamlPath] = {}
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                raise SuiteError(file, [Problem("", "the file is empty", line=1)])
            _bounded(node)
            _index(node, (), lines, places)
            content = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        path = () if mark is None else places.get((mark.line, mark.column), ())
        message = " ".join(part for part in (error.context, error.problem) if part)
        raise SuiteError(file, [Problem(render_path(path), f"not valid YAML: {message}", line=line)]) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        message = f"not valid YAML: the character {_code_point(error.character)} is not allowed"
        raise SuiteError(file, [Problem("", message, line=line)]) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise SuiteError(file, [Problem("", f"not valid YAML: {error}", line=1)]) from error
    except RecursionError as error:
        raise SuiteError(file, [Problem("", "nested too deeply", line=1)]) from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise SuiteError(file, [Problem("", f"a suite is a mapping of keys to values, this is a {kind}", line=1)])
    return SuiteSource(file, text, content, lines)


def render_path(path: YamlPath) -> str:
    """`discovery[0].methods[2].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{one_line(part)}" if text else one_line(part)
    return text


_STANDARD = "tag:yaml.org,2002:"
_TAGS = frozenset(_STANDARD + name for name in ("null", "bool", "int", "float", "str", "seq", "map", "merge"))


class _Loader(yaml.SafeLoader):
    """SafeLoader for what a suite holds: texts, numbers, booleans, lists, and mappings with keys of text.

    It rejects other tags, and a repeated key: YAML forbids it, but PyYAML would use the last one. A date is a text.
    Every error has the mark of its node.
    """

    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "nested too deeply", event.start_mark)
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        if node.tag not in _TAGS:
            raise _error(f"the tag {node.tag.replace(_STANDARD, '!!')!r} is not used in suites", node)
        try:
            value = super().construct_object(node, deep)
        except yaml.YAMLError:
            raise
        except Exception as error:  # PyYAML converts the text of a scalar without checking it
            kind = node.tag.removeprefix(_STANDARD)
            raise _error(f"{_short(node.value)!r} cannot be read as {kind}", node) from error
        if isinstance(value, int) and abs(value) >= 10**_MAX_DIGITS:
            raise _error(f"an integer of more than {_MAX_DIGITS} digits", node)
        if isinstance(value, str) and (character := _refused(value)) is not None:
            raise _error(f"the character {_code_point(ord(character))} is not allowed", node)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _error("a mapping of keys to values was expected", node)
        known: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == f"{_STANDARD}merge":
                continue
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != f"{_STANDARD}str":
                raise _error("a key must be text: put it in quotes", key_node)
            if key_node.value in known:
                raise _error(f"the key {key_node.value!r} is repeated", key_node)
            known.add(key_node.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _TAGS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _error(message: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, message, node.start_mark)


def _refused(text: str) -> str | None:
    """The first character that no text of a suite may hold: control characters, and halves of surrogate pairs."""
    if text.isprintable():  # most texts, at once
        return None
    return next((c for c in text if c not in "\t\n\r" and unicodedata.category(c) in ("Cc", "Cs")), None)


def _code_point(character: int) -> str:
    return f"U+{character:04X}"


def _bounded(root: yaml.Node) -> None:
    """Reject documents with aliases that expand endlessly, or to more than MAX_NODES values."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known is not None:
            return known
        if id(node) in open_nodes:
            raise yaml.composer.ComposerError(None, None, "a value contains itself", node.start_mark)
        open_nodes.add(id(node))
        total = 1 + sum(size(child) for child in _children(node))
        open_nodes.discard(id(node))
        if total > MAX_NODES:
            raise yaml.composer.ComposerError(None, None, f"more than {MAX_NODES} values", node.start_mark)
        sizes[id(node)] = total
        return total

    size(root)


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield value
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _index(
    node: yaml.Node, path: YamlPath, lines: dict[YamlPath, int], places: dict[tuple[int, int], YamlPath]
) -> None:
    """Note the line of each value, and the path of each key and value by its line and column (from 0)."""
    lines[path] = node.start_mark.line + 1
    places[node.start_mark.line, node.start_mark.column] = path
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            inside = (*path, str(key.value))
            _index(value, inside, lines, places)
            places[key.start_mark.line, key.start_mark.column] = inside
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _index(value, (*path, index), lines, places)


def _other_key(key: str, known: list[str]) -> str:
    """What to write in place of an unknown key; all tracks of discovery share one block."""
    if "discovery" in known and key in {track.value for track in Track if not track.trained}:
        return f"tasks of the {key} track belong to `discovery`"
    return nearest(key, known)


def _fields_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The field names of the model at `loc`."""
    current: Any = model
    for part in loc:
        if isinstance(part, int):
            current = next(iter(typing.get_args(current)), None)
        elif isinstance(current, type) and issubclass(current, BaseModel) and part in current.model_fields:
            current = current.model_fields[part].annotation
        elif typing.get_origin(current) is dict:
            current = typing.get_args(current)[1]
        if typing.get_origin(current) is typing.Annotated:
            current = typing.get_args(current)[0]
        if typing.get_origin(current) in (typing.Union, types.UnionType):
            current = next((a for a in typing.get_args(current) if a is not type(None)), None)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return list(current.model_fields)
    return []


def _near_file(path: Path) -> str | None:
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist"
    known = [p.name for p in folder.iterdir() if p.suffix in {".yaml", ".yml"}]
    return nearest(path.name, known) if known else None


def _short(value: object) -> object:
    text = repr(value)
    return value if len(text) <= 80 else text[:77] + "..."
