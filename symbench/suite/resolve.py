"""The suite: a checked file, and how it expands into trials.

Reading goes in three steps. The models of `schema` check the *structure*; the *plug-ins* are loaded, if the user
allowed them; `_Resolver` checks the *meaning* (names and parameters through `components`; sizes against the data, links
and duplicates here) and collects every problem before it raises.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from symbench.component import Component
from symbench.discovery.base import DiscoveryMethod
from symbench.errors import DataError, MissingDataError, MissingExtraError, SuiteError, nearest
from symbench.extras import is_installed
from symbench.plugins import Plugin, Trust, load_plugins
from symbench.suite.blocks import Block, CheckedSuite, Entry, Link
from symbench.suite.components import ComponentReader
from symbench.suite.links import resolve, shown
from symbench.suite.operations import read_operations
from symbench.suite.recorded import RecordedDigests
from symbench.suite.schema import (
    BlockFile,
    BlockTask,
    ChallengeBlock,
    ClassificationBlock,
    SuiteFile,
    TaskEntry,
    TrainedBlock,
    TransformationEntry,
)
from symbench.suite.source import SuiteSource, YamlPath, parse_source, read_source
from symbench.suite.tuning import SearchReader
from symbench.suite.unforeseen import located
from symbench.tasks.base import Task
from symbench.trial.reference import From
from symbench.trial.resources import Resources
from symbench.which_is_real.breaking import texts

__all__ = ["Block", "CheckedSuite", "Entry", "load_suite", "parse_suite"]


def load_suite(
    path: Path | str,
    *,
    data_root: Path | None = None,
    recorded: RecordedDigests | None = None,
    trust: Trust | None = None,
) -> CheckedSuite:
    """Read and check a suite file. Relative paths in it start at its folder and may not leave it, or `data_root`.

    recorded   data digests recorded in a journal: with them a suite can be read on a machine that lacks the files;
               without them, missing files are problems
    trust      which plug-ins of the suite may run; by default those of the list in the home
    Raises SuiteError with every problem, PluginError if a plug-in is not allowed or fails.
    """
    path = Path(path)
    source = read_source(path)  # first: it refuses paths that `resolve` cannot take
    return resolve_source(source, path.resolve().parent, data_root=data_root, recorded=recorded, trust=trust)


def parse_suite(
    text: str,
    *,
    folder: Path,
    data_root: Path | None = None,
    recorded: RecordedDigests | None = None,
    trust: Trust | None = None,
) -> CheckedSuite:
    """Check the text of a suite as if it stood in `folder`; parameters and errors are those of `load_suite`."""
    return resolve_source(parse_source(text), folder, data_root=data_root, recorded=recorded, trust=trust)


def resolve_source(
    source: SuiteSource,
    folder: Path,
    *,
    data_root: Path | None = None,
    recorded: RecordedDigests | None = None,
    trust: Trust | None = None,
) -> CheckedSuite:
    """Check a suite that was read; parameters and errors are those of `load_suite`."""
    folder, trust = folder.resolve(), trust or Trust()
    return located(
        lambda content: _Resolver(replace(source, content=content), folder, data_root, recorded, trust).suite(), source
    )


class _Resolver:
    """Turns a file's structure into components, and collects problems."""

    def __init__(
        self,
        source: SuiteSource,
        folder: Path,
        data_root: Path | None,
        recorded: RecordedDigests | None,
        trust: Trust,
    ) -> None:
        self.source, self.folder, self.recorded, self.trust = source, folder, recorded, trust
        roots = [folder, *([data_root.resolve()] if data_root else [])]
        self.components = ComponentReader(source, roots, files_may_be_missing=recorded is not None)
        self.add = self.components.add
        self.labels: dict[tuple[str, str], tuple[YamlPath, str]] = {}
        self.task_labels: dict[str, tuple[YamlPath, str]] = {}
        self.discovered: list[Block] = []
        self.discovery_read = 0  # entries under `discovery` without a problem
        self.trials: dict[str, tuple[YamlPath, str]] = {}

    def suite(self) -> CheckedSuite:
        source = self.source
        try:
            file = SuiteFile.model_validate(source.content)
        except ValidationError as error:
            raise SuiteError(source.file, source.problems_of(error, SuiteFile)) from error
        if not file.blocks:
            message = (
                "a suite needs at least one block under 'discovery', 'challenge', 'classification' or 'regression'"
            )
            problem = source.problem((), message)
            raise SuiteError(source.file, [problem])
        plugins = self.plugins(file.plugins)
        self.distinct(("seeds",), file.seeds, "seed")
        checked = tuple(
            block
            for kind, entries in file.kinds.items()
            for index, entry in enumerate(entries)
            for block in self.blocks(file, kind, (kind, index), entry)
        )
        checked += tuple(
            block
            for index, entry in enumerate(file.classification)
            if entry.breaking is not None
            for block in self.blocks(
                file, "challenge", ("classification", index), _breaking_block(entry, entry.breaking, file)
            )
        )
        if self.components.problems:
            raise SuiteError(source.file, self.components.problems)
        return CheckedSuite(file.name, file.description, source.file, source.text, checked, self.folder, plugins)

    def plugins(self, paths: Sequence[str]) -> tuple[Plugin, ...]:
        """Load the plug-ins of the suite, so that the rest of it can use the names that they register."""
        plugins = self.components.plugins(paths)
        if self.components.problems:
            raise SuiteError(self.source.file, self.components.problems)
        self.trust.require(plugins, self.source.file)
        load_plugins(plugins)
        return tuple(plugins)

    def blocks(self, file: SuiteFile, kind: str, path: YamlPath, entry: BlockFile) -> list[Block]:
        """The block of an entry of the file, or one block for each seed if each seed has another task.

        Empty, and problems, if something is wrong with it.
        """
        at, wanted = (*path, "task"), entry.task
        if wanted.by_seed is None:
            block = self.block(file, kind, path, entry, self.components.task(at, wanted))
            found = [] if block is None else [block]
        else:
            tasks = self.tasks_by_seed(kind, at, wanted, entry.seeds if entry.seeds is not None else file.seeds)
            block = self.block(file, kind, path, entry, next(iter(tasks.values()), None))
            found = [
                replace(block, task=task, seeds=(seed,), data_digest=digest, by_seed=wanted.by_seed)
                for seed, task in tasks.items()
                if block is not None and (digest := self.data_digest(at, task, block.task_label)) is not None
            ]
        for each in found:
            self.distinct_trials(path, each)
        if kind == "discovery":
            self.discovered += found
            self.discovery_read += bool(found)
        return found

    def tasks_by_seed(self, kind: str, at: YamlPath, entry: BlockTask, seeds: Sequence[int]) -> dict[int, Task]:
        """The task of each seed; empty, and a problem, if there is none."""
        wrong = self.components.not_by_seed(entry)
        if wrong is None and kind != "discovery":
            wrong = "only tasks of discovery can be another one for each seed", None
        if wrong is not None:
            message, hint = wrong
            self.add((*at, "by_seed"), message, entry.by_seed, hint)
            return {}
        found: dict[int, Task] = {}
        for seed in dict.fromkeys(seeds):
            task = self.components.task(at, entry.model_copy(update={"params": {**entry.params, entry.by_seed: seed}}))
            if task is None:
                return {}
            found[seed] = task
        return found

    def block(self, file: SuiteFile, kind: str, path: YamlPath, entry: BlockFile, task: Task | None) -> Block | None:
        before = len(self.components.problems)
        self.distinct((*path, "train_sizes"), entry.train_sizes, "training size")
        if entry.seeds is not None:
            self.distinct((*path, "seeds"), entry.seeds, "seed")
        if task is None:
            for place, method in entry.entries():
                self.components.method(kind, (*path, *place), method)
            return None
        self.track(kind, (*path, "task"), task)
        alike = sum(b.task.name == entry.task.name for b in file.blocks)
        label = entry.task.label or (_default_label(entry.task) if alike > 1 else entry.task.name)
        digest = self.data_digest((*path, "task"), task, label)
        if digest is None:
            return None
        place = (*path, "train_sizes" if path[0] == kind else "breaking")
        self.sizes(place, task, label, entry.train_sizes)
        entries = self.entries(file, kind, path, entry, task)
        evaluation: dict[str, Any] = {}
        baseline = None
        if isinstance(entry, ClassificationBlock):
            evaluation, entries = self.operations((*path, "operations"), entry.operations, entries, file)
        if isinstance(entry, TrainedBlock):
            baseline = entry.baseline
            labels = [e.label for e in entries]
            if baseline is not None and baseline not in labels:
                self.add((*path, "baseline"), "no such entry in this block", baseline, nearest(baseline, labels))
        if len(self.components.problems) > before:
            return None
        self.unambiguous(path, label, _task_identity(entry.task, task, digest), entries)
        if isinstance(entry, TrainedBlock):
            entries = SearchReader(self.components, file, path, entry, digest).entries(entries, task, label)
        return Block(
            task=task,
            task_label=label,
            entries=tuple(entries),
            train_sizes=tuple(entry.train_sizes),
            seeds=tuple(entry.seeds if entry.seeds is not None else file.seeds),
            budget=entry.budget or file.budget,
            evaluation=evaluation,
            baseline=baseline,
            data_digest=digest,
        )

    def entries(self, file: SuiteFile, kind: str, path: YamlPath, block: BlockFile, task: Task) -> list[Entry]:
        found: list[Entry] = []
        seen: dict[str, tuple[str | int, ...]] = {}
        named = block.entries()
        names = [method.name for _, method in named]
        for place, method in named:
            at = (*path, *place)
            component = self.components.method(kind, at, method)
            if component is None:
                continue
            link = self.link(kind, at, component, file)
            label = method.label or (_default_label(method) if names.count(method.name) > 1 else method.name)
            identity = repr(_identity(component, link))
            for what in (label, identity):
                if what in seen:
                    listed, index = seen[what]
                    self.add(at, f"the same entry as {listed}[{index}]", method.name)
                    break
            seen.setdefault(label, place)
            seen.setdefault(identity, place)
            asked = method.resources or file.resources
            timeout = method.timeout or block.timeout or file.timeout
            resources = asked.resources(workers=method.workers, timeout_s=timeout)
            if method.workers > 1 and (problem := _one_worker(component, resources)) is not None:
                self.add((*at, "workers"), problem, method.workers)
            if method.search_space is not None and kind == "discovery":
                self.add((*at, "search_space"), "only networks are tuned", method.name)
            reason = component.incompatibility(task)
            found.append(Entry(label, component, resources, reason, link, tuple(method.published)))
        return found

    def link(self, kind: str, at: YamlPath, component: Component, file: SuiteFile) -> Link | None:
        """The entry whose result a component uses; None if it uses none, or one that does not exist."""
        wanted = {
            field: value
            for field in type(component).model_fields
            if isinstance(value := getattr(component, field), From)
        }
        if not wanted:
            return None
        (field, source), *more = wanted.items()
        place = (*at, "params", field)
        if kind == "discovery" or more:
            message = "only networks use another entry's result" if kind == "discovery" else "uses two entries' results"
            self.add(place, message, source.entry)
            return None
        return self.resolve(place, source, file)

    def resolve(self, place: YamlPath, source: From, file: SuiteFile) -> Link | None:
        """The entry that a `from` names; None, and a problem, if it does not exist."""
        if self.discovery_read < len(file.discovery):
            return None  # it may name an entry of a block with problems, which are reported first
        trained = [m.label or m.name for block in (*file.classification, *file.regression) for m in block.methods]
        found = resolve(source, self.discovered, trained)
        if isinstance(found, Link):
            return found
        self.add((*place, found.key), found.message, source.word(found.key), found.hint)
        return None

    def track(self, kind: str, at: YamlPath, task: Task) -> None:
        place = task.track.value if task.track.trained else "discovery"
        if place != kind and kind != "challenge":
            self.add(at, f"asks a {task.track} question", task.name, f"it belongs under '{place}'")

    def data_digest(self, at: YamlPath, task: Task, label: str) -> str | None:
        """The digest of the task's data; None, and a problem, if neither the files nor the journal have it.

        If a package is missing whose version is part of the digest, the journal's digest has precedence.
        """
        remembered = None if self.recorded is None else self.recorded.of(task, label)
        if remembered is not None and not all(is_installed(each.package) for each in task.requirements()):
            return remembered
        try:
            return task.digest
        except DataError as error:
            if remembered is None:
                self.add(at, str(error))
            return remembered

    def sizes(self, at: YamlPath, task: Task, label: str, train_sizes: Sequence[int]) -> None:
        """Compare the sizes with the data; without the data, or with recorded results of them, nothing is compared.

        A file that is there and cannot be read is a problem in a plan as in a run.
        """
        try:
            available = task.sizes().train
        except DataError as error:
            recorded = self.recorded is not None and (
                isinstance(error, MissingDataError) or self.recorded.of(task, label) is not None
            )
            if not recorded:
                self.add((*at[:-1], "task"), str(error))
            return
        except MissingExtraError:
            if self.recorded is None:
                raise
            return
        for index, size in enumerate(train_sizes):
            if size > available:
                message = f"larger than the data set, which has {available} training events"
                self.add((*at, index) if at[-1] == "train_sizes" else at, message, size)

    def operations(
        self, at: YamlPath, asked: Sequence[Mapping[str, Any]], entries: list[Entry], file: SuiteFile
    ) -> tuple[dict[str, Any], list[Entry]]:
        """The evaluation, and the entries with a link to the source of the generators of an operation."""
        read = read_operations(asked, lambda place, *what: self.add((*at, *place), *what))
        place = (*at, read.place)
        link = self.resolve(place, read.wanted, file) if read.wanted else None
        for entry in entries:
            if link is not None and entry.link is not None and entry.link.identity != link.identity:
                message = f"{entry.label} uses another result ({entry.link}), and a trial can use only one"
                self.add(place, message, str(link), "use the same source for both, or move the entry to another block")
        used = [replace(entry, link=link) for entry in entries] if link else entries
        return {"operations": read.evaluation}, used

    def distinct_trials(self, path: YamlPath, block: Block) -> None:
        """Reject a trial that occurs twice in a suite, because its result would have two names."""
        for entry in block.entries:
            if entry.incompatibility is not None or entry.search is not None:
                continue
            first_trial = block.trial(entry, block.train_sizes[0], block.seeds[0])
            _ = first_trial.key  # raises for a parameter without a canonical form, such as infinity
            trial = first_trial.model_copy(update={"train_size": 0, "seed": 0, "source": None})
            identity = repr((trial.content(), entry.link and entry.link.identity))
            first, label = self.trials.setdefault(identity, (path, f"{entry.label} on {block.task_label}"))
            if first != path:
                message = f"{entry.label} on {block.task_label} is the same trial as {label} in {first[0]}[{first[1]}]"
                self.add(path, message, None, "leave one of them out")

    def distinct(self, at: YamlPath, values: Sequence[int], what: str) -> None:
        seen: set[int] = set()
        for index, value in enumerate(values):
            if value in seen:
                self.add((*at, index), f"the same {what} twice", value)
            seen.add(value)

    def unambiguous(self, path: YamlPath, task_label: str, task_identity: str, entries: Sequence[Entry]) -> None:
        """Reject ambiguous labels: a pair of labels must identify one task and one method in the whole suite."""
        first, known = self.task_labels.setdefault(task_label, (path, task_identity))
        if known != task_identity:
            what = f"labelled like another task in {first[0]}[{first[1]}]"
            self.add((*path, "task"), what, task_label, "give it a `label` of its own")
            return
        for entry in entries:
            pair = (task_label, entry.label)
            identity = repr(_identity(entry.component, entry.link))
            if pair in self.labels:
                first, known = self.labels[pair]
                what = "the same entry as in" if known == identity else "labelled like another entry in"
                self.add(path, f"{what} {first[0]}[{first[1]}]: {entry.label} on {task_label}")
            self.labels.setdefault(pair, (path, identity))


def _one_worker(component: Component, request: Resources) -> str | None:
    """Why an entry cannot have several workers; None if it can."""
    if not isinstance(component, DiscoveryMethod):
        return None
    if not component.in_parts:
        return "only networks that are trained, and methods whose fits have parts, use several workers"
    return "parts of a fit are computed on CPUs: several workers have no GPUs" if request.gpus else None


def _breaking_block(entry: ClassificationBlock, events: int, file: SuiteFile) -> ChallengeBlock:
    """The block that measures how far the data of a classification block break its operations: with its first seed."""
    seeds = entry.seeds if entry.seeds is not None else file.seeds
    shared = {name: getattr(entry, name) for name in ("task", "timeout", "budget")}
    transformations = [
        TransformationEntry(transformation=text, matrix=None, label=None) for text in texts(entry.operations)
    ]
    return ChallengeBlock.model_construct(
        **shared, train_sizes=[events], seeds=seeds[:1], transformations=transformations, controls=False
    )


def _identity(component: Component, link: Link | None) -> tuple[object, ...]:
    return component.name, component.parameters(), link and (*link.labels, link.train_size)


def _task_identity(entry: BlockTask, task: Task, digest: str) -> str:
    """What two tasks of one label must have in common; tasks of all seeds together are one."""
    if entry.by_seed is None:
        return repr((task.name, task.parameters(), digest))
    common = {name: value for name, value in task.parameters().items() if name != entry.by_seed}
    return repr((task.name, common, f"by seed: {entry.by_seed}"))


def _default_label(entry: TaskEntry) -> str:
    told = ", ".join(f"{key}={shown(value)}" for key, value in sorted(entry.params.items()) if key != "path")
    return f"{entry.name}({told})"[:100] if told else entry.name
