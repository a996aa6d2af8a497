"""Generate the pages of the reference from the code, and the page of the leaderboards from reports/. Run by mkdocs."""

from __future__ import annotations

import sys
from pathlib import Path

import mkdocs_gen_files

sys.path.insert(0, str(Path(__file__).parent))  # mkdocs runs this file alone

import commands
import components
import leaderboards
import python
import suite_keys

PAGES = {
    "reference/suite.md": suite_keys.page_of_suites,
    "reference/tasks.md": components.tasks,
    "reference/discovery-methods.md": components.discovery_methods,
    "reference/networks.md": components.networks,
    "reference/operations.md": components.operations,
    "reference/metrics.md": components.metrics,
    "reference/commands.md": commands.commands,
    "reference/python.md": python.api,
    "leaderboards.md": leaderboards.leaderboards,
}

for path, make in PAGES.items():
    with mkdocs_gen_files.open(path, "w") as file:
        file.write(make())
for path, content in leaderboards.files():
    with mkdocs_gen_files.open(path, "wb") as file:
        file.write(content)
