"""Lines of the journal: what is held of them is what was written, and damage is noticed wherever it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from symbench.driver.plan import Plan, State
from symbench.errors import JournalError
from symbench.journal.file import Journal
from symbench.suite.resolve import CheckedSuite
from symbench.trial.arrays import encode_array
from symbench.trial.result import Status, TrialResult

SUITE = "name: r\nseeds: 4\ndiscovery:\n  - {task: tiny, train_sizes: [10, 20], methods: [behave]}\n"


@pytest.fixture
def written(tmp_path: Path, make_suite: Callable[[str], CheckedSuite]) -> tuple[Path, CheckedSuite, list[TrialResult]]:
    suite = make_suite(SUITE)
    results = [
        TrialResult(
            key=s.key,
            spec=s,
            status=Status.OK,
            metrics={"f1": s.seed / 7},
            arrays={"curve": encode_array(np.arange(s.seed + 1.0))},
            notes={"algebra": "none"},
            environment={"python": "3.11"},
        )
        for s in suite.trials()
    ]
    with Journal(tmp_path / "j") as journal:
        held = [journal.append(result) for result in results]
    assert [h.whole() for h in held] == results
    assert len(results) == 8
    return tmp_path / "j", suite, results


def test_what_is_held_lacks_the_arrays_and_reads_them_when_asked(
    written: tuple[Path, CheckedSuite, list[TrialResult]],
) -> None:
    path, _, results = written
    latest = Journal(path).latest()
    for result in results:
        held = latest[result.key]
        assert held.arrays == {}
        assert held.model_dump() == {**result.model_dump(), "arrays": {}}
        assert held.question == result.question
        assert held.whole() == result
        assert np.array_equal(held.array("curve"), result.array("curve"))  # type: ignore[arg-type]
        assert held.array("none") is None
    environments = {id(held.environment) for held in latest.values()}
    assert len(environments) == 1


def test_a_journal_that_was_replaced_meanwhile_is_noticed(
    written: tuple[Path, CheckedSuite, list[TrialResult]],
) -> None:
    path, _, results = written
    held = Journal(path).latest()[results[0].key]
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    with pytest.raises(JournalError, match="was changed while it was read"):
        held.array("curve")


@pytest.mark.parametrize("separators", [(",", ":"), (", ", ": ")])
@pytest.mark.parametrize("shuffled", [False, True])
def test_lines_of_former_versions_count(
    written: tuple[Path, CheckedSuite, list[TrialResult]], separators: tuple[str, str], shuffled: bool
) -> None:
    """Before resources had labels and workers, and however the line is laid out."""
    path, suite, results = written
    lines = []
    for line in path.read_text().splitlines():
        content: dict[str, Any] = json.loads(line)
        for added in ("custom", "labels", "workers"):
            del content["spec"]["resources"][added]
        if shuffled:
            content["spec"] = dict(reversed(content["spec"].items()))
            content = dict(reversed(content.items()))
        lines.append(json.dumps(content, separators=separators) + "\n")
    path.write_text("".join(lines))
    recorded = Journal(path).latest()
    assert [recorded[r.key].whole() for r in results] == results
    assert {state for _, state in Plan(suite, recorded).planned_trials()} == {State.DONE}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seed":2', '"seed":2.5'),
        ('"seed":2', '"seed":02'),
        ('"train_size":20', '"train_size":null'),
        ('"name":"tiny"', '"nome":"tiny"'),
        ('"status":"ok"', '"status":"fine"'),
        ('"f1":', '"f1":"x",'),
        ('"arrays":{', '"arrays":[{'),
        ('"notes":{', '"notes":{"x":1,'),
        ('"journal":1', '"journal":"one"'),
        ('{"journal"', '["journal"'),
        ('"method_label":"behave"}', '"method_label":"behave"'),
    ],
)
def test_damage_of_every_kind_is_noticed(
    written: tuple[Path, CheckedSuite, list[TrialResult]], old: str, new: str
) -> None:
    path, _, _ = written
    lines = path.read_text().splitlines(keepends=True)
    at = next(i for i, line in enumerate(lines) if old in line)
    lines[at] = lines[at].replace(old, new)
    path.write_text("".join(lines))
    for read in (lambda: list(Journal(path).results()), lambda: Journal(path).latest()):
        with pytest.raises(JournalError, match=f"line {at + 1} "):
            read()


def test_parameters_that_look_like_the_end_of_a_spec_change_nothing(
    tmp_path: Path, make_suite: Callable[[str], CheckedSuite]
) -> None:
    spec = next(make_suite(SUITE).trials())
    odd: dict[str, Any] = {"a": {"train_size": 1, "seed": 2, "b": {}}, "status": "ok", "t": '},"status":"ok"'}
    specs = [
        spec.model_copy(update={"evaluation": {**odd, "a": {"train_size": n, "seed": 9, "x": 0}}, "seed": m})
        for n in (1, 2)
        for m in (1, 2)
    ]
    fresh = [type(spec).model_validate(s.model_dump(mode="json")) for s in specs]
    results = [TrialResult(key=s.key, spec=s, status=Status.OK) for s in fresh]
    assert len({r.key for r in results}) == 4
    with Journal(tmp_path / "j") as journal:
        for result in results:
            journal.append(result)
    assert [r.whole() for r in Journal(tmp_path / "j").latest().values()] == results
    assert [r.spec for r in Journal(tmp_path / "j").latest().values()] == fresh
