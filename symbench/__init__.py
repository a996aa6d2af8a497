"""symbench: benchmarks of symmetry discovery and of networks that respect symmetries, on collider data.

    import symbench as sb

    results = sb.load_suite("cms").run(only="cms-dimuon-mass/nullspace")
    results.leaderboard()
    symmetry = sb.discover("nullspace", x, y)
    model = sb.train("lorentznet", jets, labels)

Every name is imported when it is first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

_TARGETS = {
    "load_suite": "symbench.api.suites",
    "parse_suite": "symbench.api.suites",
    "open_results": "symbench.api.suites",
    "Suite": "symbench.api.suites",
    "Results": "symbench.api.results",
    "Trial": "symbench.api.results",
    "Status": "symbench.trial.result",
    "compare": "symbench.api.comparison",
    "discover": "symbench.api.discovery",
    "challenge": "symbench.which_is_real.table",
    "Symmetry": "symbench.discovery.base",
    "named_algebra": "symbench.algebra.names",
    "name_of": "symbench.algebra.naming",
    "train": "symbench.api.training",
    "TrainedClassifier": "symbench.api.training",
    "list_tasks": "symbench.api.catalogue",
    "list_methods": "symbench.api.catalogue",
    "list_classifiers": "symbench.api.catalogue",
    "load_task": "symbench.api.catalogue",
    "LoadedTask": "symbench.api.catalogue",
    "task": "symbench.registry",
    "discovery_method": "symbench.registry",
    "classifier": "symbench.registry",
    "regressor": "symbench.registry",
    "operation": "symbench.registry",
    "reader": "symbench.registry",
    "Task": "symbench.tasks.base",
    "FunctionTask": "symbench.tasks.base",
    "DistributionTask": "symbench.tasks.base",
    "DynamicsTask": "symbench.tasks.base",
    "ClassificationTask": "symbench.tasks.base",
    "RegressionTask": "symbench.tasks.base",
    "DiscoveryMethod": "symbench.discovery.base",
    "Classifier": "symbench.classifiers.base",
    "Regressor": "symbench.regressors.base",
    "Operation": "symbench.metrics.operations.base",
    "MatrixOperation": "symbench.metrics.operations.base",
    "SymbenchError": "symbench.errors",
    "SuiteError": "symbench.errors",
    "UnknownNameError": "symbench.errors",
    "DataError": "symbench.errors",
    "MissingDataError": "symbench.errors",
    "MissingExtraError": "symbench.errors",
    "PluginError": "symbench.errors",
    "IncompatibleError": "symbench.errors",
    "JournalError": "symbench.errors",
    "InfrastructureError": "symbench.errors",
}
"""Public name → module that defines it."""

_MODULES = {"testing": "symbench.testing", "plot": "symbench.api.plot"}

__all__ = ["__version__", *_MODULES, *_TARGETS]


def __getattr__(name: str) -> Any:
    import importlib

    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name not in _TARGETS:
        raise AttributeError(f"module 'symbench' has no attribute {name!r}")
    value = getattr(importlib.import_module(_TARGETS[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
