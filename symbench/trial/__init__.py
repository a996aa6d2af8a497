"""One trial: what is asked (`spec`), its result, and its execution in one process.

Knows neither Ray nor MLflow.
"""
