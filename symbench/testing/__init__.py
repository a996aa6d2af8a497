"""Conformance checks, one file for each kind of component: symbench's own components pass them, and yours should.

Each check raises ConformanceError, which says what rule is broken and by how much.

    from symbench.testing import check_discovery_method
    def test_conforms():
        check_discovery_method(MyMethod())
"""

from symbench.errors import ConformanceError
from symbench.executors.conformance import check_executor
from symbench.testing.classifier import check_classifier
from symbench.testing.component import check_component
from symbench.testing.discovery import check_discovery_method
from symbench.testing.reader import check_reader
from symbench.testing.task import check_task

__all__ = [
    "ConformanceError",
    "check_classifier",
    "check_component",
    "check_discovery_method",
    "check_executor",
    "check_reader",
    "check_task",
]
