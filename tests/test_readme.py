"""What the README promises: its suite is valid, and it stays short."""

from __future__ import annotations

import re
from pathlib import Path

from symbench.suite.resolve import parse_suite
from tests.conftest import ROOT
from tests.markdown_tables import code_blocks

README = ROOT / "README.md"


def test_the_suite_of_the_readme_is_valid(tmp_path: Path) -> None:
    (text,) = code_blocks(README, "yaml")
    assert len(parse_suite(text, folder=tmp_path)) == 5 * (3 * 4 + 4)


def test_the_readme_is_read_in_five_minutes() -> None:
    prose = re.sub(r"^```.*?^```|^\|.*?$|<!--.*?-->", "", README.read_text(), flags=re.M | re.S)
    assert len(prose.split()) <= 700
