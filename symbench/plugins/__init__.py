"""Plug-ins: Python files of the user whose components join the registry.

A plug-in is named on the command line (`--plugin`) or by a suite (`plugins:`); one that a suite names runs only if the
user allowed it (`trust`). Installed packages use entry points instead, which `symbench.registry` loads.
"""

from symbench.plugins.load import Plugin, load_plugins, plugin_of, read_plugin
from symbench.plugins.trust import Trust

__all__ = ["Plugin", "Trust", "load_plugins", "plugin_of", "read_plugin"]
