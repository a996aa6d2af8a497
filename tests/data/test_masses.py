"""The masses decide the bytes of data sets: they are pinned, and readers take them from one place."""

from __future__ import annotations

import re

from symbench.data.masses import ELECTRON_MASS, MASSES, MUON_MASS
from tests.conftest import ROOT


def test_the_masses_are_pinned_and_in_gev() -> None:
    assert (MUON_MASS, ELECTRON_MASS) == (0.1056583755, 0.00051099895)
    assert (MASSES[13], MASSES[11]) == (MUON_MASS, ELECTRON_MASS)
    assert all(0 < mass < 2 for mass in MASSES.values())


def test_no_other_module_states_the_mass_of_the_muon() -> None:
    places = [path for path in (ROOT / "symbench").rglob("*.py") if re.search(r"0\.10565", path.read_text())]
    assert places == [ROOT / "symbench" / "data" / "masses.py"]
