"""The leaderboard in MLflow's page: what the saved view says, and what `symbench ui` says and refuses."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from symbench.cli import command
from symbench.leaderboard import leaderboard
from symbench.tracking import Store, sync
from tests.factories import classification_trials, discovery_trials


def state(tags: dict[str, str], view: str) -> dict[str, Any]:
    saved = json.loads(tags[f"mlflow.sharedViewState.{view}"])
    found: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(saved["state"].removeprefix("deflate;"))))
    return found


def test_the_views_show_the_printed_leaderboard_and_columns_that_exist(sqlite: Callable[[str], str]) -> None:
    uri = sqlite("views")
    results = discovery_trials(sizes=(50, 400)) + classification_trials(sizes=(300, 1000))
    rows = leaderboard(results)
    sync(uri, "s", results, rows)
    store = Store(uri, "s")
    tags = store.client.get_experiment(store.experiment).tags
    shown = []
    # Among these results are no control, no broken symmetry, no published answer, no method that says what it learnt,
    # and no task of more than two classes.
    of_others = ["breaking_claimed", "breaking_true", "unbroken_f1", "published_f1", "false_discovery", "learnt"]
    absent = {
        "symbench-discovery": ["precision", "label_spread_max", *of_others],
        "symbench-classification": ["balanced_accuracy"],
    }
    for view, metrics in absent.items():
        asked = state(tags, view)
        order = f"{asked['orderByKey']} {'ASC' if asked['orderByAsc'] else 'DESC'}"
        runs = store.client.search_runs([store.experiment], asked["searchFilter"], order_by=[order])
        shown += [(run.data.params["task"], run.data.params["method"], run.data.params["train_size"]) for run in runs]
        there = {f"metrics.`{name}`" for run in runs for name in run.data.metrics}
        there |= {f"params.`{name}`" for run in runs for name in run.data.params}
        there |= {f"tags.`{name}`" for run in runs for name in run.data.tags} | {"attributes.`User`"}
        missing = [column for column in asked["selectedColumns"] if column not in there]
        assert missing == [f"metrics.`{metric}`" for metric in metrics]
    assert shown == [(row.task, row.method, str(row.train_size)) for row in rows]


def test_a_page_for_other_machines_needs_the_name_that_they_use(
    sqlite: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["symbench", "ui", "--host", "0.0.0.0", "--tracking-uri", sqlite("open")])
    with pytest.raises(SystemExit) as ended:
        command()
    assert ended.value.code == 2
    assert "--reached-as" in capsys.readouterr().err
