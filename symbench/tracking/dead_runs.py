"""Parent runs of drivers that were killed: no one else ends them, and MLflow shows them as running for ever."""

from __future__ import annotations

from symbench.tracking.store import JOURNAL, KIND, PARENT, Store


def end_abandoned(store: Store, journal: str, own: str | None = None) -> int:
    """End the executions on this journal that still count as running, but for `own`, as killed; gives their number.

    For who holds the journal: one driver writes it at a time, so that what is said to run does not. Executions on
    other journals may be at work on the same suite. An execution ended when its last trial did, as far as anyone knows.
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
