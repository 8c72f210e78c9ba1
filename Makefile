# Every step runs in .venv; uv makes it from the lock file. Nothing here needs root.

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --no-sync --quiet
# Half the tests wait for the disk or for a socket: one worker per core keeps both cores busy.
PYTEST := $(RUN) pytest --quiet --numprocesses auto

.PHONY: help setup demo test check lint types arrows unit format schema clean

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.tools/bin/uv:
	@$(PYTHON) scripts/fetch_uv.py $(UV_VERSION)

setup: .venv/.ready ## Make .venv from the lock file

.venv/.ready: pyproject.toml uv.lock $(if $(filter .tools/bin/uv,$(UV)),.tools/bin/uv)
	@$(UV) sync --locked --quiet
	@touch $@

demo: setup ## Chat with the gateway in this terminal, through a simulated WeChat
	@$(RUN) yingda demo

test: check ## Everything: the checks, then contracts, scenarios and real sockets
	$(PYTEST) tests/contract tests/scenario tests/system --cov --cov-report= --cov-append
	@$(RUN) coverage combine --quiet --append 2>/dev/null || true
	@$(RUN) coverage report --skip-covered | tail -n 15

check: lint types arrows unit ## Lint, types, import arrows, unit tests

lint: setup
	@$(RUN) ruff check
	@$(RUN) ruff format --check --quiet

types: setup
	@$(RUN) mypy

arrows: setup
	@$(RUN) lint-imports --no-cache | tail -n 25

unit: setup
	$(PYTEST) tests/unit tests/wire --cov --cov-report=

format: setup ## Put the code into the house's form
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

schema: setup ## Write schema.sql anew from the tables
	@$(RUN) python scripts/schema_sql.py

clean: ## Remove what was built
	rm -rf .venv .tools .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
