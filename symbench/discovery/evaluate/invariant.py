"""The invariant track: are the claimed functions nearly the same in unseen events, and are they the true ones?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from symbench.data.container import Dataset
from symbench.data.permuted import exchanged, permuted
from symbench.data.samples import ConservedQuantities, no_quantities
from symbench.discovery.base import InvariantSample, Symmetry
from symbench.discovery.evaluate.dynamics import (
    COUNT_ONLY,
    check_quantities,
    control_scores,
    reported_arrays,
    reported_metrics,
)
from symbench.discovery.evaluate.fields import judge_fields
from symbench.discovery.evaluate.generators import evaluate_generators, finite
from symbench.metrics.conservation import functional_rank
from symbench.metrics.discovery.chance import NO_CLAIM, chance_metrics, chance_of_quantities
from symbench.metrics.discovery.charges_named import charges_text, wrong_species
from symbench.metrics.discovery.constants_dropped import drop_constants
from symbench.metrics.discovery.explained import explained_shares
from symbench.metrics.discovery.form_cosine import are_forms, form_cosine, forms_of
from symbench.metrics.discovery.signature import signature_text
from symbench.metrics.discovery.span import span_metrics
from symbench.metrics.discovery.spread import spreads_of
from symbench.tasks.base import InvariantTask
from symbench.trial.result import Outcome

FloatArray = npt.NDArray[np.float64]

_STATES = 400  # at which functions are compared
_CANDIDATES = 4  # of which the most similar partner is taken
_SEED = 20_230_131
_OF_THE_ALGEBRA = ("angle_max_deg", "angle_mean_deg", "grassmann", "closure", "eta_cosine", "algebra_correct")


def evaluate_invariant(symmetry: Symmetry, task: InvariantTask, test: Dataset) -> Outcome:
    """Every metric of a claim on test events.

    recall      share of the true functions inside the claimed ones: of the span of their gradients
    precision   share of the claimed functions inside the true ones
    explained_  share of the true functions that are functions of the claimed ones, and the reverse
    count       functional rank of the claim without functions that are constant everywhere; a claim without functions
                states its count, and has no metrics of functions
    spread_max  largest spread of a claimed function, relative to events with permuted partners

    Gradients are compared at events with permuted partners, where no function is constant; values at events with
    partners of similar events, since what a fitted function is far from all events is not determined. The algebra of
    the claim is compared as in the other tracks. Raises ValueError for functions of wrong shape, or with values that
    are not finite.
    """
    sample = task.sample(test)
    x = sample.x
    n, parts, d = x.shape
    rng = np.random.Generator(np.random.PCG64(_SEED))
    states = permuted(x, rng, max(1, -(-_STATES // n)), sample.parts)[:_STATES].reshape(-1, parts * d)
    claim = symmetry.conserved or no_quantities(parts * d)
    check_quantities(claim, states)
    kept = drop_constants(claim, states)
    counts_only = symmetry.conserved is None and COUNT_ONLY in symmetry.scalars
    count = symmetry.scalars[COUNT_ONLY] if counts_only else float(functional_rank(kept, states))
    metrics = reported_metrics(symmetry, count)
    if not counts_only:
        metrics |= {"functions_claimed": float(claim.count), "constants_dropped": float(claim.count - kept.count)}
    arrays = reported_arrays(symmetry)
    notes: dict[str, str] = {}
    if kept.count:
        spreads, null = spreads_of(kept, x, sample.parts)
        metrics |= {"spread_max": float(spreads.max()), "spread_null": float(null.min())}
        arrays |= {"spreads": spreads, "spread_nulls": null}
    truth, name = task.invariants(), task.truth_name()
    if name is not None:
        notes["truth"] = name
        notes["invariants"] = ", ".join(task.invariant_names() or ()) or "none"
    if truth is not None:
        metrics["count_error"] = count - truth.count
        if truth.count == 0:
            metrics |= control_scores(count)
        elif not counts_only:
            metrics |= _against(truth, kept, states) | explained_shares(kept, truth, _near(sample, states, rng))
    if truth is not None and truth.count and sample.parts == "reactions" and not counts_only:
        wrong = wrong_species(_charges(kept, d), _charges(truth, d), np.abs(x).sum(axis=(0, 1)), sample.names)
        metrics["charges_named"] = sum(not species for species in wrong) / len(wrong)
        notes["charges_named"] = charges_text(task.invariant_names() or (), wrong)
    for found in (_forms(truth, kept, sample), _algebra(symmetry, task, x)):
        metrics, arrays, notes = metrics | found.metrics, arrays | found.arrays, notes | found.notes
    return Outcome(metrics=finite(metrics), arrays=arrays, notes=notes)


def _charges(functions: ConservedQuantities, species: int) -> FloatArray:
    """The charges (k, S) of functions Σ q over products − Σ q over parents: their gradient at any reaction."""
    return functions.gradients(np.zeros((1, 2 * species)))[0, :, species:]


def _near(sample: InvariantSample, states: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Events with partners of similar events, as states; of reactions, which are numbers, those given."""
    if sample.parts == "reactions":
        return states
    n = len(sample.x)
    return exchanged(sample.x, rng, _CANDIDATES, max(1, -(-_STATES // n)))[:_STATES].reshape(-1, states.shape[1])


def _against(truth: ConservedQuantities, claim: ConservedQuantities, states: FloatArray) -> dict[str, float]:
    """F1 and its parts by the spans of gradients; a claim of nothing recalls nothing."""
    if claim.count == 0:
        return {"f1": 0.0, "recall": 0.0, **chance_metrics(0.0, NO_CLAIM)}
    scores = _scores(claim, truth, states)
    chance = chance_of_quantities(
        claim.count, states, lambda claims: [_scores(one, truth, states)["f1"] for one in claims]
    )
    return {**scores, **chance_metrics(scores["f1"], chance)}


def _scores(claim: ConservedQuantities, truth: ConservedQuantities, states: FloatArray) -> dict[str, float]:
    return {name.removeprefix("span_"): value for name, value in span_metrics(claim, truth, states).items()}


def _forms(truth: ConservedQuantities | None, claim: ConservedQuantities, sample: InvariantSample) -> Outcome:
    """The quadratic forms of claimed functions of vectors, compared with the true ones, unless these are none."""
    if sample.parts != "vectors" or sample.x.shape[1] < 2 or not claim.count:
        return Outcome({})
    if truth is not None and truth.count and not are_forms(truth, sample.x):
        return Outcome({})
    forms = forms_of(claim, sample.x)
    metrics: dict[str, float] = {}
    notes = {"signature": ", ".join(signature_text(form) for form in forms)}
    if truth is not None and truth.count:
        true = forms_of(truth, sample.x)
        metrics["form_cosine"] = form_cosine(forms, true)
        wanted = ", ".join(signature_text(form) for form in true)
        metrics["signature_correct"] = float(notes["signature"] == wanted)
        notes["true_signature"] = wanted
    return Outcome(metrics, {"forms": forms}, notes=notes)


def _algebra(symmetry: Symmetry, task: InvariantTask, x: FloatArray) -> Outcome:
    """The metrics of the algebra that leaves the claimed functions unchanged, if claim or truth has one."""
    if symmetry.fields is not None or task.truth_fields() is not None:
        return _fields(symmetry, task, x)
    if task.parts != "vectors" or (task.truth() is None and not len(symmetry.generators)):
        return Outcome({})
    judged = evaluate_generators(symmetry, task, x)
    metrics = {name: judged.metrics[name] for name in _OF_THE_ALGEBRA if name in judged.metrics}
    metrics["generators_claimed"] = judged.metrics["count"]
    arrays = {name: judged.arrays[name] for name in ("angles_deg", "metric_tensor")}
    return Outcome(metrics, arrays, notes={"algebra": judged.notes["algebra"]})


def _fields(symmetry: Symmetry, task: InvariantTask, x: FloatArray) -> Outcome:
    """The metrics of an algebra of vector fields, if claim or truth is one."""
    judged = judge_fields(symmetry, task, x)
    metrics = {name: judged.metrics[name] for name in _OF_THE_ALGEBRA if name in judged.metrics}
    metrics["generators_claimed"] = judged.metrics["count"]
    notes = {name: judged.notes[name] for name in ("algebra", "claim")}
    return Outcome(metrics, {"angles_deg": judged.arrays["angles_deg"]}, notes=notes)
