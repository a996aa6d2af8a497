"""`w-tagging`: hadronically decaying W bosons in one large-radius jet, or QCD, with jets that are generated here."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from symbench.registry import task
from symbench.tasks.classification.generated import GeneratedJets

if TYPE_CHECKING:
    from symbench.data.jets.recipe import Process


@task("w-tagging")
class WTagging(GeneratedJets):
    """Jets of hadronically decaying W bosons, from W pairs, against jets of light quarks and gluons.

    Generated like the jets of `top-tagging`: 14 TeV, no multiple interactions, R = 0.8. The classes are balanced; label
    1 is the W.
    """

    version: ClassVar[str] = "1"
    summary: ClassVar[str] = "W boson or QCD jet, from the four-momenta of its constituents"
    reference: ClassVar[str] = "process WeakDoubleBoson:ffbar2WW of Pythia 8; selection as in arXiv:1902.09914"
    class_names: ClassVar[tuple[str, ...]] = ("qcd", "w")
    processes: ClassVar[tuple[Process, Process]] = ("qcd", "w")

    def _selection(self) -> str:
        return (
            f"14 TeV, no multiple interactions, neutrinos removed; hardest anti-kT R = {self.radius} jet with "
            f"|η| < {self.eta_max:g} of each event, {self.pt_min:g} to {self.pt_max:g} GeV; signal: WW events, a "
            f"W boson and both its quarks within ΔR = {self.radius} of the jet axis"
        )
