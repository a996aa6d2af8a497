"""Suites spoiled at random: their structure, their values and their text. The same number gives the same text."""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

Place = tuple[Any, Any]
"""A mapping or list, and a key or index in it."""

_PLAIN = (
    *("~", "true", "off", "''", "'0'", "0", "-1", "1", "7", "2.5", "-0.0", "1e308", "-1e308", "1e999", "5e-324"),
    *(
        ".inf",
        "-.inf",
        ".nan",
        "0x10",
        "0o17",
        "0b101",
        "1_000",
        "190:20:30",
        "9" * 20,
        "9" * 90,
        "9" * 400,
        "9" * 4400,
    ),
    *("0x" + "f" * 4000, "-" + "8" * 5000, "1:" + "59:" * 400 + "5", "1" * 5000 + ".0", "1e" + "9" * 50),
    *("2001-01-01", "2001-99-99", "2001-02-30 25:61:61", "0000-00-00", "2001-12-14t21:59:43.10-99:99"),
    *("!!timestamp x", "!!timestamp 2001-13-01", "!!int x", "!!int ''", "!!float x", "!!bool x", "!!null x"),
    *("!!binary '*'", "!!binary é", "!!set {a, b}", "!!omap [a: 1]", "!!omap {a: 1}", "!!pairs [a: 1, a: 2]"),
    *("!!str 5", "!!python/object:os.system x", "!x y", "!!map [a]", "!!seq {a: 1}", "!!str [a]", "!<tag:x> y"),
    *("=", "<<", "[]", "{}", "[[]]", "{a: {b: {c: []}}}", "[1, [2, [3, {x: y}]]]", "{1: 2}", "{~: 1}", "{1.5: x}"),
    *("{true: 1}", "{2001-01-01: 1}", "{? [a] : b}", "{? {a: b} : c}", "{<<: 1}", "{<<: [1]}", "{<<: {name: so3}}"),
    *("{'': ''}", "{? : }", "'\\0'", '"\\0"', '"\\ud800"', '"\\udfff\\ud800"', '"\\x1b[2J"', '"\\u202e abc"', '"\\n"'),
    *('"\\U0010FFFF"', '"a\\nb\\rc"', "'<script>alert(1)</script>'", "'| a | b |'", "'=1+1'", "'@x'", "'../../etc'"),
    *("'/dev/zero'", "'/proc/self/mem'", "'" + "/x" * 3000 + "'", "'" + "é" * 400 + "'", "'~root'", "'nul\\x00'", "."),
    *("so3", "cms", "nullspace", "pfn", "top-tagging", "rotation", "boost", "liegan", "oracle", "truth", "random"),
    *("{from: nullspace}", "{from: ''}", "{from: 5}", "{choice: []}", "{choice: [1, 2]}", "{log: [0, 1]}"),
    *("{name: so3, params: {}}", "{name: ~}", "{name: pfn, workers: 0}", "{trials: 3}", "{core_minutes: .nan}"),
    *(
        "[50, 100]",
        "[0]",
        "[.nan]",
        "[1, 1]",
        "10 min",
        "90 s",
        "1e9 h",
        f"{'9' * 400} d",
        "'4 GiB'",
        f"{'9' * 400} GiB",
    ),
)
"""Values as they are written in YAML."""

_KEYS = (
    *("name", "label", "params", "task", "methods", "train_sizes", "seeds", "timeout", "budget", "resources", "tune"),
    *("workers", "published", "search_space", "operations", "baseline", "discovery", "classification", "description"),
    *(
        "path",
        "generators",
        "from",
        "source",
        "split",
        "vectors",
        "file",
        "epochs",
        "cpus",
        "memory",
        "labels",
        "custom",
    ),
    *("", " ", "0", "NAME", "<<", "=", "né", "a b", "a: b", "#", "'", '"', "x" * 2000, "\u202e", "\x1b", "\x00", "-"),
)

_SCRAPS = (
    *("\x00", "\x07", "\x1b[2J", "\x85", "\u2028", "\ufeff", "\u202e", "\ud800", "\U0010ffff", "\t", "\r", "\n", " "),
    *("{", "}", "[", "]", ":", ": ", "- ", "? ", "! ", "!!", "&a ", "*a", "<<: *a", "|", ">", "%", "@", "`", "#", ","),
    *("'", '"', "\\", "---\n", "...\n", "%YAML 9.9\n", "%TAG ! x\n", '"a\n  b": 1\n', "'a\n\n  b': 1\n", "? a\n: b\n"),
    *("? [a, b]\n: c\n", "<<: {name: x}\n", "<<: 1\n", "<<: [*a]\n", "&a [*a]\n", "\n  \n\n", "a: b: c\n", "null: 1\n"),
    *("[" * 3000, "{a: " * 2000, "- " * 3000, "\n" + " " * 400 + "x: 1", "!!python/object/apply:os.system [ls]", "é"),
    *(
        '? "long\n  key"\n: 1\n',
        '"k\\\n  k": 2\n',
        "2001-99-99",
        "9" * 5000,
        "name: x\nname: y\n",
        "!!timestamp x",
        "x" * 3000,
    ),
)


@functools.cache
def _tree(text: str) -> Any:
    return yaml.safe_load(text)


def mutation(suites: dict[str, str], number: int) -> tuple[str, str]:
    """The name of a suite, and its text after a few changes."""
    draw = random.Random(f"mutation {number}")
    name = draw.choice(sorted(suites))
    kind = draw.choice(("structure", "value", "text"))
    tree = reduced(_tree(suites[name]), draw)
    if kind == "text":
        lines = dumped(tree, draw, {}) if draw.random() < 0.8 else suites[name]
        return name, spoiled_text(lines, draw)
    raw: dict[str, str] = {}
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        (spoil_structure if kind == "structure" else spoil_value)(tree, draw, raw)
    return name, dumped(tree, draw, raw)


def reduced(suite: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    """One or two blocks of the suite, each with a few of its methods: a small text is read in a few milliseconds."""
    small = {key: copy.deepcopy(value) for key, value in suite.items() if key not in ("discovery", "classification")}
    blocks = [(kind, block) for kind in ("discovery", "classification") for block in suite.get(kind, [])]
    for kind, block in draw.sample(blocks, min(len(blocks), draw.choice((1, 1, 2)))):
        block = copy.deepcopy(block)
        block["methods"] = draw.sample(block["methods"], min(len(block["methods"]), draw.choice((1, 2, 3))))
        if block.get("baseline") is not None and draw.random() < 0.9:
            del block["baseline"]
        small.setdefault(kind, []).append(block)
    return small


def places(tree: Any) -> Iterator[Place]:
    """Every place of the tree that holds a value."""
    for key in list(tree) if isinstance(tree, dict) else range(len(tree)):
        yield tree, key
        if isinstance(tree[key], dict | list):
            yield from places(tree[key])


def spoil_value(tree: Any, draw: random.Random, raw: dict[str, str]) -> None:
    """Another value in some place, half of the time in that of a single one."""
    every = list(places(tree))
    single = [place for place in every if not isinstance(place[0][place[1]], dict | list)]
    holder, key = draw.choice(single if single and draw.random() < 0.7 else every or [({}, "x")])
    holder[key] = _raw(draw.choice(_PLAIN), raw)


def spoil_structure(tree: Any, draw: random.Random, raw: dict[str, str]) -> None:
    """Delete, duplicate, swap, nest or retype something, or give it another key."""
    every = list(places(tree))
    if not every:
        return
    holder, key = draw.choice(every)
    value = holder[key]
    other_holder, other_key = draw.choice(every)
    changes: dict[str, Callable[[], None]] = {
        "delete": lambda: holder.pop(key) and None,
        "duplicate": lambda: _insert(holder, draw, copy.deepcopy(value)),
        "swap": lambda: _swap(holder, key, other_holder, other_key),
        "graft": lambda: _insert(other_holder, draw, copy.deepcopy(value)),
        "nest in a list": lambda: holder.__setitem__(key, [value]),
        "nest in a mapping": lambda: holder.__setitem__(key, {draw.choice(_KEYS): value}),
        "retype": lambda: holder.__setitem__(key, _retyped(value, draw, raw)),
        "new key": lambda: _insert(holder, draw, _raw(draw.choice(_PLAIN), raw)),
        "rename": lambda: _rename(holder, key, draw),
    }
    changes[draw.choice(sorted(changes))]()


def spoiled_text(text: str, draw: random.Random) -> str:
    """A few changes anywhere in the text."""
    for _ in range(draw.choice((1, 1, 2, 3))):
        start = draw.randrange(len(text) + 1)
        end = min(len(text), start + draw.choice((0, 0, 1, 1, 2, 10, 60)))
        scrap = draw.choice((draw.choice(_SCRAPS), draw.choice(_PLAIN), text[end : end + 30], ""))
        text = text[:start] + scrap + text[end:]
    return text


def dumped(tree: Any, draw: random.Random, raw: dict[str, str]) -> str:
    """The tree as YAML, in block or flow style, with the values of `raw` as they are written."""
    try:
        text: str = yaml.safe_dump(
            tree, default_flow_style=draw.choice((None, False, True)), allow_unicode=True, width=100
        )
    except (yaml.YAMLError, TypeError, RecursionError):
        text = repr(tree)
    for name, value in raw.items():
        text = text.replace(name, value)
    return text


def _raw(value: str, raw: dict[str, str]) -> str:
    name = f"RAW{len(raw)}VALUE"
    raw[name] = value
    return name


def _insert(holder: Any, draw: random.Random, value: Any) -> None:
    if isinstance(holder, list):
        holder.insert(draw.randrange(len(holder) + 1), value)
    else:
        holder[draw.choice(_KEYS)] = value


def _swap(holder: Any, key: Any, other: Any, other_key: Any) -> None:
    first, second = copy.deepcopy(holder[key]), copy.deepcopy(other[other_key])
    other[other_key] = first
    if isinstance(holder, dict) or key < len(holder):
        holder[key] = second


def _rename(holder: Any, key: Any, draw: random.Random) -> None:
    if isinstance(holder, dict):
        holder[draw.choice(_KEYS)] = holder.pop(key)
    else:
        holder.reverse()


def _retyped(value: Any, draw: random.Random, raw: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return draw.choice((list(value), list(value.values()), str(value), len(value)))
    if isinstance(value, list):
        return draw.choice(({str(i): v for i, v in enumerate(value)}, str(value), len(value), tuple(value)[:1]))
    return draw.choice((str(value), [value], {"name": value}, {str(value): value}, _raw(str(value) or "~", raw)))


def suite_texts(folder: Path) -> dict[str, str]:
    """The suites of a folder by name."""
    return {path.stem: path.read_text() for path in sorted(folder.glob("*.yaml"))}
