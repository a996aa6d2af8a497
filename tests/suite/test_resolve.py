"""A suite is understood, or answered with the place, the value and the nearest valid name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from symbench.errors import SuiteError
from symbench.suite.resolve import CheckedSuite, load_suite, parse_suite
from symbench.trial.resources import Resources
from tests.conftest import ROOT

MakeSuite = Callable[[str], CheckedSuite]

GOOD = """
name: good
seeds: 2
timeout: 2 min
discovery:
  - task: tiny
    train_sizes: [10, 20]
    methods:
      - behave
      - {name: behave, label: slow, params: {seconds: 0.1}, timeout: 30 s, resources: {cpus: 2}}
"""


def test_expands_into_every_combination(make_suite: MakeSuite) -> None:
    suite = make_suite(GOOD)
    trials = list(suite.trials())
    assert len(trials) == len(suite) == 2 * 2 * 2
    assert len({t.key for t in trials}) == 8
    assert {(t.method_label, t.train_size, t.seed) for t in trials} == {
        (method, size, seed) for method in ("behave", "slow") for size in (10, 20) for seed in (0, 1)
    }
    slow = next(t for t in trials if t.method_label == "slow")
    assert (slow.resources.timeout_s, slow.resources.cpus) == (30.0, 2.0)
    other = next(t for t in trials if t.method_label == "behave")
    assert other.resources.timeout_s == 120.0


def test_order_labels_and_resources_do_not_enter_keys(make_suite: MakeSuite) -> None:
    """The same trials written in another order, under other names, are the same trials."""
    other = """
seeds: [1, 0]
name: another
discovery:
  - methods:
      - {resources: {cpus: 0.5}, params: {seconds: 0.1}, label: renamed, name: behave}
      - behave
    train_sizes: [20, 10]
    task: {name: tiny, label: called-differently}
"""
    assert {t.key for t in make_suite(GOOD).trials()} == {t.key for t in make_suite(other).trials()}


@pytest.mark.parametrize(
    ("change", "with_what", "path", "says"),
    [
        ("seeds: 2", "sedes: 2", "sedes", "did you mean 'seeds'"),
        ("discovery:", "invariant:", "invariant", "tasks of the invariant track belong to `discovery`"),
        (
            "name: behave, label",
            "name: bhave, label",
            "discovery[0].methods[1].name",
            "did you mean 'behave'",
        ),
        ("task: tiny", "task: tinny", "discovery[0].task.name", "did you mean 'tiny'"),
        ("seconds: 0.1", "second: 0.1", "discovery[0].methods[1].params.second", "did you mean 'seconds'"),
        ("seconds: 0.1", "seconds: soon", "discovery[0].methods[1].params.seconds", "valid number"),
        ("[10, 20]", "[10, -20]", "discovery[0].train_sizes[1]", "greater than 0"),
        ("[10, 20]", "[10, 2000]", "discovery[0].train_sizes[1]", "which has 50 training events"),
        ("[10, 20]", "[10, 10]", "discovery[0].train_sizes[1]", "the same training size twice"),
        ("[10, 20]", "[]", "discovery[0].train_sizes", "at least 1 item"),
        ("[10, 20]", "ten", "discovery[0].train_sizes", "valid list"),
        ("[10, 20]", "[10.5]", "discovery[0].train_sizes[0]", "valid integer"),
        ("[10, 20]", "[true]", "discovery[0].train_sizes[0]", "valid integer"),
        ("seeds: 2", "seeds: 0", "seeds", "between 1 and"),
        ("seeds: 2", "seeds: [3, 3]", "seeds[1]", "the same seed twice"),
        ("seeds: 2", "seeds: []", "seeds", "at least 1 item"),
        ("timeout: 2 min", "timeout: 2 fortnights", "timeout", "write a duration as"),
        ("timeout: 2 min", "timeout: -5", "timeout", "greater than 0"),
        ("label: slow", "label: behave", "discovery[0].methods[1]", "the same entry as methods[0]"),
        (", params: {seconds: 0.1}", "", "discovery[0].methods[1]", "the same entry as methods[0]"),
        ("cpus: 2", "cpus: 0", "discovery[0].methods[1].resources.cpus", "greater than 0"),
        ("name: good", "name: ../evil", "name", "match pattern"),
        ("name: good", "nickname: good", "nickname", "did you mean 'name'"),
    ],
)
def test_mistakes_are_named(make_suite: MakeSuite, change: str, with_what: str, path: str, says: str) -> None:
    assert change in GOOD
    with pytest.raises(SuiteError) as raised:
        make_suite(GOOD.replace(change, with_what))
    told = [str(p) for p in raised.value.problems]
    assert any(text.startswith(path) and says in text for text in told), told


def test_every_mistake_is_told_at_once_with_its_line(make_suite: MakeSuite) -> None:
    text = GOOD.replace("task: tiny", "task: tinny").replace("name: behave, label", "name: bhave, label")
    with pytest.raises(SuiteError) as raised:
        make_suite(text)
    assert [(p.path, p.line) for p in raised.value.problems] == [
        ("discovery[0].task.name", 6),
        ("discovery[0].methods[1].name", 10),
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("- a\n- b\n", "a suite is a mapping"),
        ("name: [unclosed\n", "not valid YAML"),
        ("name: a\nname: b\n", "is repeated"),
        ("name: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("a: &a [*a]\n", "contains itself"),
        ("? [a, b]\n: c\n", "a key must be text"),
        ("name: ok\n", "at least one block"),
        ("name: !!timestamp 2026-13-45\n", "the tag '!!timestamp' is not used in suites"),
        ("[" * 5000, "nested too deeply"),
        (
            "a: &a [x,x,x,x,x,x,x,x,x]\n"
            + "".join(
                f"{b}: &{b} [*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a},*{a}]\n"
                for a, b in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "more than",
        ),
        ("name: \x00\n", "not valid YAML"),
    ],
)
def test_text_that_is_no_suite(make_suite: MakeSuite, text: str, says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        make_suite(text)


def test_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    (tmp_path / "cms.yaml").write_text(GOOD)
    with pytest.raises(SuiteError, match=r"no such file; did you mean 'cms.yaml'"):
        load_suite(tmp_path / "csm.yaml")
    with pytest.raises(SuiteError, match="a folder"):
        load_suite(tmp_path)


def test_a_block_in_the_wrong_section(make_suite: MakeSuite) -> None:
    text = GOOD.replace("discovery:", "classification:")
    with pytest.raises(SuiteError, match="it belongs under 'discovery'"):
        make_suite(text)


def test_same_labels_must_mean_the_same_everywhere(make_suite: MakeSuite) -> None:
    block = GOOD.split("discovery:\n")[1]
    with pytest.raises(SuiteError, match=r"the same entry as in discovery\[0\]"):
        make_suite(GOOD + block)
    with pytest.raises(SuiteError, match="labelled like another entry"):
        make_suite(GOOD + block.replace("seconds: 0.1", "seconds: 0.2").replace("      - behave\n", ""))


def test_a_label_means_one_task(make_suite: MakeSuite) -> None:
    text = """
name: labels
seeds: 1
discovery:
  - {task: {name: so2, label: toy}, train_sizes: [10], methods: [nullspace]}
  - {task: {name: OTHER, label: toy}, train_sizes: [20], methods: [liegan]}
"""
    assert len(make_suite(text.replace("OTHER", "so2"))) == 2
    with pytest.raises(SuiteError, match=r"labelled like another task in discovery\[0\], got 'toy'"):
        make_suite(text.replace("OTHER", "so3"))


def test_incompatible_entries_are_known_before_anything_runs(make_suite: MakeSuite) -> None:
    suite = make_suite(GOOD.replace("- behave\n", "- dynamics-only\n"))
    assert suite.incompatibilities() == {
        ("tiny", "dynamics-only"): "dynamics-only is a method for the dynamics track; "
        "tiny is a task of the function track"
    }


def test_a_million_trials_expand_lazily(make_suite: MakeSuite) -> None:
    suite = make_suite(GOOD.replace("seeds: 2", "seeds: 100000").replace("[10, 20]", "[10, 20, 30, 40, 50]"))
    assert len(suite) == 1_000_000
    assert next(iter(suite.trials())).train_size == 50


def test_paths_stay_inside(tmp_path: Path, behaviours: object) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text("x,y,label\n1,2,3\n")
    folder = tmp_path / "suites"
    folder.mkdir()
    (folder / "link.csv").symlink_to(outside)
    text = """
name: mine
discovery:
  - task: {name: table, params: {path: PATH, vectors: [[x, y]], label: label}}
    train_sizes: [1]
    methods: [behave]
"""
    for path in ("../outside.csv", str(outside), "link.csv"):
        with pytest.raises(SuiteError, match="leaves the suite's folder"):
            parse_suite(text.replace("PATH", path), folder=folder)
    with pytest.raises(SuiteError, match=r"no such file.*did you mean 'link\.csv'"):
        parse_suite(text.replace("PATH", "lonk.csv"), folder=folder)
    with pytest.raises(SuiteError) as raised:
        parse_suite(text.replace("PATH", str(outside)), folder=folder, data_root=tmp_path)
    assert "leaves" not in str(raised.value)


@pytest.mark.parametrize("file", sorted((ROOT / "suites").glob("*.yaml")), ids=lambda p: p.name)
def test_every_shipped_suite_is_valid(file: Path) -> None:
    suite = load_suite(file)
    assert len(suite) > 0
    assert not suite.incompatibilities()


def test_resources_are_read_with_their_units(make_suite: Callable[[str], CheckedSuite]) -> None:
    suite = make_suite(
        "name: r\nseeds: 1\ndiscovery:\n- task: tiny\n  train_sizes: [10]\n  methods:\n"
        "  - {name: random, timeout: 2 min, resources: "
        "{cpus: 2, gpus: 0.5, memory: 512 MiB, labels: {pool: gpu}, custom: {tpu: 1}}}\n"
    )
    asked = next(suite.trials()).resources
    assert asked == Resources(
        cpus=2, gpus=0.5, memory_gib=0.5, labels={"pool": "gpu"}, custom={"tpu": 1}, workers=1, timeout_s=120
    )
    assert Resources.model_validate_json(asked.model_dump_json()) == asked


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ("{name: random, resources: {memory: 4}}", "write an amount of memory as"),
        ("{name: random, resources: {gpus: -1}}", "greater than or equal to 0"),
        ("{name: random, workers: 2}", "methods whose fits have parts"),
        ("{name: nullspace, workers: 2, resources: {gpus: 1}}", "several workers have no GPUs"),
    ],
)
def test_impossible_resources_are_refused(
    make_suite: Callable[[str], CheckedSuite], entry: str, complaint: str
) -> None:
    with pytest.raises(SuiteError, match=complaint):
        make_suite(f"name: r\ndiscovery:\n- task: tiny\n  train_sizes: [10]\n  methods: [{entry}]\n")
