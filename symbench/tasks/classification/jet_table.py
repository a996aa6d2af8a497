"""`jet-table`: jets from the user's files; columns or branches form the constituents, a file or a column the class."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from symbench.registry import task
from symbench.tasks.base import ClassificationTask
from symbench.tasks.own_jets import OwnJets


@task("jet-table")
class JetTable(OwnJets, ClassificationTask):
    """Jets of the user's files: one file for each class, or a column of classes.

    In a table a row is a jet, in a ROOT tree an entry with lists of constituents; repeated jets are dropped. From
    NanoAOD the hardest jet of each event is taken, so that an event is in one split only. Whatever is left out is
    counted in the provenance. The data are identified by the SHA-256 of the files, not by their paths.
    """

    version: ClassVar[str] = "2"
    summary: ClassVar[str] = "jets of your own CSV, Parquet, NPZ, HDF5, ROOT, NanoAOD or PFNano files"

    weight: str | None = Field(
        None,
        min_length=1,
        description="column with the weight of each jet, which may be negative: it enters the losses of the training, "
        "all test metrics and their intervals. NanoAOD: one number for each event, as in genWeight, or for each jet",
    )

    def _weight(self) -> str | None:
        return self.weight

    def label_names(self) -> tuple[str, ...]:
        return self.class_names_of_files()
