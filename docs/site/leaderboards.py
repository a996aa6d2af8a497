"""The public leaderboards: the committed reports, whole, and a page that introduces them."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

from text import page, plain, table

REPORTS = Path(__file__).parents[2] / "reports"
_SHOWN = ("report.html", "leaderboard.csv", "results.jsonl")
_STATE = re.compile(r"^\| \[(?P<name>[\w-]+)\]\([^)]*\) \| `(?P<suite>[^`]+)` \| (?P<state>[^|]+) \|$", re.M)


def leaderboards() -> str:
    """A section for each committed report: what made it, its first lines, and the whole report."""
    introduction = (
        "Each report is one run of a suite, with its results. To add an entry of your own, run the suite with your "
        "plug-in, `symbench export` it, and open a pull request with the folder."
    )
    states = {match["name"]: match for match in _STATE.finditer((REPORTS / "README.md").read_text("utf-8"))}
    parts = []
    for folder in _folders():
        state = states[folder.name]
        parts.append(
            f"## {folder.name}\n\n`{state['suite']}`: {state['state'].strip()}.\n\n{_opening(folder)}\n\n"
            f"{_boards(folder)}\n\n" + " · ".join(f"[{name}](reports/{folder.name}/{name})" for name in _SHOWN)
        )
    return page("Leaderboards", introduction, *parts)


def files() -> Iterator[tuple[str, bytes]]:
    """(path inside the site, content) of everything that the page links."""
    for folder in _folders():
        for name in _SHOWN:
            yield f"reports/{folder.name}/{name}", (folder / name).read_bytes()


def _folders() -> list[Path]:
    return sorted(path for path in REPORTS.iterdir() if (path / "report.html").exists())


def _opening(folder: Path) -> str:
    """The first paragraphs of the report's text, up to its first section."""
    text = (folder / "report.md").read_text("utf-8")
    opening = text.partition("\n## ")[0].partition("\n")[2].strip()
    return re.sub(r"!\[[^\]]*\]\([^)]*\)\n*", "", opening)


def _boards(folder: Path) -> str:
    """The first tier of every task at its largest training size, in the order of the report."""
    tasks: dict[str, list[dict[str, str]]] = {}
    with (folder / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            tasks.setdefault(row["task"], []).append(row)
    rows = []
    for task, entries in tasks.items():
        largest = max(int(entry["train_size"]) for entry in entries)
        first = [entry for entry in entries if int(entry["train_size"]) == largest and entry["tier"] == "1"]
        shown = "<br>".join(map(_entry, first)) or "none is above random"
        rows.append((plain(task), f"{largest:,}", shown))
    return table(("task", "training events", "first tier: mean and 95 % interval"), rows)


def _entry(row: dict[str, str]) -> str:
    low, score, high = (float(row[column] or "nan") for column in ("low", "score", "high"))
    return f"{plain(row['method'])}: {plain(row['metric'])} {score:.3f} [{low:.3f}, {high:.3f}]"
