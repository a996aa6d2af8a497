"""Texts without paths of this machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from symbench.sharing.paths import suite_without_paths, without_paths

NAMES = st.text(alphabet="abcXYZ019_-", min_size=1, max_size=8)

TEXTS = [
    ('File "/home/joe/my_method.py", line 3, in fit', 'File "…/my_method.py", line 3, in fit'),
    (
        'File "/opt/venv/lib/python3.11/site-packages/torch/nn/modules/module.py", line 9',
        'File "…/site-packages/torch/nn/modules/module.py", line 9',
    ),
    ("/srv/joe/symbench/symbench/trial/execute.py:12", "…/symbench/trial/execute.py:12"),
    ("no room on /scratch/joe/home: full", "no room on …: full"),
    ("sqlite:////home/joe/mlflow.db is locked", "sqlite:…/mlflow.db is locked"),
    ("read file:///data/run1/jets.root?", "read file:…/jets.root?"),
    ("see ~/notes/a.txt and ~joe/b.txt", "see …/a.txt and …/b.txt"),
    ("https://opendata.cern.ch/record/545/files and s3://bucket/a/b.jsonl", None),
    ("1/ε at 30 %, E/p/m, and/or, /2, data/runs/x.csv, ./a/b, ../a/b", None),
    ("dy/dx = 3/4/5; a: /x", None),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS)
def test_only_names_of_files_stay(text: str, shown: str | None) -> None:
    assert without_paths(text) == (text if shown is None else shown)


@given(parts=st.lists(NAMES, min_size=2, max_size=5), around=st.sampled_from(["{}", "in {}: x", '"{}"', "({}), ok"]))
def test_no_folder_of_an_absolute_path_stays_and_again_changes_nothing(parts: list[str], around: str) -> None:
    shown = without_paths(around.format("/" + "/".join(parts)))
    assert "/" + parts[0] not in shown
    assert without_paths(shown) == shown


def test_known_folders_go_with_their_blanks() -> None:
    assert without_paths("in /home/joe/My Data/x.csv", ["/home/joe/My Data"]) == "in …/x.csv"
    assert without_paths("a/b", ["/"]) == "a/b"


def test_a_suite_names_its_files_beside_itself() -> None:
    text = "task: {name: table, params: {file: /data/joe/muons 1.csv}}\nplugins: [/home/joe/s/own/p.py]\n# /etc/joe/x\n"
    shown = suite_without_paths(text, ["/data/joe/muons 1.csv"], "/home/joe/s")
    assert shown == "task: {name: table, params: {file: muons 1.csv}}\nplugins: [own/p.py]\n# …\n"
