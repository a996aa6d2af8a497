"""One way to read a whole file of each kind, for tests that damage them."""

from __future__ import annotations

from pathlib import Path

from symbench.data.blocks import Append, collect
from symbench.data.cms.resonance import read_muons
from symbench.data.container import Dataset, Provenance
from symbench.data.jets.energyflow import read_quark_gluon
from symbench.data.jets.jetclass import read_jetclass
from symbench.data.jets.nanoaod import NanoRequest
from symbench.data.jets.request import JetRequest
from symbench.data.jets.table import read_jets
from symbench.data.jets.top_tagging import read_reference

KINDS = ("reference", "quark-gluon", "jetclass", "nanoaod", "muons")


def read(kind: str, file: str) -> Dataset:
    """All that a file of 40 jets is read for; raises DataError."""
    path = Path(file)

    def fill(append: Append) -> Provenance:
        if kind == "reference":
            return read_reference([(path, 40)], 20, append)
        if kind == "quark-gluon":
            return read_quark_gluon([path], 10, 20, massless=False, identification=True, append=append)
        if kind == "jetclass":
            return read_jetclass({"QCD": ((path,),)}, [40], 20, identification=True, append=append)
        if kind == "muons":
            return read_muons(path, ["jpsi", "z"], 20, append)
        nano = NanoRequest("ak8", 20, identification=True, label="FatJet_hadronFlavour")
        request = JetRequest("nanoaod", None, (), "e_px_py_pz", 0, 20, nano.label, (0, 5), None, nano)
        return read_jets([(None, file)], request, append)

    return collect(fill)
