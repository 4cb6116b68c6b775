# What to do with a checkout. `make` alone says what there is.
#
# Needs: make, Python 3.11 or newer with venv, and an index that pip can reach. Everything is installed into .venv
# (and .nox), nothing into the machine's Python. Every target can be run again. Kept to what make 3.81 knows, for that
# is what macOS has.

SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PYENV := $${PYENV_ROOT:-$$HOME/.pyenv}/versions
# Say which Python to use, where the one that is found isn't the one that is meant: make demo PYTHON=python3.12
PYTHON ?=

.PHONY: help demo install labextension test lint test-here test-others examples corpus bench bench-static bench-live bench-export bench-scan bench-studies screenshots docs clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# pyenv puts shims on PATH for versions that it then refuses to run: so each Python is asked, and its answer counts.
$(BIN)/python:
	@set -eu; \
	for python in $(PYTHON) $(if $(PYTHON),,python3.13 python3.12 python3.11 python3 $(PYENV)/3.1[123].*/bin/python); do \
	    if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        echo "Making $(VENV) with $$("$$python" --version)"; \
	        "$$python" -m venv --clear $(VENV); \
	        exit 0; \
	    fi; \
	done; \
	{ \
	    echo "nbdebt needs Python 3.11 or newer, with its venv and ensurepip modules, and found none among"; \
	    echo "$(or $(PYTHON),python3.13, python3.12, python3.11, python3 and those of pyenv)."; \
	    echo "Install one (python3-venv too, on Debian and Ubuntu), or say where it is: make $(or $(MAKECMDGOALS),demo) PYTHON=..."; \
	} >&2; \
	exit 1

# Editable, and so never compiled: who wants to see it work shouldn't wait a minute for a fifth of a second.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing nbdebt into $(VENV)"
	@NBDEBT_COMPILE=0 $(PIP) --editable .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	@echo "Installing nbdebt into $(VENV), with what its tests and tools need"
	@NBDEBT_COMPILE=0 $(PIP) --editable '.[dev]'
	@$(BIN)/python tools/programs.py
	@touch $@ $(VENV)/.installed
	@$(BIN)/python labextension/bundle.py

# Status 1 says that something was found, and these notebooks are there for that.
demo: $(VENV)/.installed ## Install nbdebt and check the example notebooks: the first thing to try
	@status=0; $(BIN)/nbdebt check example_notebooks/ || status=$$?; \
	if [ $$status -ne 1 ]; then \
	    echo "nbdebt ended with status $$status; findings, and so status 1, were expected" >&2; \
	    exit 1; \
	fi
	@printf '%s\n' \
	    '' \
	    'Those were example notebooks; example_notebooks/README.md says what each of them shows. Next, try:' \
	    '' \
	    '  $(BIN)/nbdebt check YOUR/NOTEBOOKS                the same for your own' \
	    '  $(BIN)/nbdebt explain undefined-on-run-all        what a rule finds, why it matters, what to do' \
	    '  $(BIN)/nbdebt rules                               all rules' \
	    '  $(BIN)/nbdebt check --diff example_notebooks/     what --fix would change' \
	    '  $(BIN)/nbdebt graph example_notebooks/messy.ipynb which cell reads what another one made' \
	    ''

install: $(VENV)/.installed-dev ## Install nbdebt, editable, with everything that development needs

labextension: $(VENV)/.installed-dev ## Build the panel of JupyterLab, where its sources have changed
	@$(BIN)/python labextension/bundle.py

test: ## Check style and types, then test on every Python from 3.11 to 3.13 that is found, and compiled
	@$(MAKE) lint
	@$(MAKE) test-here
	@$(MAKE) test-others

lint: labextension ## Check style and types
	@echo "== ruff"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@echo "== mypy --strict"
	@$(BIN)/mypy --strict
	@$(BIN)/mypy --strict tools/*.py noxfile.py hatch_build.py labextension/*.py
	@echo "== tsc, eslint, prettier"
	@$(BIN)/python labextension/bundle.py lint

test-here: labextension ## Test on the Python of .venv
	@echo "== vitest"
	@$(BIN)/python labextension/bundle.py test
	@echo "== pytest, $$($(BIN)/python --version)"
	@$(BIN)/python -m pytest -n 2

# nox looks for interpreters on PATH; those of pyenv go before the shims, which may refuse to run.
test-others: $(VENV)/.installed-dev ## Test what is compiled, and on the other Pythons from 3.11 to 3.13 that are found
	@for bin in $(PYENV)/3.1[123].*/bin; do \
	    if [ -x "$$bin/python" ]; then PATH="$$bin:$$PATH"; fi; \
	done; \
	export PATH; \
	$(BIN)/nox --reuse-existing-virtualenvs

examples: $(VENV)/.installed-dev ## Run the example notebooks anew, and save them
	@$(BIN)/python tools/example_data.py
	@$(BIN)/python tools/build_examples.py

corpus: $(VENV)/.installed-dev ## Fetch 1,290 notebooks of public packages into corpus/ (145 MB, once)
	@$(BIN)/python tools/corpus.py

bench: bench-static bench-live bench-export bench-scan bench-studies ## Measure all of docs/benchmarks.md, and docs/studies.md (an hour)

bench-static: corpus ## Measure checks on the corpus, beside ruff, nbqa, pynblint and flake8-nb
	@$(BIN)/python -m benchmarks.static --write docs/benchmarks.md

bench-live: $(VENV)/.installed-dev ## Measure what recording costs in kernels, beside ipyflow
	@$(BIN)/python -m benchmarks.live --write docs/benchmarks.md

bench-scan: corpus ## Measure scans of a tree that is grown from the corpus, killed and on Dask, too
	@$(BIN)/python -m benchmarks.scan --count 5000 --dask --write docs/benchmarks.md

bench-studies: corpus ## Compute the tables of published studies on the corpus
	@$(BIN)/python -m benchmarks.studies.pimentel --write docs/studies.md

bench-export: $(VENV)/.installed-dev ## Measure what exported scripts give, beside nbconvert, jupytext, marimo, soorgeon and ipyflow
	@$(BIN)/python -m benchmarks.export --write docs/benchmarks.md

screenshots: labextension ## Photograph the panel in JupyterLab, for the README: docs/images/lab-*.png
	@$(BIN)/python -m tools.screenshots

docs: $(VENV)/.installed-dev ## Write what is generated in docs/: rule pages, references, shown output
	@$(BIN)/python tools/make_docs.py

clean: ## Remove all that the other targets made, but for the corpus
	rm -rf $(VENV) .venv-bench .nox build dist nbdebt/labextension labextension/node_modules labextension/lib .mypy_cache .ruff_cache .pytest_cache .hypothesis .nbdebt_cache
	find nbdebt tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
