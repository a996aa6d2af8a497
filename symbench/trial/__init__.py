"""One trial: its specification (`spec`), its execution in one process (`execute`, with a `context`), its result.

Uses neither Ray nor MLflow.
"""
