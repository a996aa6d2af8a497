"""Recorded results as tables: what a run, or a journal, gives back in Python."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from symbench.component import Track
from symbench.driver.plan import Plan
from symbench.errors import UnknownNameError
from symbench.leaderboard import LeaderboardRow, data_efficiency
from symbench.leaderboard.frames import metric_frame, score_frame, trial_frame
from symbench.leaderboard.sections import SECTIONS, RankedResults
from symbench.metrics.residuals import EVENTS, RESIDUALS
from symbench.suite.blocks import CheckedSuite
from symbench.trial.result import Status, TrialResult

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

    from symbench.report.study import Study


class Trial:
    """One recorded trial: its parameters, metrics and arrays."""

    def __init__(self, result: TrialResult) -> None:
        self._result = result

    @property
    def key(self) -> str:
        """Digest of everything that decides the result."""
        return self._result.key

    @property
    def task(self) -> str:
        """Label of the task."""
        return self._result.spec.task_label

    @property
    def method(self) -> str:
        """Label of the method."""
        return self._result.spec.method_label

    @property
    def track(self) -> Track:
        """The question that the task asks."""
        return self._result.spec.track

    @property
    def train_size(self) -> int:
        """Training events."""
        return self._result.spec.train_size

    @property
    def seed(self) -> int:
        """The seed of data order, initialisation and training."""
        return self._result.spec.seed

    @property
    def status(self) -> Status:
        """How the trial ended."""
        return self._result.status

    @property
    def metrics(self) -> dict[str, float]:
        """Every metric by name; `symbench.metrics.catalog` describes them."""
        return dict(self._result.metrics)

    @property
    def notes(self) -> dict[str, str]:
        """Short texts, such as the name of the algebra and where the data come from."""
        return dict(self._result.notes)

    @property
    def error(self) -> str | None:
        """Type, message and last lines of the traceback of a trial that failed."""
        error = self._result.error
        return None if error is None else f"{error.type}: {error.message}\n{error.traceback}".strip()

    @property
    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that were kept."""
        return tuple(self._whole.arrays)

    def array(self, name: str) -> npt.NDArray[Any]:
        """An array by name, read-only; raises UnknownNameError."""
        found = self._whole.array(name)
        if found is None:
            raise UnknownNameError("array", name, self.arrays)
        return found

    @property
    def generators(self) -> npt.NDArray[np.float64]:
        """The claimed generators (k, d, d), in scaled coordinates; raises UnknownNameError if the claim is another."""
        return self.array("generators")

    def residuals(self) -> pd.DataFrame:
        """How far each of the first 1,000 test events speaks against each claimed generator or quantity.

        The index is the event id, the columns are the directions 1 to k; see `symbench.metrics.residuals`. Raises
        UnknownNameError if nothing is claimed, the claim is of a density, or the trial is older than residuals.
        """
        import pandas as pd

        values = self.array(RESIDUALS)
        index = pd.Index(self.array(EVENTS), name="event_id")
        return pd.DataFrame(values, index=index, columns=range(1, values.shape[1] + 1))

    @cached_property
    def _whole(self) -> TrialResult:
        return self._result.whole()

    def __repr__(self) -> str:
        return f"Trial({self.method} on {self.task}, N = {self.train_size}, seed {self.seed}: {self.status})"

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<tr><td>{escape(name)}</td><td>{value:.6g}</td></tr>" for name, value in sorted(self.metrics.items())
        )
        return f"<p>{escape(repr(self))}</p><table><tbody>{lines}</tbody></table>"


class Results(Collection[Trial]):
    """The recorded trials of a suite, under the labels that the suite gives them; tables are pandas DataFrames."""

    def __init__(
        self,
        suite: CheckedSuite,
        results: Sequence[TrialResult],
        stale: Sequence[TrialResult] = (),
        keys: Collection[str] | None = None,
    ) -> None:
        self._suite, self._results, self._stale, self._keys = suite, results, stale, keys

    @classmethod
    def of(cls, plan: Plan) -> Results:
        """What a journal holds for a plan."""
        view = plan.view()
        return cls(plan.suite, view.results, view.stale, view.keys)

    @property
    def suite(self) -> str:
        """Name of the suite."""
        return self._suite.name

    @property
    def recorded(self) -> tuple[Sequence[TrialResult], Sequence[TrialResult]]:
        """The records themselves: of the suite's trials, and stale ones of former code or data."""
        return self._results, self._stale

    def __len__(self) -> int:
        return len(self._results)

    def __iter__(self) -> Iterator[Trial]:
        return map(Trial, self._results)

    def __contains__(self, trial: object) -> bool:
        return isinstance(trial, Trial) and any(result.key == trial.key for result in self._results)

    def trial(self, key: str) -> Trial:
        """The trial of this key, or of the only one that begins so; raises UnknownNameError."""
        matching = [result for result in self._results if result.key.startswith(key)]
        if len(matching) != 1:
            raise UnknownNameError("trial", key, [result.key for result in matching or self._results])
        return Trial(matching[0])

    def select(
        self,
        *,
        task: str | None = None,
        method: str | None = None,
        train_size: int | None = None,
        seed: int | None = None,
    ) -> list[Trial]:
        """The trials with these labels, size and seed."""
        wanted = {"task": task, "method": method, "train_size": train_size, "seed": seed}
        return [
            trial
            for trial in self
            if all(value is None or getattr(trial, name) == value for name, value in wanted.items())
        ]

    def trials(self) -> pd.DataFrame:
        """One line for each trial: how it ended, and its metrics as columns."""
        return trial_frame(self._results)

    def leaderboard(self, *, columns: Iterable[str] = ()) -> pd.DataFrame:
        """Scores with 95 % intervals over seeds and tiers, in the order of rank.

        columns   further metrics by name, as means over seeds
        """
        return score_frame(self._rows, columns)

    def metrics(self) -> pd.DataFrame:
        """Every metric of every entry as a line of its own: mean, interval, median, seeds."""
        return metric_frame(self._rows)

    def section(self, name: str) -> pd.DataFrame:
        """Another table by the name that `symbench leaderboard --section` has for it.

        `false-discoveries`, `events-needed`, `calibration`, `challenge`, `cost`, `tuning`. Raises UnknownNameError.
        """
        if name not in SECTIONS:
            raise UnknownNameError("section", name, SECTIONS)
        section = SECTIONS[name]
        return section.frame(section.rows(self._ranked))

    def efficiency(self, baseline: str | None = None) -> pd.DataFrame:
        """How many training events the baseline needs for the same score; by default the suite's baselines.

        Raises UnknownNameError if no network has this label.
        """
        import pandas as pd

        rows = []
        for block in self._suite.blocks:
            label = baseline or block.baseline
            if block.task.track.trained and label is not None:
                rows += data_efficiency(self._results, label, task_label=block.task_label, current_keys=self._keys)
        return pd.DataFrame.from_records(
            [
                {
                    "task": row.task,
                    "method": row.method,
                    "baseline": row.baseline,
                    "train_size": row.train_size,
                    "equivalent_size": row.equivalent.value,
                    "relation": row.equivalent.relation,
                    "ratio": row.ratio.value,
                    "ratio_low": row.ratio_low.value if row.ratio_low else None,
                    "ratio_high": row.ratio_high.value if row.ratio_high else None,
                    "seeds": row.seeds,
                }
                for row in rows
            ]
        )

    def report(self, folder: str | Path) -> Path:
        """Write the report's files into a folder; gives the HTML page."""
        from symbench.report import write_report

        everything = [*self._results, *self._stale]
        return write_report(self._suite, everything, Path(folder), current_keys=self._keys).html

    def figure(self, kind: str, task: str, *, style: str | None = None) -> Figure:
        """A figure of the report as a matplotlib figure, to restyle or save; `sb.plot` has a function for each kind.

        kind    curves, generators, spectra, … (`symbench plot --help` lists them)
        task    label of a task
        style   of matplotlib, by name or path, or `cms`, `atlas`, `lhcb`, `alice` of mplhep; by default the report's
        Raises UnknownNameError for a kind or task that does not exist, and DataError if the trials of the task did not
        record what the figure shows.
        """
        from symbench.report.figures import figure_of

        figure: Figure = figure_of(self._study, task, kind, style).figure
        return figure

    @cached_property
    def _study(self) -> Study:
        from symbench.report.study import Study, SuiteFacts

        return Study(SuiteFacts.of(self._suite), [*self._results, *self._stale], self._keys)

    @cached_property
    def _ranked(self) -> RankedResults:
        return RankedResults(self._suite, [*self._results, *self._stale], self._keys)

    @cached_property
    def _rows(self) -> list[LeaderboardRow]:
        return self._ranked.rows()

    def __repr__(self) -> str:
        return f"Results({self.suite!r}, {len(self)} of {len(self._suite)} trials)"

    def _repr_html_(self) -> str:
        table = self.leaderboard()
        shown = table.drop(columns=["track", "stale", "reference", "algebra_votes"], errors="ignore")
        html: str = shown.to_html(index=False, float_format=lambda value: f"{value:.4g}", na_rep="–")
        return f"<p>{escape(repr(self))}</p>{html}"
