# Two commands do everything on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed
CONSTRAINTS ?= constraints.txt

.PHONY: run test test-slow test-wheel lint types docs benchmarks schema clean
.DEFAULT_GOAL := run

run: $(READY)
	$(BIN)/symbench run suites/cms.yaml

test: lint types pytest

.PHONY: install pytest
install: $(READY)

# Two processes: most tests wait for the servers and drivers that they start; one thread each for numerical libraries.
# Clusters of several nodes come afterwards and alone: each is several of Ray's node processes.
pytest: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not gpu" -n 2 --dist loadfile --max-worker-restart=0 --ignore=tests/nodes
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not slow and not gpu" tests/nodes

# Those that take long, and all that hypothesis tests with examples that are drawn anew.
test-slow: test-wheel
	$(BIN)/python -m pytest -m slow --ignore=tests/test_wheel.py
	$(BIN)/python -m pytest -m "hypothesis and not slow" --hypothesis-profile=drawn-anew

# The wheel, installed with all its dependencies into an environment of its own: needs the package index.
test-wheel: $(READY)
	$(BIN)/python -m pytest -m slow tests/test_wheel.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	git ls-files -z '*.py' '*.md' '*.yaml' '*.toml' '*.sh' | grep -zv ^reports/ | xargs -0 $(BIN)/python .ci/check_text.py

types: $(READY)
	$(BIN)/mypy
	cd docs/site && MYPYPATH=../.. $(abspath $(BIN))/mypy --config-file ../../pyproject.toml --package pages --package links --package docstrings

# The documentation as a site, in build/site; a broken link is an error.
docs: $(READY)
	$(BIN)/mkdocs build

benchmarks: $(READY)
	$(BIN)/python -m tests.benchmarks

# The JSON schema of suites for editors, with the names of all built-in components.
schema: $(READY)
	$(BIN)/python -m symbench.suite.json_schema

# Pinned by constraints.txt. A torch that is in the environment already is kept if it has the pinned version.
$(READY): pyproject.toml setup.py constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "symbench needs Python 3.11 or later; make PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) .symbench build *.egg-info .mypy_cache .ruff_cache .pytest_cache
