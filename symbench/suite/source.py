"""The text of a suite: YAML read safely, with the line of every value, and errors that name the place in the file."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from symbench.errors import Problem, SuiteError, nearest

MAX_BYTES = 4 * 1024 * 1024
MAX_NODES = 200_000

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
                        hint=nearest(str(detail["loc"][-1]), known),
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
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                raise SuiteError(file, [Problem("", "the file is empty")])
            _bounded(node)
            lines = dict(_lines(node, ()))
            content = loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        message = " ".join(part for part in (error.context, error.problem) if part)
        raise SuiteError(file, [Problem("", f"not valid YAML: {message}", line=line)]) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise SuiteError(file, [Problem("", f"not valid YAML: {error}")]) from error
    except RecursionError as error:
        raise SuiteError(file, [Problem("", "nested too deeply")]) from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise SuiteError(file, [Problem("", f"a suite is a mapping of keys to values, this is a {kind}")])
    return SuiteSource(file, text, content, lines)


def render_path(path: YamlPath) -> str:
    """`discovery[0].methods[2].name`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


class _Loader(yaml.SafeLoader):
    """SafeLoader that rejects a repeated key: YAML forbids it, but PyYAML would use the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key must be text", key_node.start_mark)
            if key_node.value in seen and key_node.tag != "tag:yaml.org,2002:merge":
                message = f"the key {key_node.value!r} is repeated"
                raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


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


def _lines(node: yaml.Node, path: YamlPath) -> Iterator[tuple[YamlPath, int]]:
    yield path, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _lines(value, (*path, str(key.value)))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _lines(value, (*path, index))


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
