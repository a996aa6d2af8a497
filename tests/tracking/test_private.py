"""The installed MLflow has every undocumented part that symbench uses, and only one module uses them."""

from __future__ import annotations

import re
from pathlib import Path

import mlflow
import pytest

from symbench.tracking import private
from tests.conftest import ROOT
from tests.private_uses import missing, public_functions, undocumented_imports

UNDOCUMENTED = re.compile(r"[.:]_|\.dbmodels\b|^mlflow\.(utils|store)\b")
OWN_FILE = Path(private.__file__)
PAGE = Path(mlflow.__file__).parent / "server" / "js" / "build" / "static" / "js"


@pytest.mark.parametrize(("function", "use"), [(name, use) for name, uses in private.USES.items() for use in uses])
def test_the_installed_mlflow_has_what_is_used(function: str, use: str) -> None:
    problem = missing(use)
    assert problem is None, f"tracking.private.{function} does not work with MLflow {mlflow.__version__}: {problem}"


def test_a_client_on_a_database_has_a_store_that_gives_sessions(empty_store: Path) -> None:
    from sqlalchemy import text

    client = mlflow.MlflowClient(f"sqlite:///{empty_store}")
    store = private.database_store(client)
    try:
        with private.session(client) as transaction:
            assert transaction.execute(text("SELECT count(*) FROM runs")).scalar() == 0
    except AttributeError as error:
        pytest.fail(f"tracking.private.session does not work with MLflow {mlflow.__version__}: {error}")
    finally:
        store.engine.dispose()


@pytest.fixture(scope="module")
def page_scripts() -> str:
    """All scripts of MLflow's web page, which the wheel of MLflow contains."""
    scripts = "\n".join(path.read_text(errors="replace") for path in PAGE.glob("*.js"))
    assert len(scripts) > 10**6, f"MLflow {mlflow.__version__} has its page elsewhere than {PAGE}"
    return scripts


@pytest.mark.parametrize(
    ("function", "text"), [(name, text) for name, texts in private.PAGE_TEXTS.items() for text in texts]
)
def test_the_page_of_mlflow_has_the_words_of_saved_views(function: str, text: str, page_scripts: str) -> None:
    assert text in page_scripts, (
        f"tracking.private.{function}: {text!r} is not in the page of MLflow {mlflow.__version__}"
    )


def test_every_function_declares_what_it_uses() -> None:
    assert public_functions(private) == private.USES.keys()
    imports = undocumented_imports(OWN_FILE, "mlflow", UNDOCUMENTED)
    assert imports
    for function, names in imports.items():
        assert names <= set(private.USES[function]), f"{function} imports {names} and does not declare it"


def test_no_other_module_uses_undocumented_parts_of_mlflow() -> None:
    others = [path for path in (ROOT / "symbench").rglob("*.py") if path != OWN_FILE]
    assert len(others) > 100
    found = {path.name: undocumented_imports(path, "mlflow", UNDOCUMENTED) for path in others}
    assert not {name: imports for name, imports in found.items() if imports}
    words = re.compile(r"_tracking_client|dbmodels|sharedViewState|viewStateShareKey|ManagedSessionMaker")
    assert not [path.name for path in others if words.search(path.read_text())]
