"""The `tune` section: what it means for each entry, and what is said of one that means nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from symbench import registry
from symbench.errors import SuiteError
from symbench.plugins import load_plugins, read_plugin
from symbench.suite.resolve import CheckedSuite, parse_suite
from symbench.tuning.search import Search
from tests.conftest import ROOT

SUITE = """
name: tuned
seeds: 2
tune: {trials: 3}
classification:
  - task: toy-jets
    train_sizes: [50, 100]
    operations: [rotation]
    methods:
      - {name: mlp, params: {width: 4}}
      - {name: pfn, label: pfn, params: {width: 4, learning_rate: 0.002}}
      - name: pfn
        label: pfn-8
        params: {width: 8}
        search_space: {batch_size: {choice: [16, "32"]}, clip_norm: {uniform: [0.5, 1e1]}}
"""

Parse = Callable[[str], CheckedSuite]


@pytest.fixture
def parse(tmp_path: Path) -> Parse:
    for name in ("jets", "sources"):
        load_plugins([read_plugin(ROOT / "tests" / "plugins" / f"{name}.py")])
    return lambda text: parse_suite(text, folder=tmp_path)


def _searches(suite: CheckedSuite) -> dict[str, Search]:
    return {entry.label: search for _, entry, search in suite.searches()}


def test_every_classifier_proposes_what_is_searched(parse: Parse) -> None:
    """Its rates and its dropout, around what is published; what the entry states stays as it is."""
    found = _searches(parse(SUITE))
    assert {name: str(d) for name, d in found["mlp"].space.items()} == {
        "learning_rate": "0.0006 to 0.015 (logarithmic)",
        "weight_decay": "0.0001 to 0.1 (logarithmic)",
        "dropout": "0 to 0.3",
    }
    assert set(found["pfn"].space) == {"weight_decay"}
    assert {search.train_size for search in found.values()} == {100}, "as many as the largest trials have"


def test_an_entry_says_what_is_searched(parse: Parse) -> None:
    """Values of a choice are kept as the parameter has them."""
    space = _searches(parse(SUITE))["pfn-8"].space
    assert space["batch_size"].choice == (16, 32)
    assert space["clip_norm"].uniform == (0.5, 10.0)


def test_every_registered_classifier_has_a_space_of_its_recipe(parse: Parse) -> None:
    """Within what its parameters allow, and neither about the network nor about how long it trains."""
    registry.load_builtin()
    for name, cls in registry.CLASSIFIERS.items():
        recipe = cls()
        assert "learning_rate" in recipe.search_space(), name
        for parameter, dimension in recipe.search_space().items():
            assert parameter in ("learning_rate", "weight_decay", "dropout"), name
            for end in dimension.ends:
                cls(**{parameter: end})
        low, high = recipe.search_space()["learning_rate"].ends
        assert low < recipe.learning_rate < high


def test_waiting_entries_and_trials_that_nothing_is_searched_for(parse: Parse) -> None:
    suite = parse(SUITE.replace("width: 4}", "width: 4}, search_space: {}", 1))
    assert set(_searches(suite)) == {"pfn", "pfn-8"}
    assert suite.waiting() == {("toy-jets", "pfn"), ("toy-jets", "pfn-8")}


def test_a_block_has_a_search_of_its_own_or_none(parse: Parse) -> None:
    block = SUITE[SUITE.index("  - task") :]
    other = block.replace("- task: toy-jets", "- task: {name: toy-jets, label: again}\n    tune: SEARCH")
    suite = parse(SUITE + other.replace("SEARCH", "{search: asha, core_minutes: 2, train_size: 60, seed: 3}"))
    told = [str(search.settings) for _, _, search in suite.searches()]
    assert told == ["random, 3 configurations"] * 3 + ["asha, 2 core minutes"] * 3
    assert {entry.label for block, entry, _ in parse(SUITE + other.replace("SEARCH", "false")).searches()} == {
        "mlp",
        "pfn",
        "pfn-8",
    }
    assert not list(parse(SUITE.replace("{trials: 3}", "false")).searches())


def test_the_keys_of_trials_do_not_know_of_searches(parse: Parse) -> None:
    tuned, plain = parse(SUITE), parse(SUITE.replace("tune: {trials: 3}", "tune: false"))
    assert [t.key for t in tuned.trials()] == [t.key for t in plain.trials()]


def test_a_classifier_on_a_discovered_symmetry_is_searched_with_the_true_one(parse: Parse) -> None:
    """What is discovered is not known when searches run: the parameter's default stands in for it."""
    suite = parse("""
name: loop
tune: {trials: 2}
discovery:
  - {task: four-noise, train_sizes: [20], methods: [claim]}
classification:
  - task: few-jets
    train_sizes: [20]
    operations: [rotation]
    methods: [{name: form, params: {symmetry: {from: claim}}}]
""")
    ((_, entry, search),) = suite.searches()
    assert search.method.parameters["symmetry"] == "none"
    assert entry.component.parameters()["symmetry"] == {"from": "source"}


@pytest.mark.parametrize(
    ("change", "with_what", "says"),
    [
        ("trials: 3", "trails: 3", "tune.trails (line 4): unknown key, got 'trails'; did you mean 'trials'?"),
        ("trials: 3", "trials: 0", "tune.trials (line 4): input should be greater than or equal to 1, got 0"),
        ("trials: 3", "trials: 3, core_minutes: 1", "tune (line 4): a search has a budget: either trials or"),
        ("trials: 3", "search: asha", "tune (line 4): a search has a budget: either trials or core_minutes"),
        ("trials: 3", "search: grid, trials: 3", "tune.search (line 4): input should be 'random', 'asha' or 'none'"),
        ("{trials: 3}", "yes", "tune (line 4): write a search as {trials: 8}"),
        ("trials: 3", "trials: 3, train_size: 999", "tune.train_size (line 4): larger than the data set of toy-jets"),
        ("batch_size:", "batchsize:", "search_space.batchsize (line 15): pfn has no such parameter, got 'batchsize'"),
        ("clip_norm:", "epochs:", "search_space.epochs (line 15): sets the length of a training"),
        (
            "[16,",
            "[-1,",
            "search_space.batch_size.choice[0] (line 15): not a valid batch_size: input should be greater",
        ),
        ("[0.5,", "[-0.5,", "search_space.clip_norm.uniform[0] (line 15): not a valid clip_norm"),
        ("uniform: [0.5, 1e1]", "unifrm: [0.5, 1]", "did you mean 'uniform'?"),
        ("uniform: [0.5, 1e1]", "uniform: [5, 1]", "uniform goes from a number to a larger one, not from 5 to 1"),
        ("tune: {trials: 3}\n", "", "methods[2].search_space (line 14): has no effect without a search"),
    ],
)
def test_mistakes_are_told_with_their_place(parse: Parse, change: str, with_what: str, says: str) -> None:
    assert change in SUITE
    with pytest.raises(SuiteError) as raised:
        parse(SUITE.replace(change, with_what))
    assert says in str(raised.value)


def test_only_classifiers_are_tuned(parse: Parse) -> None:
    with pytest.raises(SuiteError, match="only networks are tuned"):
        parse("""
name: wrong
discovery:
  - {task: four-noise, train_sizes: [20], methods: [{name: claim, search_space: {length: {uniform: [1, 2]}}}]}
""")


def test_the_suite_of_the_documentation_is_valid(parse: Parse) -> None:
    page = (ROOT / "docs" / "tuning.md").read_text()
    (text,) = re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)
    assert set(_searches(parse(text))) == {"pfn", "lorentznet", "particlenet"}
