# Every step runs in .venv; uv makes it from the lock file. Nothing here needs root.

# A failure on the left of a pipe is a failure.
SHELL := bash
.SHELLFLAGS := -o pipefail -ec

PYTHON ?= python3
UV_VERSION := 0.13.9
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)
RUN := $(UV) run --no-sync --quiet
# Half the tests wait for the disk or for a socket: one worker per core keeps both cores busy.
PYTEST := $(RUN) pytest --quiet --numprocesses auto

BENCH := $(RUN) --directory tests python -m bench

.PHONY: help setup demo test check lint types arrows unit format bench bench-many bench-jobs soak chaos diagram schema clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

.tools/bin/uv:
	@$(PYTHON) scripts/fetch_uv.py $(UV_VERSION)

setup: .venv/.ready ## Make .venv from the lock file

.venv/.ready: pyproject.toml uv.lock $(if $(filter .tools/bin/uv,$(UV)),.tools/bin/uv)
	@$(UV) sync --locked --quiet
	@touch $@

demo: setup ## Chat with the gateway in this terminal, through a simulated WeChat
	@$(RUN) yingda demo

test: lint types arrows ## Everything: the checks, contracts, scenarios, real sockets, a short chaos
	$(PYTEST) tests --cov --cov-report=term:skip-covered | tail -n 60
	YINGDA_TEST_STORE=postgres $(PYTEST) tests/scenario | tail -n 20

check: lint types arrows unit ## Lint, types, import arrows, unit tests

lint: setup
	@$(RUN) ruff check
	@$(RUN) ruff format --check --quiet

types: setup
	@$(RUN) mypy

arrows: setup
	@$(RUN) lint-imports --no-cache | tail -n 25

unit: setup
	$(PYTEST) tests/unit tests/wire

bench: setup ## Measure one process beside its limits, some 10 min (ROW=start one row, JSON=/file)
	@$(BENCH).__main__ $(if $(ROW),--row $(ROW)) $(if $(JSON),--json $(abspath $(JSON)))

bench-many: setup ## Measure many processes on a PostgreSQL of their own, 5 min (ROW=join one row)
	@$(RUN) --directory tests python -m bench.many $(if $(ROW),--row $(ROW)) \
		$(if $(JSON),--json $(abspath $(JSON)))

bench-jobs: setup ## Measure the job engines on a PostgreSQL of its own, 25 min (ROW=kill one row)
	@$(UV) run --quiet --group bench-jobs --directory tests python -m bench.job_engines \
		$(if $(ROW),--row $(ROW)) $(if $(JSON),--json $(abspath $(JSON)))

soak: setup ## Steady load with faults, memory and handles watched (MINUTES=30, JSON=/file)
	@$(BENCH).soak --minutes $(or $(MINUTES),30) $(if $(JSON),--json $(abspath $(JSON)))

format: setup ## Put the code into the house's form
	@$(RUN) ruff check --fix
	@$(RUN) ruff format

chaos: setup ## Kill real processes again and again under 300 questions, and account for each
	YINGDA_CHAOS_QUESTIONS=$(or $(YINGDA_CHAOS_QUESTIONS),300) $(RUN) pytest --quiet tests/chaos

diagram: setup ## Write the diagram of a question's life into the docs anew
	@$(RUN) python scripts/lifecycle_diagram.py

schema: setup ## Write schema.sql anew from the tables
	@$(RUN) python scripts/schema_sql.py

clean: ## Remove what was built
	rm -rf .venv .tools .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
