"""The leaderboard in MLflow's page: which runs, which columns, in which order.

The page keeps a saved view as a tag of the experiment: JSON of a name, two times and the state of the table, the
latter deflated; `viewStateShareKey` in the page's address opens it, and its menu of views lists it. A page of another
MLflow that does not know a part of the state falls back to its own.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Collection, Iterable
from typing import Any

from symbench.component import Track
from symbench.metrics.catalog import COLUMNS, SCORE
from symbench.tracking.runs import POSITION

_TAG = "mlflow.sharedViewState."
_CLASSIFICATION = "symbench-classification"
_DISCOVERY = "symbench-discovery"
NAMES = {_DISCOVERY: "Leaderboard: discovery", _CLASSIFICATION: "Leaderboard: classification"}


def install_views(client: Any, experiment: str, tracks: Collection[Track]) -> None:
    """Make the experiment's page offer the leaderboards of these tracks."""
    known: dict[str, str] = client.get_experiment(experiment).tags
    for key, members in _tracks_by_view(tracks).items():
        tag, value = _TAG + key, _saved(NAMES[key], _state(members))
        if known.get(tag) != value:
            client.set_experiment_tag(experiment, tag, value)


def views(tags: Iterable[str]) -> dict[str, str]:
    """Name → path in the page, of the leaderboards that an experiment with these tags offers."""
    found = {tag.removeprefix(_TAG) for tag in tags}
    return {name: key for key, name in NAMES.items() if key in found}


def page(server: str, experiment: str, view: str) -> str:
    """The address of a view in the page of this server."""
    return f"{server.rstrip('/')}/#/experiments/{experiment}/runs?viewStateShareKey={view}"


def _tracks_by_view(tracks: Collection[Track]) -> dict[str, list[Track]]:
    found: dict[str, list[Track]] = {}
    for track in (track for track in Track if track in tracks):
        found.setdefault(_CLASSIFICATION if track is Track.CLASSIFICATION else _DISCOVERY, []).append(track)
    return found


def _state(tracks: list[Track]) -> dict[str, Any]:
    """The table in the order of the printed leaderboard: by task, the largest training size first, the best first."""
    track = tracks[0]
    score = SCORE[track]
    metrics = ["tier", score, f"{score}_low", f"{score}_high", "seeds", "not_ok", *COLUMNS[track]]
    columns = [f"params.`{name}`" for name in ("task", "train_size", "method")]
    columns += [f"metrics.`{name}`" for name in metrics]
    columns += ["attributes.`User`", "tags.`symbench.host`"]
    comparison = "=" if track is Track.CLASSIFICATION else "!="
    return {
        "searchFilter": f"tags.`symbench.kind` = 'leaderboard' AND params.track {comparison} 'classification'",
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


def _saved(name: str, state: dict[str, Any]) -> str:
    deflated = zlib.compress(json.dumps(state, sort_keys=True).encode(), 9)
    return json.dumps(
        {"name": name, "createdAt": 0, "updatedAt": 0, "state": f"deflate;{base64.b64encode(deflated).decode()}"}
    )
