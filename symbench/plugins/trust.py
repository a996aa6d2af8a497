"""Which plug-ins of a suite may run: those that the user allowed, by their path and the digest of their text.

A suite is data, and reading one runs nothing. A suite may name plug-ins, which are programs; they run after the user
allowed them with `--trust-plugins`, which also writes an entry into `<home>/trusted-plugins.json`. An edited file has
another digest and has to be allowed again.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from symbench.errors import PluginError
from symbench.files import replace_file
from symbench.home import Home
from symbench.plugins.load import Plugin

REMEDY = "symbench.load_suite(..., trust_plugins=True)"


@dataclass(frozen=True)
class Trust:
    """The user's decision about the plug-ins that suites name.

    home         the folder with the list of allowed plug-ins; by default `Home.default()`
    everything   allow all plug-ins of the suite that is read, and add them to the list
    named        plug-ins that the user named himself (`--plugin`): these may run anyway
    remedy       the command, or the Python call, that allows the plug-ins; shown in the error
    """

    home: Home | None = None
    everything: bool = False
    named: tuple[Plugin, ...] = ()
    remedy: str = REMEDY

    def require(self, plugins: Sequence[Plugin], suite: str) -> None:
        """Return if every plug-in may run; raises PluginError with the names of those that may not."""
        file = (self.home or Home.default()).trusted_plugins
        if self.everything:
            _allow(plugins, file)
            return
        allowed = _allowed(file) if plugins else {}
        refused = [
            f"  {plugin.file} ({'edited since it was allowed' if plugin.file in allowed else 'not allowed so far'})"
            for plugin in plugins
            if plugin not in self.named and allowed.get(plugin.file) != plugin.digest
        ]
        if refused:
            raise PluginError(
                f"{suite} names plug-ins:\n" + "\n".join(refused) + "\nPlug-ins are programs and run with your rights, "
                f"here and wherever trials run. Read them first; this allows them as they are now:\n  {self.remedy}"
            )


def _allowed(file: Path) -> dict[str, str]:
    """Path → digest of the allowed plug-ins; of a list that another user can write, nothing counts."""
    if not _is_own(file):
        return {}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PluginError(f"cannot read the list of allowed plug-ins {file}: {error}; delete it") from error
    if not isinstance(content, dict):
        raise PluginError(f"{file} is no list of allowed plug-ins: delete it")
    return content


def _allow(plugins: Sequence[Plugin], file: Path) -> None:
    """Add plug-ins to the list; a list that another user owns is left alone, and the permission holds once."""
    if file.exists() and not _is_own(file):
        return
    allowed = {**_allowed(file), **{plugin.file: plugin.digest for plugin in plugins}}
    if plugins:
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(allowed, indent=1, sort_keys=True) + "\n"
        replace_file(file, lambda out: out.write(text.encode()))


def _is_own(file: Path) -> bool:
    """Whether the file exists, belongs to this user, and only this user can write it."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return False
    return status.st_uid == os.getuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
