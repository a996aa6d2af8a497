"""What a paper with these results cites, as BibTeX: the methods, networks and tasks of the suite, its data, symbench.

Components state their sources in one line (`Component.reference`). An arXiv number in it that is in library.bib becomes
that entry; every other source becomes an entry with the line as its note, so that nothing is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from symbench import __version__, registry
from symbench.component import Component
from symbench.errors import UnknownNameError
from symbench.leaderboard.latex import escaped
from symbench.report.study import Study
from symbench.trial.spec import TrialSpec

_ARXIV = re.compile(r"\b(\d{4}\.\d{4,5})\b")
_RECORDS = re.compile(r"CERN Open Data records? ([\d, and]+)")
_PORTAL = "https://opendata.cern.ch/record"
_SOFTWARE = f"""@software{{symbench,
  author = {{{{The symbench developers}}}},
  title = {{symbench: distributed benchmarks of symmetry discovery and symmetry-respecting networks on collider data}},
  version = {{{__version__}}},
  url = {{https://github.com/symbench/symbench}},
}}"""


def bibliography(study: Study) -> str:
    """The entries of a report, each once, in the order in which methods and tasks appear."""
    components = dict.fromkeys(c for result in study.results for c in _components(result.spec))
    return bibtex((component.name, component.reference) for component in components)


def bibtex(sources: Iterable[tuple[str, str]]) -> str:
    """Entries for (name of a component, its line of sources), after that of symbench itself."""
    entries: dict[str, str] = {"symbench": _SOFTWARE}
    for name, line in sources:
        known = [eprint for eprint in _ARXIV.findall(line) if eprint in library()]
        for eprint in known:
            entries.setdefault(eprint, library()[eprint])
        if line and not known:
            entries.setdefault(line, _by_note(name, line))
    return "\n\n".join(entries.values()) + "\n"


def _by_note(name: str, line: str) -> str:
    arxiv, records = _ARXIV.search(line), _RECORDS.search(line)
    fields = {"title": f"{{Source of {escaped(name)}}}", "note": escaped(line)}
    if arxiv:
        fields |= {"eprint": arxiv[1], "archivePrefix": "arXiv"}
    if records:
        numbers = re.findall(r"\d+", records[1])
        fields["howpublished"] = ", ".join(rf"\url{{{_PORTAL}/{number}}}" for number in numbers)
    body = "\n".join(f"  {field} = {{{value}}}," for field, value in fields.items())
    return f"@misc{{symbench:{name},\n{body}\n}}"


def _components(spec: TrialSpec) -> list[type[Component]]:
    """The classes of a trial's task and method that are registered here; those of absent plug-ins are left out."""
    find = registry.find_learner if spec.track.trained else None
    found: list[type[Component]] = []
    for lookup in (
        lambda: registry.find_task(spec.task.name),
        lambda: find(spec.track, spec.method.name) if find else registry.find_discovery_method(spec.method.name),
    ):
        try:
            found.append(lookup())
        except UnknownNameError:
            continue
    return found


@cache
def library() -> dict[str, str]:
    """arXiv number → entry of library.bib."""
    text = (Path(__file__).parent / "library.bib").read_text(encoding="utf-8")
    entries = re.findall(r"^@.*?^\}", text, flags=re.DOTALL | re.MULTILINE)
    return {match[1]: entry for entry in entries if (match := re.search(r"eprint = \{([^}]*)\}", entry))}
