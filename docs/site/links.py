"""A hook of mkdocs: links to files of the repository outside docs/ lead to the repository's web page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_OUTSIDE = re.compile(r"\]\(((?:\.\./)+)(?P<path>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, config: Any, files: Any) -> str:
    """The page with its links to files outside docs/ replaced; a link to a file that is not there stays, and fails."""
    folder = (ROOT / "docs" / page.file.src_uri).parent

    def replaced(match: re.Match[str]) -> str:
        target = (folder / match[1] / match["path"]).resolve()
        if not target.exists() or target.is_relative_to(ROOT / "docs") or not target.is_relative_to(ROOT):
            return match[0]
        kind = "tree" if target.is_dir() else "blob"
        return f"]({config.repo_url}/{kind}/main/{target.relative_to(ROOT).as_posix()}{match['anchor'] or ''})"

    return _OUTSIDE.sub(replaced, markdown)
