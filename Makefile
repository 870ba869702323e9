# Two commands do everything on a machine with Python >= 3.11: `make demo` and `make test`.
# PYTHON=/path/to/python3 picks another interpreter; VENV=folder another place for the environment.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
MODEL ?= bela/onset-gates
# Not what OMP_NUM_THREADS says of the threads of one process, which nproc heeds.
JOBS ?= $(shell env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc 2>/dev/null || echo 2)
REQUIREMENTS := pyproject.toml constraints.txt

.PHONY: help demo test lint types bench peers pru-tools hosts readme clean

help:  ## say what each command does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/.demo  ## install what running a model needs (no torch) and show what one can do and costs
	@$(BIN)/zoo bench $(MODEL) --html report.html

test: lint types  ## install everything and run ruff, mypy and the tests, fast ones first
	@export OMP_NUM_THREADS=1
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m "not slow and not peers"
	$(BIN)/python -m pytest -q -n $(JOBS) --dist worksteal -m "slow and not peers"

lint: $(VENV)/.dev  ## ruff
	@$(BIN)/ruff check .

types: $(VENV)/.dev  ## mypy
	@$(BIN)/mypy

bench: $(VENV)/.dev  ## time the hot paths of this project
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m "not peers" --benchmark-enable --benchmark-only bench/benchmarks

peers: $(VENV)/.dev  ## read other people's networks, and time their implementations beside ours
	@$(BIN)/python -m bench.peers.install_difflogic
	$(PIP) --no-deps --upgrade --target build/peers torchlogix==0.2.2
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m peers tests
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q -m peers --benchmark-enable bench/benchmarks

pru-tools: $(VENV)/.dev  ## build GNU's PRU assembler and simulator (Debian) and compare ours with them
	@PYTHON=$(BIN)/python scripts/build_pru_tools.sh
	$(BIN)/python -m pytest -q -m pru_tools

hosts:  ## install the audio hosts and the clients of hubs that tests run (Debian)
	@scripts/install_hosts.sh
	scripts/install_hub_clients.sh

readme: $(VENV)/.demo  ## write the numbers in README.md anew, from the records
	@$(BIN)/python scripts/render_readme.py

clean:  ## remove what the commands above made
	rm -rf $(VENV) .hypothesis build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .benchmarks report.html

$(VENV)/bin/python:
	@if ! command -v "$(PYTHON)" >/dev/null 2>&1; then
	  echo "Python 3.11 or newer is needed, and there is no '$(PYTHON)' here: install it, or say make PYTHON=/path/to/python3" >&2
	  exit 1
	fi
	if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
	  echo "Python 3.11 or newer is needed, and $(PYTHON) is $$("$(PYTHON)" -V 2>&1): say make PYTHON=/path/to/a/newer/python3" >&2
	  exit 1
	fi
	if ! "$(PYTHON)" -m venv "$(VENV)"; then
	  rm -rf "$(VENV)"
	  echo "$(PYTHON) cannot make virtual environments: on Debian or Ubuntu, install the package python3-venv" >&2
	  exit 1
	fi

$(VENV)/.demo: $(VENV)/bin/python $(REQUIREMENTS)
	@echo "Installing what running a model needs into $(VENV) ..."
	$(PIP) -e '.[bench]'
	touch $@

$(VENV)/.dev: $(VENV)/bin/python $(REQUIREMENTS)
	@echo "Installing what training and the tests need into $(VENV) ..."
	$(PIP) -e '.[dev]'
	touch $@ $(VENV)/.demo
