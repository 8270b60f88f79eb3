# Every task a developer needs. `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
BENCH  := .venv-bench

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-fast faults check format bench bench-streams lock figures schemas screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(READY) ## Create .venv with the locked dependencies

demo: $(READY) ## Run the whole service on recorded answers and open a page at a printed address
	$(BIN)/consultations demo

test: $(READY) check ## Run every check and every test
	$(BIN)/pytest

test-fast: $(READY) ## Run the tests that need no server, browser or killed process
	$(BIN)/pytest -m "not services and not browser"

faults: $(READY) ## Kill, stop and scale every process 60 times over 50 000 events on real servers
	CONSULTATIONS_TEST_STREAM_KILLS=60 CONSULTATIONS_TEST_STREAM_EVENTS=50000 $(BIN)/pytest tests/integration/test_stream_faults.py

check: $(READY) ## Lint, types, architecture and the routing rules' own examples
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/consultations route --selftest

format: $(READY) ## Let ruff format and mend what it safely can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure the embedded engine on the demo's records, routing, the weekly mail and the pages
	$(BIN)/python bench/pipeline.py
	$(BIN)/python bench/routing.py
	$(BIN)/python -m bench.digest
	$(BIN)/python -m bench.pages

$(BENCH)/.ready: bench/requirements.lock pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install --quiet --require-hashes -r bench/requirements.lock
	$(BENCH)/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

bench-streams: $(BENCH)/.ready ## Measure the path over Kafka and PostgreSQL beside two others
	$(BENCH)/bin/python -m bench.streams all

LOCK := uv pip compile --extra dev --universal --python-version 3.11 --generate-hashes --no-header --quiet --upgrade

lock: ## Renew the locks from pyproject.toml and bench/requirements.txt (needs uv)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml bench/requirements.txt -o bench/requirements.lock

figures: $(READY) ## Measure how often routing is right and write the table in docs/routing.md
	$(BIN)/python docs/figures.py

schemas: $(READY) ## Write the JSON Schemas in config/schemas from the code
	$(BIN)/python -m consultations.routing.editor_schema config/schemas

screenshots: $(READY) ## Take the pictures in docs/images anew (needs Chromium)
	$(BIN)/python docs/screenshots.py

clean: ## Remove the environment and the demo's database
	rm -rf $(VENV) $(BENCH) var/demo.db*
