"""Parent runs of killed drivers, which MLflow would otherwise show as running for ever."""

from __future__ import annotations

from symbench.tracking.store import JOURNAL, KIND, PARENT, Store


def end_abandoned(store: Store, journal: str, own: str | None = None) -> int:
    """Mark the executions on this journal that are still RUNNING, except `own`, as KILLED; return their number.

    Call it only while holding the journal's lock: any run still marked RUNNING is then dead. Executions on other
    journals are left unchanged. The end of an execution is set to the end of its last trial.
    """
    query = f"tags.`{KIND}` = 'execution' AND tags.`{JOURNAL}` = '{journal}' AND attributes.status = 'RUNNING'"
    abandoned = [run for run in store.search(query) if run.info.run_id != own]
    for run in abandoned:
        last = store.client.search_runs(
            [store.experiment],
            f"tags.`{PARENT}` = '{run.info.run_id}'",
            max_results=1,
            order_by=["attributes.end_time DESC"],
        )
        ended_at = max([run.info.start_time, *(trial.info.end_time or 0 for trial in last)])
        store.client.set_terminated(run.info.run_id, "KILLED", ended_at)
    return len(abandoned)
