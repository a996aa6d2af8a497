"""A suite's results as a self-contained HTML page, Markdown with figures, CSV and JSON lines."""

from symbench.report.study import SuiteFacts
from symbench.report.write import ReportPaths, write_report

__all__ = ["ReportPaths", "SuiteFacts", "write_report"]
