# Two commands set everything up: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PATIENTS ?= 1000
MONTHS ?= 12
SEED ?= 1
BATCHES ?= 5
RUNS ?= 1

PYTHON ?= python3.11
export WELLSPRING_HOME ?= $(CURDIR)/data
export DO_NOT_TRACK := 1

BIN := .venv/bin
STAMP := .venv/.locked

.PHONY: help setup run dev test lint lint-sql format docs bench identity truth measures-deck measure-rates validate-fhir fhir-roundtrip incremental mappings coverage fuzz crash lock clean

help:  ## Show this help
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'
	@printf '\n  make run PATIENTS=200 MONTHS=6 SEED=7   varies the synthetic population\n  WELLSPRING_HOME=DIR                      holds everything that is written (default ./data)\n'

setup: $(STAMP)  ## Create .venv with the locked dependencies

$(STAMP): requirements/dev.txt requirements/bootstrap.txt pyproject.toml
	@requirements/install.sh "$(PYTHON)"

run: setup  ## Synthetic hospital → land → build → check → publish
	@$(BIN)/wellspring demo --patients $(PATIENTS) --months $(MONTHS) --seed $(SEED)

dev: setup  ## Open Dagster on http://localhost:3000
	@$(BIN)/wellspring dev

test: setup  ## Run every test
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder tests

lint: setup  ## ruff, mypy, sqlfluff on what others read (lint-sql: on every model)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m tests.project.sql_lint lint --processes 2 --disable-progress-bar dbt_project/models/gold dbt_project/models/identity dbt_project/models/ops dbt_project/tests

lint-sql: setup  ## sqlfluff on every model: minutes
	@$(BIN)/python -m tests.project.sql_lint lint --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

format: setup  ## Format Python and SQL in place
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix --processes 2 --disable-progress-bar dbt_project/models dbt_project/tests

docs: setup  ## Build dbt's documentation site into WELLSPRING_HOME/docs
	@$(BIN)/dbt docs generate --static --project-dir dbt_project --profiles-dir profiles --target-path "$(WELLSPRING_HOME)/docs"
	@echo "open $(WELLSPRING_HOME)/docs/static_index.html"

bench: setup  ## Figures beside the libraries one would otherwise pick
	@$(BIN)/python -m tests.bench

identity: setup  ## How good identity is, figure beside target (10,000 patients, or PATIENTS=n)
	@$(BIN)/python -m tests.ready.identity --patients $(if $(filter command line,$(origin PATIENTS)),$(PATIENTS),10000) --months $(MONTHS) --seed $(SEED)

truth: setup  ## What the synthetic hospital knows, resource by resource, beside what silver says
	@$(BIN)/python -m tests.ready.truth --patients $(PATIENTS) --months $(MONTHS) --seed $(SEED)

measures-deck: setup  ## The measures' published test cases: DECK=folder VALUESETS=file [SHIFT=1]
	@$(BIN)/python -m tests.ready.measures_deck --deck "$(DECK)" --valuesets "$(VALUESETS)" $(if $(SHIFT),--shift)

measure-rates: setup  ## The measures of a built home (HOME_DIR=folder) beside the rates that programmes publish
	@$(BIN)/python -m tests.ready.measure_rates $(HOME_DIR)

validate-fhir: setup  ## Every FHIR resource of silver under four validators (HOME_DIR=folder, or PATIENTS=n)
	@$(BIN)/python -m tests.ready.validate_fhir $(HOME_DIR) --patients $(PATIENTS) --months $(MONTHS) --seed $(SEED)

fhir-roundtrip: setup  ## FHIR in, FHIR out: the outside samples, element by element
	@$(BIN)/python -m tests.ready.fhir_roundtrip

incremental: setup  ## Batches in random orders with repeats equal a full refresh, row for row (BATCHES=5 RUNS=1 SEED=n)
	@$(BIN)/python -m tests.ready.incremental --batches $(BATCHES) --runs $(RUNS) $(if $(filter command line,$(origin PATIENTS)),--patients $(PATIENTS)) $(if $(filter command line,$(origin MONTHS)),--months $(MONTHS)) $(if $(filter command line,$(origin SEED)),--seed $(SEED))

mappings: setup  ## Which source fields feed each column of silver, read from the models
	@$(BIN)/python -m tests.ready.mappings

coverage: setup  ## What becomes of each type of message in the outside samples
	@$(BIN)/python -m tests.ready.coverage

fuzz: setup  ## 20,000 mutations of the outside samples through framing
	@WELLSPRING_FUZZ_CASES=20000 $(BIN)/pytest tests/fuzz

crash: setup  ## Landing killed at 100 random points, then recovered
	@WELLSPRING_CRASHES=100 $(BIN)/pytest tests/integration/bronze/test_crash.py

lock:  ## Re-resolve the locked requirements
	@requirements/lock.sh "$(PYTHON)"

clean:  ## Remove the environment and everything under WELLSPRING_HOME
	@rm -rf .venv "$(WELLSPRING_HOME)" .pytest_cache .ruff_cache .mypy_cache .hypothesis
