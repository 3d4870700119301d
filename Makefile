# Two commands do everything on a fresh machine: `make run` and `make test`. Only Python >= 3.11 and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
REPO ?= .
FAST ?=
DATA ?= ../shared/bench/trail_replay/dev
LOCOMO ?= ../shared/bench/locomo/locomo10.json

.PHONY: run test check fix bench bench-hooks bench-tokens bench-scale bench-exposure bench-replay bench-replay-quick bench-locomo docs clean help

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

run: $(VENV)/.base ## the main job on real input: make run, or make run REPO=path/to/a/git/repository
	@$(BIN)/trails demo --repo "$(REPO)"

test: $(VENV)/.test ## every test; make test FAST=1 leaves out the slow ones
	@$(BIN)/python -m pytest $(if $(FAST),-m "not slow")

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

bench-locomo: $(VENV)/.base ## recall in long conversations; LOCOMO=path/to/locomo10.json
	@$(BIN)/python benchmarks/locomo.py $(LOCOMO) $(MORE)

docs: $(VENV)/.base ## write the generated reference pages anew
	@$(BIN)/python docs/generate.py

clean: ## remove what the targets made
	rm -rf $(VENV) dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
