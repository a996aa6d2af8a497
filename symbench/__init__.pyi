"""Types of the public names, for editors and type checkers."""

from symbench import testing as testing
from symbench.algebra.names import named_algebra as named_algebra
from symbench.algebra.naming import name_of as name_of
from symbench.api import plot as plot
from symbench.api.catalogue import LoadedTask as LoadedTask
from symbench.api.catalogue import list_classifiers as list_classifiers
from symbench.api.catalogue import list_methods as list_methods
from symbench.api.catalogue import list_tasks as list_tasks
from symbench.api.catalogue import load_task as load_task
from symbench.api.comparison import compare as compare
from symbench.api.discovery import discover as discover
from symbench.api.results import Results as Results
from symbench.api.results import Trial as Trial
from symbench.api.suites import Suite as Suite
from symbench.api.suites import load_suite as load_suite
from symbench.api.suites import open_results as open_results
from symbench.api.suites import parse_suite as parse_suite
from symbench.api.training import TrainedClassifier as TrainedClassifier
from symbench.api.training import train as train
from symbench.classifiers.base import Classifier as Classifier
from symbench.discovery.base import DiscoveryMethod as DiscoveryMethod
from symbench.discovery.base import Symmetry as Symmetry
from symbench.errors import DataError as DataError
from symbench.errors import IncompatibleError as IncompatibleError
from symbench.errors import InfrastructureError as InfrastructureError
from symbench.errors import JournalError as JournalError
from symbench.errors import MissingDataError as MissingDataError
from symbench.errors import MissingExtraError as MissingExtraError
from symbench.errors import PluginError as PluginError
from symbench.errors import SuiteError as SuiteError
from symbench.errors import SymbenchError as SymbenchError
from symbench.errors import UnknownNameError as UnknownNameError
from symbench.metrics.operations.base import MatrixOperation as MatrixOperation
from symbench.metrics.operations.base import Operation as Operation
from symbench.registry import classifier as classifier
from symbench.registry import discovery_method as discovery_method
from symbench.registry import operation as operation
from symbench.registry import reader as reader
from symbench.registry import regressor as regressor
from symbench.registry import task as task
from symbench.regressors.base import Regressor as Regressor
from symbench.tasks.base import ClassificationTask as ClassificationTask
from symbench.tasks.base import DistributionTask as DistributionTask
from symbench.tasks.base import DynamicsTask as DynamicsTask
from symbench.tasks.base import FunctionTask as FunctionTask
from symbench.tasks.base import RegressionTask as RegressionTask
from symbench.tasks.base import Task as Task
from symbench.trial.result import Status as Status
from symbench.which_is_real.table import challenge as challenge

__version__: str
__all__ = [
    "ClassificationTask",
    "Classifier",
    "DataError",
    "DiscoveryMethod",
    "DistributionTask",
    "DynamicsTask",
    "FunctionTask",
    "IncompatibleError",
    "InfrastructureError",
    "JournalError",
    "LoadedTask",
    "MatrixOperation",
    "MissingDataError",
    "MissingExtraError",
    "Operation",
    "PluginError",
    "RegressionTask",
    "Regressor",
    "Results",
    "Status",
    "Suite",
    "SuiteError",
    "SymbenchError",
    "Symmetry",
    "Task",
    "TrainedClassifier",
    "Trial",
    "UnknownNameError",
    "__version__",
    "challenge",
    "classifier",
    "compare",
    "discover",
    "discovery_method",
    "list_classifiers",
    "list_methods",
    "list_tasks",
    "load_suite",
    "load_task",
    "name_of",
    "named_algebra",
    "open_results",
    "operation",
    "parse_suite",
    "plot",
    "reader",
    "regressor",
    "task",
    "testing",
    "train",
]
