# EnerV2Gize: `make app` runs the explorer, `make test` runs every check. Both set up all they need on first use.
#
#   make app PORT=9000           another port (default: the first free one from 8501)
#   make app HOST=0.0.0.0        for other machines, too (default: this one alone)
#   make test PYTEST_ARGS="-x tests/core"
#   make setup PYTHON=/path/to/python3.11

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
RUN := $(VENV)/bin/python
PIP_INSTALL := $(RUN) -m pip install --quiet --quiet --disable-pip-version-check --no-input --progress-bar off

PYTHON ?=
PORT ?=
HOST ?= localhost
LOAD ?=
EXTREMES ?=
# Of make fuzz.
CASES ?= 100000
# Of make pythons: names or paths of interpreters.
PYTHONS ?= python3.11 python3.12 python3.13
# Two workers, whole files each: the browser test keeps its server to itself.
PYTEST_ARGS ?= -n 2 --dist loadfile
# Set to 1 where a missing browser must fail the run instead of skipping the browser tests.
REQUIRE_BROWSER ?=

.PHONY: help setup setup-train setup-dev app test coverage mutants lint docs generate reasons audit pythons fuzz faults extremes reproduce yardstick cards format browser bench load kernels screenshots data forecasts train-all train-whole-sites experiment quality clean distclean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

# ---------------------------------------------------------------- set up
# Each stamp is touched only after a complete installation, so an interrupted one is taken up again next time.

$(VENV)/.created:
	@if $(RUN) -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then touch $@; exit 0; fi; \
	python=""; \
	for candidate in $(PYTHON) python3.11 python3 python3.12 python3.13; do \
	  if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then echo "EnerV2Gize needs Python 3.11 or newer, and found none. Name it with: make setup PYTHON=..." >&2; exit 1; fi; \
	echo "Creating $(VENV) with $$("$$python" --version)"; \
	if ! "$$python" -m venv $(VENV); then \
	  echo "This Python cannot create virtual environments; on Debian, install the package python3-venv." >&2; exit 1; \
	fi; \
	touch $@

$(VENV)/.app: $(VENV)/.created requirements.txt constraints.txt
	@echo "Installing requirements.txt (a few minutes the first time)"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.train: $(VENV)/.app requirements-train.txt
	@echo "Installing requirements-train.txt"
	@$(PIP_INSTALL) -r requirements-train.txt
	@touch $@

$(VENV)/.dev: $(VENV)/.train requirements-dev.txt
	@echo "Installing requirements-dev.txt"
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

setup: $(VENV)/.app  ## Create .venv and install what the app needs
	@:
setup-train: $(VENV)/.train  ## The same, with PyTorch and stable-baselines3
	@:
setup-dev: $(VENV)/.dev  ## The same, with the test tools
	@:

# ---------------------------------------------------------------- run

define FREE_PORT
import socket
for port in (*range(8501, 8600), 0):
    with socket.socket() as probe:
        try:
            probe.bind(("", port))
        except OSError:
            continue
        print(probe.getsockname()[1])
        break
endef
export FREE_PORT

# browser.serverAddress only keeps Streamlit from asking the internet for this machine's address before it prints a link.
app: setup  ## Run the explorer at http://localhost:PORT
	@port="$(PORT)"; port="$${port:-$$($(RUN) -c "$$FREE_PORT")}"; \
	echo "EnerV2Gize: http://localhost:$$port (Ctrl-C stops it)"; \
	exec $(RUN) -m streamlit run streamlit_app.py --server.port "$$port" --server.address "$(HOST)" --server.headless true --browser.serverAddress localhost \
	  $(if $(WATCH),--server.fileWatcherType $(WATCH))

# ---------------------------------------------------------------- check

# One thread each: two workers fill two cores, and more threads would only wait for each other.
test: lint docs browser  ## Run the linters and all tests, and build the documentation
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(RUN) -m pytest $(PYTEST_ARGS)

lint: setup-dev  ## Check style, types and layers
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(RUN) -m mypy
	$(VENV)/bin/lint-imports --no-logo

# Pages of the reference are written anew each time, so that none is left of a module that is gone.
docs: setup-dev  ## Build guides and reference into build/docs
	rm -rf docs/reference
	$(RUN) -m sphinx --quiet --fail-on-warning --keep-going --jobs 2 --doctree-dir build/doctrees docs build/docs

generate: setup  ## Rewrite the lists in README and nomenclature, and stubs of pages, from the sources
	$(RUN) docs/generate.py

reasons: setup-dev  ## Check what sentences and reasons claim on 500 random runs (about fifteen minutes)
	REASON_RUNS=500 $(RUN) -m pytest tests/properties/test_reasons.py tests/properties/test_findings.py tests/properties/test_peaks.py

# Fresh environments with nothing but requirements.txt; an interpreter that is not there is said to be missing.
pythons: setup  ## Draw every page and compute ten committed results under PYTHONS (3.11, 3.12 and 3.13)
	@for python in $(PYTHONS); do \
	  if ! command -v "$$python" >/dev/null; then echo "$$python: not installed, not tried" >&2; continue; fi; \
	  folder="build/pythons/$$(basename "$$python")"; \
	  "$$python" -m venv --clear "$$folder"; \
	  "$$folder/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r requirements.txt; \
	  STREAMLIT_LOGGER_LEVEL=error "$$folder/bin/python" -m harness.every_page; \
	  OMP_NUM_THREADS=1 "$$folder/bin/python" -m core.measure.reproduce --first 10; \
	done

# In an environment of its own, so that the tool's packages are not the project's. docs/trust.md explains what is skipped.
audit: setup  ## Look the code over with bandit
	$(RUN) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check --no-input bandit==1.9.4
	build/audit/bin/bandit --quiet --recursive core pages harness streamlit_app.py -ll --skip B301,B310,B506

# No traceback, no more than two seconds and a gigabyte, and a sentence for every refusal; tests/fuzz says how.
fuzz: setup-dev  ## Let 100,000 bad files, links and options in at every door (about a quarter of an hour)
	OMP_NUM_THREADS=1 $(RUN) -W error -m tests.fuzz --cases $(CASES)

# In a copy: every file is put back, and the next one damaged.
faults: setup  ## Damage each file that the app needs and see what pages and commands say (about half an hour)
	$(RUN) -m harness.faults

# Numbered, so that one that fails can be run again; a part alone with EXTREMES="--batch 0 --ev2gym 0".
extremes: setup  ## Run 10,700 scenarios, corners first, and see what is always true of them (about two hours)
	OMP_NUM_THREADS=1 $(RUN) -m harness.extremes --workers 2 $(EXTREMES)

# Compiled functions run outside of Python, where nothing counts their lines: parity tests hold them.
coverage: setup-dev  ## Count the lines of core that its own tests run
	OMP_NUM_THREADS=1 $(RUN) -m coverage run -m pytest -n 0 -q tests/core tests/parity tests/properties
	$(RUN) -m coverage combine --quiet
	$(RUN) -m coverage report --skip-covered --sort=cover

mutants: setup-dev  ## Put faults into ledger, objective, bound and engines, and see which tests find them
	OMP_NUM_THREADS=1 $(RUN) -m harness.mutants

format: setup-dev  ## Rewrite the sources in the project's style
	$(RUN) -m ruff check --fix-only .
	$(RUN) -m ruff format .

# The browser tests drive Debian's Chromium; Korean text needs a font that has it.
browser:
	@missing=""; \
	command -v chromium >/dev/null || missing="chromium"; \
	if command -v dpkg-query >/dev/null; then \
	  [ "$$(dpkg-query -Wf '$${db:Status-Status}' fonts-noto-cjk 2>/dev/null || true)" = installed ] || missing="$$missing fonts-noto-cjk"; \
	fi; \
	[ -n "$$missing" ] || exit 0; \
	as_root=""; \
	if [ "$$(id -u)" != 0 ]; then as_root="sudo -n"; fi; \
	if command -v apt-get >/dev/null && $$as_root true 2>/dev/null; then \
	  echo "Installing Debian's $${missing# } for the browser tests"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  { $$as_root apt-get -qq update && $$as_root apt-get -qq install --yes --no-install-recommends $$missing; } >/dev/null \
	    || echo "apt-get could not install: $$missing" >&2; \
	fi; \
	if ! command -v chromium >/dev/null; then \
	  echo "No Chromium: the browser tests are skipped. On Debian: apt-get install chromium fonts-noto-cjk" >&2; \
	  [ -z "$(REQUIRE_BROWSER)" ] || exit 1; \
	fi

# ---------------------------------------------------------------- make

bench: setup  ## Measure the figures of README's Speed section
	$(RUN) -m core bench

# LOAD="--sessions 10 --minutes 1 --pace 2" for another crowd.
load: setup  ## Put many visitors on the real server: responses, processor time, memory, figures
	$(RUN) -m harness.load $(LOAD)

# After a change of a kernel or of numba; without it the app compiles on its first use (a minute or more).
kernels: setup  ## Compile all kernels again into data/kernels, for any x86-64 under Linux
	$(RUN) -m core.measure.kernels

screenshots: setup-dev browser  ## Take docs/screenshots/*.png from the running app
	$(RUN) docs/screenshots/take.py

# Each as its card in pretrained/ says; two at a time on two cores.
train-all: setup-train  ## Train every shipped agent again (hours)
	$(RUN) -m core.training.all

# One process; what is trained already stays, so that it may be stopped and begun again.
train-whole-sites: setup-train  ## Train the whole-site agents that are missing (about ten seconds each)
	OMP_NUM_THREADS=1 $(RUN) -m core.training.whole_site

experiment: setup-dev  ## Put the original's experiment together out of the agents' cards, and measure them again
	$(RUN) -m core.studies.original_experiment

cards: setup-dev  ## Judge the shipped policies again on the validation scenarios, without training
	$(RUN) -m core.training.judge

# As `make train-all` made them: the Agents page and README show what this measures.
quality: setup-dev  ## Measure every agent on held-out worlds (about twenty minutes)
	$(RUN) -m core.measure.quality

# Nobody above the bound, nobody much above executed `best`: the table of docs/yardstick.md.
yardstick: setup  ## Hold every agent against the bound over the scenario space (about an hour)
	$(RUN) -m core.measure.yardstick

# On another machine and another Python: engines within 1e-6, optima that tie in the same order.
reproduce: setup  ## Compute 100 committed scenarios again and compare (some minutes)
	OMP_NUM_THREADS=1 $(RUN) -m core.measure.reproduce

# scikit-learn grows the trees; the app itself only reads the file.
forecasts: setup-dev  ## Compute the forecasts of day-ahead prices and their errors again (some minutes)
	$(RUN) -m core forecast --build

data: setup  ## Rebuild the cleaned price table in data/
	$(RUN) -m core.tariffs.build

clean:  ## Remove caches
	rm -rf build docs/reference .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .benchmarks
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -exec rm -rf {} +

distclean: clean  ## Remove caches and .venv
	rm -rf $(VENV)
