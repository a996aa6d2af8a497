"""The user's own events and reactions in the invariant track."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

import symbench as sb
from symbench.data.reactions import read_reactions
from symbench.errors import DataError
from symbench.tasks.base import DataContext
from symbench.tasks.invariant.cms.leptons import ZPairs
from symbench.tasks.invariant.parts_table import PartsTable
from symbench.tasks.invariant.reaction_table import ReactionTable

ETA = np.diag([1.0, -1, -1, -1]).tolist()
TWO_MUONS = [["E1", "px1", "py1", "pz1"], ["E2", "px2", "py2", "pz2"]]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packaged muon pairs as a CSV file of a user, without a mass."""
    folder = tmp_path_factory.mktemp("own")
    x = ZPairs().load(DataContext(folder)).vectors
    columns = {name: x[:, p, k] for p, vector in enumerate(TWO_MUONS) for k, name in enumerate(vector)}
    pd.DataFrame(columns).to_csv(folder / "pairs.csv", index=False)
    return folder / "pairs.csv"


def test_the_form_of_recorded_pairs_in_a_users_file(pairs: Path, tmp_path: Path) -> None:
    """No label and no mass: `casimir` finds the Minkowski metric in the columns."""
    loaded = sb.load_task("parts-table", path=str(pairs), vectors=TWO_MUONS, divide_by=50, home=tmp_path)
    found = sb.discover("casimir", loaded.x[:300], starts=2)
    assert found.name == "so(1,3)"
    assert found.conserved is not None
    assert found.conserved.count == 1
    assert "shared function" in repr(found)


def test_forms_that_are_known_and_unknown(pairs: Path) -> None:
    task = PartsTable(path=str(pairs), vectors=TWO_MUONS, known_form=ETA, known_truth="so(1,3)", divide_by=50)
    data = task.load(DataContext(pairs.parent))
    sample = task.sample(data, with_truth=True)
    assert sample.parts == "vectors"
    assert sample.truth is not None
    flat = sample.x.reshape(len(sample.x), -1)
    expected = np.einsum("ni,ij,nj->n", sample.x[:, 0], np.array(ETA), sample.x[:, 1])
    np.testing.assert_allclose(sample.truth.values(flat)[:, 0], expected)
    unknown = PartsTable(path=str(pairs), vectors=TWO_MUONS)
    assert unknown.invariants() is None
    assert not unknown.truth_is_known()
    none = PartsTable(path=str(pairs), vectors=TWO_MUONS, known_truth="none")
    assert none.invariant_names() == ()


def test_permuted_rows_are_a_control_of_another_identity(pairs: Path) -> None:
    own, control = (
        PartsTable(path=str(pairs), vectors=TWO_MUONS, known_form=ETA, partners=partners)
        for partners in ("recorded", "permuted")
    )
    assert own.digest != control.digest
    assert control.invariant_names() == ()
    assert control.truth_name() == "none"
    before, after = (task.load(DataContext(pairs.parent)).vectors for task in (own, control))
    np.testing.assert_array_equal(before[:, 0], after[:, 0])
    assert sorted(before[:, 1].tolist()) == sorted(after[:, 1].tolist())
    assert not np.array_equal(before[:, 1], after[:, 1])


def test_named_blocks_are_for_balance(pairs: Path) -> None:
    task = PartsTable(path=str(pairs), vectors=TWO_MUONS, blocks=["one muon", "the other"])
    sample = task.sample(task.load(DataContext(pairs.parent)))
    assert (sample.parts, sample.names) == ("blocks", ("one muon", "the other"))
    with pytest.raises(ValueError, match="2 names for events of 3 vectors"):
        sb.discover("balance", np.zeros((20, 3, 2)) + 1, names=["a", "b"])


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"vectors": TWO_MUONS[:1]}, "two vectors or more"),
        ({"vectors": TWO_MUONS, "blocks": ["a"]}, "1 names in `blocks` for 2 vectors"),
        ({"vectors": TWO_MUONS, "blocks": ["a", "a"]}, "a name repeats"),
        ({"vectors": TWO_MUONS, "known_form": ETA, "known_truth": "none"}, "has no `known_form`"),
    ],
)
def test_fields_that_contradict_each_other(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        PartsTable(path="pairs.csv", **params)


def test_a_form_of_another_size_is_refused(pairs: Path) -> None:
    task = PartsTable(path=str(pairs), vectors=TWO_MUONS, known_form=[[1.0]])
    with pytest.raises(DataError, match="the vectors have 4 components"):
        task.invariants()


BETA = ["2112 -> 2212 11 -12"] * 8  # n → p e⁻ ν̄
PION = ["211 -> -13 14", "-211 -> 13 -14"] * 6
MUON = ["13 -> 14 11 -12"] * 8


def test_reactions_as_text() -> None:
    counts, species = read_reactions(["n -> p + e- + anti-nu_e", "p ~p → pi0", "-13 => -11 12 -14"], neutral=["pi0"])
    assert species == ("n", "p", "e-", "nu_e", "13", "11", "12", "14")
    assert counts[0].tolist() == [[1, 0, 0, 0, 0, 0, 0, 0], [0, 1, 1, -1, 0, 0, 0, 0]]
    assert not counts[1].any(), "a proton and an antiproton cancel"
    assert counts[2].tolist() == [[0, 0, 0, 0, -1, 0, 0, 0], [0, 0, 0, 0, 0, -1, 1, -1]]
    with pytest.raises(DataError, match="reaction 2: 'n p' is not of the form"):
        read_reactions(["n -> p", "n p"])


def test_charges_of_a_users_reactions(tmp_path: Path) -> None:
    """Three decays of seven species leave four charges: baryon, electron and muon number, and electric charge."""
    pd.DataFrame({"reaction": BETA + PION + MUON, "run": 1}).to_csv(tmp_path / "decays.csv", index=False)
    charges = ["electric charge", "baryon number", "electron number", "muon number"]
    task = ReactionTable(path=str(tmp_path / "decays.csv"), known_charges=charges)
    data = task.load(DataContext(tmp_path))
    truth = task.invariants()
    assert truth is not None
    assert truth.count == 4
    x = np.asarray(data.vectors, dtype=np.float64)
    assert not truth.values(x.reshape(len(data), -1)).any(), "every reaction conserves every true charge"
    assert task.sizes().train + task.sizes().test == len(data) == 28
    for found in (
        sb.discover("charges", BETA + PION + MUON),
        sb.discover("charges", data.vectors, names=task.part_names()),
    ):
        assert found.conserved is not None
        assert found.conserved.count >= 1
        assert not (found.arrays["charges"] @ (data.vectors[:, 1] - data.vectors[:, 0]).T).any()
        assert "2112" in found.notes["charges"]


def test_known_charges_need_ids(tmp_path: Path) -> None:
    pd.DataFrame({"reaction": ["n -> p e- anti-nu_e"] * 30, "run": 1}).to_csv(tmp_path / "decays.csv", index=False)
    with pytest.raises(DataError, match="need species by PDG ids, not n, p, e-"):
        ReactionTable(path=str(tmp_path / "decays.csv"), known_charges=["baryon number"]).invariants()
