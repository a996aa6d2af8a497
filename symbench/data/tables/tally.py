"""What was left out of a file, with its count, and the checks for what cannot be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from symbench.data.tables.grammar import Check
from symbench.errors import DataError


@dataclass
class Tally:
    """Counts of what was left out or is odd, by its description, in the order of their first occurrence.

    accept  checks that the suite overrules
    """

    accept: Collection[str] = ()
    counts: dict[str, int] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)

    def add(self, count: int, what: str) -> None:
        """Count `what`, which reads as in "12 {jets of other classes left out}"."""
        if count:
            self.counts[what] = self.counts.get(what, 0) + int(count)

    def of(self, what: str) -> int:
        """The count of what was described so."""
        return self.counts.get(what, 0)

    def stop(self, check: Check, message: str) -> None:
        """Raise DataError with the numbers, unless the suite accepts this; then it becomes a note."""
        if check not in self.accept:
            raise DataError(f"{message} (to read them as they are: `accept: [{check}]`)")
        if message not in self.accepted:
            self.accepted.append(message)

    def sentences(self) -> tuple[str, ...]:
        """All counts, and what was accepted."""
        counted = tuple(f"{count:,} {what}" for what, count in self.counts.items())
        return counted + tuple(f"accepted: {message}" for message in self.accepted)
