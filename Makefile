# Everything runs in a virtual environment that the first call makes and later calls reuse.
PYTHON ?= python3
VENV ?= .venv
OUT ?= out
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

# One BLAS thread per process: pytest's workers use all cores already.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1

# Tests start hundreds of interpreters, which read compiled modules where they may be written.
unexport PYTHONDONTWRITEBYTECODE

# What `make quick` runs: some tests of every folder.
QUICK := tests/project/test_commands.py tests/test_references.py tests/test_statistics.py \
	tests/theory/test_mixture.py tests/theory/test_network.py tests/theory/test_equivalence.py \
	tests/theory/solver/test_rk23.py \
	tests/demos/test_framework.py tests/cli/test_conventions.py tests/course/test_loop.py tests/course/test_examples.py \
	tests/sandbox/test_protocol.py tests/autograder/test_gradebook.py tests/autograder/test_page.py \
	tests/vision/test_models.py tests/vision/test_layers.py tests/book/test_results.py

.PHONY: help demo test quick slowest test-slow test-lowest bench lint docs clean
.DELETE_ON_ERROR:

help:  ## show this list
	@sed -n 's/^\([a-z][-a-z]*\):.*## /  make \1\t/p' Makefile

demo: $(STAMP)-demo  ## draw the U-shaped error curve from real gradient-flow runs
	$(BIN)/fls demo ucurve --preset quick --out $(OUT)
	@echo "The picture: $(OUT)/ucurve.png"

test: $(STAMP)-test  ## run the whole test suite
	$(BIN)/python -m pytest -n 2 --dist worksteal

quick: $(STAMP)-test  ## run some tests of every folder, in about a minute
	$(BIN)/python -m pytest -n 2 --dist worksteal $(QUICK)

slowest: $(STAMP)-test  ## run the whole test suite, and list the twenty slowest tests with their seconds
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations=20 --durations-min=1

test-slow: $(STAMP)-test  ## run what `make test` leaves out: all right answers with all draws, and the benchmark of the autograder
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

test-lowest:  ## run theory, cli and course with the lowest versions that setup.cfg allows
	$(PYTHON) -m venv $(VENV)-lowest
	$(VENV)-lowest/bin/pip install --quiet --disable-pip-version-check $$($(PYTHON) tests/lowest.py test grade)
	$(VENV)-lowest/bin/pip install --quiet --disable-pip-version-check --no-deps -e .
	$(VENV)-lowest/bin/python -m pytest -n 2 --dist worksteal tests/theory tests/cli tests/course

bench: $(STAMP)-test  ## run the benchmarks
	$(BIN)/python benchmarks/flow.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/training.py

lint: $(STAMP)-lint  ## ruff: errors and formatting; mypy: types of theory, sandbox and autograder
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(STAMP)-docs  ## build the documentation site: build/site/index.html
	$(BIN)/python -m sphinx --builder html --fail-on-warning --nitpicky --quiet docs build/site
	@echo "The site: build/site/index.html"

clean:  ## remove the environment and everything generated
	rm -rf $(VENV) $(VENV)-lowest $(OUT) build dist docs/_pages *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# One stamp file per set of extras, so that `make demo` does not install torch.
$(STAMP): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(STAMP)-demo: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(STAMP)-test: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test,lint,vision,grade,biggan,distributed]"
	@touch $@

$(STAMP)-docs: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"
	@touch $@

$(STAMP)-lint: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt ruff mypy -e .
	@touch $@
