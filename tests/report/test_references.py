"""What a report cites: every built-in component with its publications, as BibTeX that LaTeX accepts."""

from __future__ import annotations

import re

from symbench import registry
from symbench.component import Component
from symbench.report.references import bibliography, bibtex, library
from symbench.report.study import Study, SuiteFacts
from tests.factories import classification_trials, discovery_trials, trial


def components() -> list[type[Component]]:
    registry.load_builtin()
    tables = (registry.TASKS, registry.DISCOVERY, registry.CLASSIFIERS, registry.REGRESSORS)
    return [component for table in tables for component in table.values()]


def test_every_entry_is_balanced_and_has_a_key_of_its_own() -> None:
    text = bibtex((component.name, component.reference) for component in components())
    keys = re.findall(r"^@\w+\{([^,]+),$", text, flags=re.MULTILINE)
    assert len(keys) > 30
    assert len(set(keys)) == len(keys)
    for entry in text.split("\n\n"):
        assert entry.count("{") - entry.count("\\{") == entry.count("}") - entry.count("\\}"), entry
        assert re.fullmatch(r"@\w+\{.*\n\}", entry.strip(), flags=re.DOTALL)
        assert "title = {" in entry


def test_every_publication_of_the_library_is_cited_by_a_component() -> None:
    cited = " ".join(component.reference for component in components())
    assert [eprint for eprint in library() if eprint not in cited] == []


def test_a_report_cites_what_it_uses_and_nothing_else() -> None:
    results = [*discovery_trials(seeds=1, sizes=(400,)), *classification_trials(seeds=1, sizes=(300,))]
    text = bibliography(Study(SuiteFacts("demo"), results))
    for expected in ("@software{symbench", "2302.00236", "2210.04345", "2201.08187", "scikit-hep-testdata 0.3.3"):
        assert expected in text
    assert "2210.04345" not in bibliography(Study(SuiteFacts("demo"), results[-1:]))
    assert "plugin" not in bibliography(Study(SuiteFacts("demo"), [trial(task="plugin", method="plugin")]))


def test_a_source_without_an_entry_is_kept_as_a_note() -> None:
    text = bibtex([("mine", "A & B, CERN Open Data records 545 and 700; arXiv:2401.00001 100 %")])
    assert r"note = {A \& B, CERN Open Data records 545 and 700; arXiv:2401.00001 100 \%}" in text
    assert r"\url{https://opendata.cern.ch/record/545}, \url{https://opendata.cern.ch/record/700}" in text
    assert "eprint = {2401.00001}" in text
