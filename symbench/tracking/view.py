"""The leaderboard as a saved view in MLflow's page: its runs, columns and order.

A saved view is a tag of the experiment (`private.view_value`), which the page lists in its menu of views. Other
versions of MLflow use defaults for parts of the state that they do not support.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from symbench.component import Track
from symbench.metrics.catalog import COLUMNS, SCORE
from symbench.tracking.private import view_path, view_tag, view_value
from symbench.tracking.runs import POSITION

_CLASSIFICATION = "symbench-classification"
_REGRESSION = "symbench-regression"
_DISCOVERY = "symbench-discovery"
NAMES = {
    _DISCOVERY: "Leaderboard: discovery",
    _CLASSIFICATION: "Leaderboard: classification",
    _REGRESSION: "Leaderboard: regression",
}
_OF_TRACK = {Track.CLASSIFICATION: _CLASSIFICATION, Track.REGRESSION: _REGRESSION}


def install_views(client: Any, experiment: str, tracks: Collection[Track]) -> None:
    """Add saved views with the leaderboards of these tracks to the experiment's page."""
    known: dict[str, str] = client.get_experiment(experiment).tags
    for key, members in _tracks_by_view(tracks).items():
        tag, value = view_tag(key), view_value(NAMES[key], _state(members))
        if known.get(tag) != value:
            client.set_experiment_tag(experiment, tag, value)


def views(tags: Iterable[str]) -> dict[str, str]:
    """Name → key of each saved view with a leaderboard, in an experiment with these tags."""
    present = set(tags)
    return {name: key for key, name in NAMES.items() if view_tag(key) in present}


def page(server: str, experiment: str, view: str) -> str:
    """The address of a view in the page of this server."""
    return f"{server.rstrip('/')}/{view_path(experiment, view)}"


def _tracks_by_view(tracks: Collection[Track]) -> dict[str, list[Track]]:
    found: dict[str, list[Track]] = {}
    for track in (track for track in Track if track in tracks):
        found.setdefault(_OF_TRACK.get(track, _DISCOVERY), []).append(track)
    return found


def _state(tracks: list[Track]) -> dict[str, Any]:
    """The table in the order of the printed leaderboard: by task, the largest training size first, the best first."""
    track = tracks[0]
    score = SCORE[track]
    metrics = ["tier", score, f"{score}_low", f"{score}_high", "seeds", "not_ok", *COLUMNS[track]]
    columns = [f"params.`{name}`" for name in ("task", "train_size", "method")]
    columns += [f"metrics.`{name}`" for name in metrics]
    columns += ["attributes.`User`", "tags.`symbench.host`"]
    trained = [f"params.track != '{other}'" for other in Track if other.trained]
    selection = f"params.track = '{track}'" if track.trained else " AND ".join(trained)
    return {
        "searchFilter": f"tags.`symbench.kind` = 'leaderboard' AND {selection}",
        "orderByKey": f"metrics.`{POSITION}`",
        "orderByAsc": True,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "modelVersionFilter": "All Runs",
        "datasetsFilter": [],
        "selectedColumns": columns,
        "columnOrder": columns,
        "runsHiddenMode": "SHOW_ALL",
    }
