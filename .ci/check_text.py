"""Check text files by name: valid YAML and TOML, one newline at the end, no trailing blanks, no conflict markers.

Prints a line for each problem and exits with 1 if there are any.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import yaml

MARKER = re.compile(r"^(<{7} |={7}$|>{7} )", re.M)


def problems(name: str, text: str) -> list[str]:
    """What is wrong with a file of this name and content."""
    found = []
    if text and (not text.endswith("\n") or text.endswith("\n\n")):
        found.append("must end with one newline")
    if not name.endswith(".md") and re.search(r"[ \t]+$", text, re.M):
        found.append("has blanks at the end of a line")
    if MARKER.search(text):
        found.append("has a conflict marker")
    try:
        if name.endswith((".yaml", ".yml")):
            list(yaml.parse(text, Loader=yaml.SafeLoader))
        elif name.endswith(".toml"):
            tomllib.loads(text)
    except (yaml.YAMLError, tomllib.TOMLDecodeError) as error:
        found.append(f"cannot be read: {error}")
    return found


if __name__ == "__main__":
    complaints = [f"{name}: {what}" for name in sys.argv[1:] for what in problems(name, Path(name).read_text())]
    print(*complaints, sep="\n", end="\n" if complaints else "")
    sys.exit(bool(complaints))
