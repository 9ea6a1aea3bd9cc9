# Everything runs in a virtual environment that the first call makes and later calls reuse.
PYTHON ?= python3
VENV ?= .venv
OUT ?= out
BIN := $(VENV)/bin
STAMP := $(VENV)/.stamp

# numpy's own threads and pytest's workers would fight over the cores.
export OPENBLAS_NUM_THREADS ?= 1
export OMP_NUM_THREADS ?= 1

.PHONY: help demo test bench lint clean
.DELETE_ON_ERROR:

help:  ## show this list
	@sed -n 's/^\([a-z][a-z]*\):.*## /  make \1\t/p' Makefile

demo: $(STAMP)-demo  ## draw the U-shaped error curve from real gradient-flow runs
	$(BIN)/fls demo ucurve --preset quick --out $(OUT)
	@echo "The picture: $(OUT)/ucurve.png"

test: $(STAMP)-test  ## run the whole test suite
	$(BIN)/python -m pytest -n 2 --dist worksteal

bench: $(STAMP)-test  ## run the benchmarks
	$(BIN)/python benchmarks/flow.py
	$(BIN)/python benchmarks/scaling.py

lint: $(STAMP)-lint  ## ruff: errors and formatting; mypy: types of the theory
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## remove the environment and everything generated
	rm -rf $(VENV) $(OUT) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp a set of extras: the demo does not wait for torch.
$(STAMP): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(STAMP)-demo: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(STAMP)-test: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test,vision,grade,biggan,distributed]"
	@touch $@

$(STAMP)-lint: $(STAMP)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt ruff mypy numpy scipy
	@touch $@
