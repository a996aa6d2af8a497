"""A suite's names and parameters turned into components; problems are collected, with their places in the file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from symbench import registry
from symbench.classifiers.learner import Learner
from symbench.component import Component, Track, is_location
from symbench.data.public.address import is_address
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import DataError, PluginError, Problem, UnknownNameError, nearest
from symbench.plugins import Plugin, read_plugin
from symbench.redaction import redact_address
from symbench.suite.patterns import path_pattern
from symbench.suite.schema import BlockTask, MethodEntry, TaskEntry
from symbench.suite.source import SuiteSource, YamlPath
from symbench.tasks.base import Task
from symbench.trial.reference import From, takes_source
from symbench.which_is_real.entry import WhichIsReal


class ComponentReader:
    """Builds the components that a suite names.

    roots      folders that may contain the files named in the suite; relative paths start at the first
    files_may_be_missing   whether files may be absent, because only recorded results are needed
    problems   every problem so far
    """

    def __init__(self, source: SuiteSource, roots: list[Path], *, files_may_be_missing: bool = False) -> None:
        self.source = source
        self.roots = roots
        self.files_may_be_missing = files_may_be_missing
        self.problems: list[Problem] = []

    def task(self, at: YamlPath, entry: TaskEntry) -> Task | None:
        """The task of an entry; None, and a problem, if it does not exist."""
        component = self._component(at, entry, registry.find_task)
        return component if isinstance(component, Task) else None

    def not_by_seed(self, entry: BlockTask) -> tuple[str, str | None] | None:
        """Why the parameter `by_seed` of an entry cannot have the value of a seed, and a hint; None if it can."""
        wanted = entry.by_seed or ""
        try:
            fields = registry.find_task(entry.name).model_fields
        except UnknownNameError:
            return None  # reported with the task
        seeds = [name for name, field in fields.items() if field.annotation in (int, int | None)]
        if wanted not in seeds:
            return "no parameter of this task that is an integer", nearest(wanted, seeds)
        if wanted in entry.params:
            return "has a value under `params` as well", "leave one of them out"
        return None

    def method(self, kind: str, at: YamlPath, entry: MethodEntry) -> DiscoveryMethod | Learner | WhichIsReal | None:
        """The method, classifier, regressor or transformation of an entry; None, and a problem, if there is none."""
        if kind == "challenge":
            return self._transformation(at, entry)
        find: Any = registry.find_discovery_method
        if kind != "discovery":
            find = partial(registry.find_learner, Track(kind))
        component = self._component(at, entry, find)
        return component if isinstance(component, DiscoveryMethod | Learner) else None

    def _transformation(self, at: YamlPath, entry: MethodEntry) -> WhichIsReal | None:
        try:
            return WhichIsReal(**entry.params)
        except ValidationError as error:
            first = error.errors()[0]
            self.add(at, str(first.get("ctx", {}).get("error", first["msg"])), entry.label)
        return None

    def _component(self, at: YamlPath, entry: TaskEntry, find: Any) -> Component | None:
        try:
            cls = find(entry.name)
        except UnknownNameError as error:
            self.add((*at, "name"), f"unknown {error.kind}", entry.name, nearest(error.name, error.known))
            return None
        params = dict(entry.params)
        for field in cls.model_fields:
            if is_location(cls, field) and isinstance(params.get(field), str):
                hint = "name its folder with --data-root to allow it"
                if is_address(params[field]):
                    hint = f"run `symbench data fetch {redact_address(params[field])}`, and write the path of the file"
                    self.add((*at, "params", field), "is an address; a suite reads files of this machine", None, hint)
                    return None
                inside = self._files((*at, "params", field), params[field], hint)
                if inside is None:
                    return None
                params[field] = inside
            if takes_source(cls, field) and isinstance(params.get(field), Mapping):
                try:
                    params[field] = From.model_validate(params[field])
                except ValidationError as error:
                    self.problems += self.source.problems_of(error, From, (*at, "params", field))
                    return None
        try:
            return cls(**params)  # type: ignore[no-any-return]
        except ValidationError as error:
            self.problems += self.source.problems_of(error, cls, (*at, "params"))
        except DataError as error:
            self.add((*at, "params"), str(error))
        except TypeError as error:
            self.add((*at, "params"), f"names of parameters must be text: {error}")
        return None

    def plugins(self, paths: Sequence[str]) -> list[Plugin]:
        """The plug-ins that the suite names, read but not run; they must lie in the suite's folder."""
        found: list[Plugin] = []
        for index, text in enumerate(paths):
            hint = "move it into the folder, or name it with --plugin"
            path = self._inside(("plugins", index), text, self.roots[:1], hint)
            if path is None:
                continue
            try:
                plugin = read_plugin(path)
            except PluginError as error:
                self.add(("plugins", index), str(error), text)
                continue
            if path.suffix != ".py":
                self.add(("plugins", index), "a plug-in is a Python file, NAME.py", text)
            elif plugin.module in [other.module for other in found]:
                self.add(("plugins", index), "another plug-in of this suite has the same file name", text)
            else:
                found.append(plugin)
        return found

    def _files(self, at: YamlPath, text: str, hint: str) -> str | None:
        """The path of data files, which may be a pattern, if all of them lie in the roots; otherwise a problem."""
        try:
            parts = path_pattern(text)
        except ValueError as error:
            self.add(at, f"not a usable path: {error}", text)
            return None
        base = self._inside(at, parts.base, self.roots, hint)
        if base is None or not parts.pattern:
            return None if base is None else f"{base}{parts.tree}"
        files = parts.files(base)
        outside = [file for file in files if not any(file.resolve().is_relative_to(root) for root in self.roots)]
        if outside:
            self.add(at, f"{outside[0].name} leads out of the suite's folder", text, hint)
            return None
        if not files and not self.files_may_be_missing:
            known = [p.name for p in base.iterdir()] if base.is_dir() else []
            self.add(at, "no file matches", text, nearest(parts.pattern, known) if known else None)
            return None
        return f"{base / parts.pattern}{parts.tree}"

    def _inside(self, at: YamlPath, text: str, roots: Sequence[Path], hint: str) -> Path | None:
        """The file at a path of the suite if it lies in one of the roots; otherwise a problem with this `hint`."""
        try:
            path = (self.roots[0] / text).resolve()
            allowed = any(path.is_relative_to(root) for root in roots)
            exists = path.exists()
        except (OSError, ValueError) as error:
            self.add(at, f"not a usable path: {error}", text)
            return None
        if not allowed:
            self.add(at, "leaves the suite's folder", text, hint)
            return None
        if not exists and not self.files_may_be_missing:
            known = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
            self.add(at, "no such file", text, nearest(path.name, known) if known else None)
            return None
        return path

    def add(self, at: YamlPath, message: str, value: object = None, hint: str | None = None) -> None:
        """Add a problem at a place of the file."""
        self.problems.append(self.source.problem(at, message, value=value, hint=hint))
