"""Plug-ins that a suite names: no program runs before the user allowed exactly this text."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from symbench.errors import PluginError, SuiteError
from symbench.home import Home
from symbench.plugins import Trust
from symbench.suite.resolve import load_suite
from tests.cli.test_cli import symbench
from tests.plugins.test_load import METHOD

SUITE = """
name: own
seeds: 1
plugins: [methods/own_method.py]
discovery:
  - {task: so3, train_sizes: [50], methods: [own-trusted, random]}
"""


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    """A suite with a plug-in that writes a file when it runs."""
    folder = tmp_path / "suite"
    (folder / "methods").mkdir(parents=True)
    code = METHOD.format(name="own-trusted", summary="mine") + f"\nopen({str(tmp_path / 'ran')!r}, 'a').close()\n"
    (folder / "methods" / "own_method.py").write_text(code)
    (folder / "own.yaml").write_text(SUITE)
    return folder / "own.yaml"


def test_nothing_runs_before_it_is_allowed_and_naming_it_once_suffices(
    suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran, plugin = tmp_path / "ran", suite.parent / "methods" / "own_method.py"
    verbs: list[tuple[object, ...]] = [
        ("plan", suite),
        ("run", suite, "--dry-run"),
        ("leaderboard", suite),
        ("report", suite),
        ("sync", suite),
        ("submit", suite, "--address", "http://127.0.0.1:9", "--journal", "s3://bucket/j"),
        ("data", "list", suite),
    ]
    for verb in verbs:
        code, _, err = symbench(capsys, *verb)
        assert code == 2, verb
        assert f"{plugin} (not allowed so far)" in err
        assert "Plug-ins are programs" in err
        assert f"  symbench {' '.join(map(str, verb))} --trust-plugins\n" in err
    assert not ran.exists()

    code, out, err = symbench(capsys, "plan", suite, "--trust-plugins")
    assert (code, "own-trusted" in out) == (0, True), err
    assert ran.exists()
    allowed = json.loads(Home.default().trusted_plugins.read_text())
    assert list(allowed) == [str(plugin)]
    assert symbench(capsys, "plan", suite)[0] == 0
    assert symbench(capsys, "data", "list", suite)[0] == 0

    plugin.write_text(plugin.read_text() + "# edited\n")
    code, _, err = symbench(capsys, "plan", suite)
    assert (code, f"{plugin} (edited since it was allowed)" in err) == (2, True)


def test_a_trial_runs_the_plugin_and_its_error_shows_every_frame(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = symbench(capsys, "run", suite, "--trust-plugins", "--executor", "local")
    assert (code, "own: 1 failed, 1 ok" in out) == (1, True)
    lines = Home.default().journal("own").read_text().splitlines()
    (failed,) = [found for line in lines if (found := json.loads(line))["status"] == "failed"]
    shown = failed["error"]["traceback"]
    plugin = suite.parent / "methods" / "own_method.py"
    for line, function, source in (
        (14, "fit", "return first(sample)"),
        (17, "first", "return second("),
        (22, "second", "raise"),
    ):
        assert f'File "{plugin}", line {line}, in {function}\n    {source}' in shown
    assert shown.endswith("ValueError: no symmetry today")
    assert failed["spec"]["method"]["version"].startswith("1+")


def test_naming_the_same_file_on_the_command_line_allows_it_for_this_command(
    suite: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = suite.parent / "methods" / "own_method.py"
    assert symbench(capsys, "plan", suite, "--plugin", plugin)[0] == 0
    assert symbench(capsys, "plan", suite)[0] == 2


def test_the_remedy_of_python_is_one_argument(suite: Path, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="trust_plugins=True"):
        load_suite(suite)
    assert len(load_suite(suite, trust=Trust(Home(tmp_path / "other"), everything=True)).plugins) == 1
    assert len(load_suite(suite, trust=Trust(Home(tmp_path / "other"))).plugins) == 1
    with pytest.raises(PluginError):
        load_suite(suite)


def test_a_list_that_others_can_write_allows_nothing(suite: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert symbench(capsys, "plan", suite, "--trust-plugins")[0] == 0
    allowed = Home.default().trusted_plugins
    for mode, code in ((0o666, 2), (0o620, 2), (0o644, 0), (0o600, 0)):
        os.chmod(allowed, mode)
        assert symbench(capsys, "plan", suite)[0] == code
    allowed.write_text("[]")
    code, _, err = symbench(capsys, "plan", suite)
    assert (code, str(allowed) in err) == (2, True)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("../outside.py", "leaves the suite's folder"),
        ("/etc/passwd", "leaves the suite's folder"),
        ("link.py", "leaves the suite's folder"),
        ("methods", "cannot read the plug-in"),
        ("methods/own_methd.py", "did you mean 'own_method.py'"),
        ("own.yaml", "a plug-in is a Python file"),
        ("methods/own_method.py, copy/own_method.py", "the same file name"),
    ],
)
def test_paths_of_plugins_are_checked_as_those_of_data(path: str, message: str, suite: Path, tmp_path: Path) -> None:
    """A further folder for data (`--data-root`) is none for programs."""
    (tmp_path / "outside.py").write_text("raise SystemExit(9)")
    (suite.parent / "link.py").symlink_to(tmp_path / "outside.py")
    (suite.parent / "copy").mkdir()
    (suite.parent / "copy" / "own_method.py").write_text("raise SystemExit(9)")
    suite.write_text(SUITE.replace("methods/own_method.py", path))
    with pytest.raises(SuiteError) as raised:
        load_suite(suite, data_root=tmp_path, trust=Trust(Home(tmp_path / "home"), everything=True))
    assert message in str(raised.value)
    assert "plugins[" in str(raised.value)
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "home").exists(), "nothing was allowed"
