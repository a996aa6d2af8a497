"""A trial is tried again after a lost worker, as often as allowed, unless the worker was killed for the time limit."""

from __future__ import annotations

from symbench.executors.ray.attempts import ATTEMPTS, Attempts
from symbench.trial.execute import unexecuted
from symbench.trial.resources import Resources
from symbench.trial.result import Status
from tests.factories import trial

SPEC = trial().spec.model_copy(update={"resources": Resources(timeout_s=10.0)})
OK = unexecuted(SPEC, Status.OK, "", "")


def test_a_trial_whose_worker_was_never_lost_has_one_attempt() -> None:
    assert Attempts(SPEC).annotated(OK).notes == {"attempts": "1"}


def test_the_last_loss_is_the_result() -> None:
    attempts = Attempts(SPEC)
    for loss in range(1, ATTEMPTS):
        assert attempts.lost("WorkerCrashedError", 1.0, f" on node {loss}") is None
        notes = attempts.annotated(OK).notes
        assert notes["attempts"] == str(loss + 1)
        assert notes["lost_workers"].count("WorkerCrashedError on node") == loss
    result = attempts.lost("NodeDiedError", 1.0)
    assert result is not None
    assert result.status is Status.FAILED
    assert result.error is not None
    assert result.error.type == "NodeDiedError"
    assert result.error.message == "the worker was lost 2 times: WorkerCrashedError on node 1; NodeDiedError"
    assert attempts.annotated(result).notes["attempts"] == str(ATTEMPTS)


def test_a_worker_that_was_killed_for_the_time_limit_is_not_a_lost_one() -> None:
    attempts = Attempts(SPEC)
    result = attempts.lost("WorkerCrashedError", 10.0)
    assert result is not None
    assert result.status is Status.TIMEOUT
    assert result.error is not None
    assert "limit of 10 s" in result.error.message
    assert attempts.annotated(result).notes == {"attempts": "1"}
