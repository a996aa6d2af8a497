"""The documentation builds as a site without a broken link, and what is generated from the code is complete."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from symbench import registry
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; `strict` makes every broken link and every page outside the navigation an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def ids(page: Path) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', page.read_text("utf-8")))


def test_every_component_has_its_section(site: Path) -> None:
    registry.load_builtin()
    pages: dict[str, Mapping[str, object]] = {
        "tasks": registry.TASKS,
        "discovery-methods": registry.DISCOVERY,
        "networks": {**registry.CLASSIFIERS, **registry.REGRESSORS},
    }
    for page, table in pages.items():
        builtin = {name for name, entry in table.items() if registry.is_builtin(entry)}
        assert builtin <= ids(site / "reference" / f"{page}.html")


def test_every_public_name_is_documented(site: Path) -> None:
    import symbench as sb

    text = (site / "reference" / "python.html").read_text("utf-8")
    missing = [name for name in sb.__all__ if name not in ("testing", "__version__") and f">{name}<" not in text]
    assert missing == []


def test_every_committed_report_is_a_leaderboard(site: Path) -> None:
    names = {path.parent.name for path in (ROOT / "reports").glob("*/report.html")}
    assert names
    for name in names:
        committed = (ROOT / "reports" / name / "report.html").read_bytes()
        assert (site / "reports" / name / "report.html").read_bytes() == committed
    assert names <= ids(site / "leaderboards.html")


def test_a_page_of_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in ("index.html", "reference/tasks.html"):
        text = (site / page).read_text("utf-8")
        assert re.findall(r'(?:src|<link[^>]*href)="https?://[^"]*"', text) == []


def test_a_broken_link_fails(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("[gone](elsewhere.md)\n")
    settings = (ROOT / "mkdocs.yml").read_text()
    kept = settings[settings.index("validation:") : settings.index("hooks:")]
    (tmp_path / "mkdocs.yml").write_text(f"site_name: broken\nstrict: true\n{kept}")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "elsewhere.md" in done.stderr
