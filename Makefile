# Everything starts from nothing: each target makes what it needs first.
PYTHON ?= python3.11
BIN := .venv/bin
PORT ?= 8036
SECONDS ?= 10
# Commands that tests start read compiled files, also where the machine says that none be written.
export PYTHONDONTWRITEBYTECODE :=
# A file's tests stay in one process, which sets up once what they share. Files keep their order: the longest, those
# of guards, are not left for the end.
PYTEST := $(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder
ON_POSTGRES := tests/web tests/contracts tests/engines
.DEFAULT_GOAL := help
.PHONY: help setup demo serve test test-long test-postgres soak check bench bench-peer fuzz reliability lock messages basemap

help: ## what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

.venv/run.stamp: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev.stamp: .venv/run.stamp requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

build/peer/run.stamp: bench/peer-text.txt
	@test -x build/peer/bin/python || $(PYTHON) -m venv build/peer
	build/peer/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/peer-text.txt
	@touch $@

build/peer-hxl/run.stamp: bench/peer-hxl.txt
	@test -x build/peer-hxl/bin/python || $(PYTHON) -m venv build/peer-hxl
	build/peer-hxl/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r bench/peer-hxl.txt
	@touch $@

setup: .venv/run.stamp ## install what running needs, into .venv

demo: setup ## load the reports of Haiti 2010 and serve them on PORT (8036)
	$(BIN)/rapport demo --port $(PORT)

serve: setup ## serve what is in var/, with its worker
	$(BIN)/rapport serve --port $(PORT)

test: .venv/dev.stamp ## every test that needs no outside service, in five minutes on two quiet cores
	$(PYTEST) -m "not soak and not postgres and not long"

test-long: .venv/dev.stamp ## the tests that take seconds each: browsers at length, servers from nothing, random walks
	$(PYTEST) -m "long and not soak and not postgres"

test-postgres: .venv/dev.stamp ## what speaks to the database in a way of its own, on PostgreSQL (RAPPORT_DATABASE_URL)
	$(PYTEST) -m "(postgres and not soak) or not (soak or browser or long or either)" $(ON_POSTGRES)

soak: .venv/dev.stamp build/peer-hxl/run.stamp ## the tests that take minutes: kill -9, load, big files; all pages on PostgreSQL if that is named
	env -u RAPPORT_DATABASE_URL HYPOTHESIS_EXAMPLES=200 $(BIN)/python -m pytest -q -m "soak and not postgres"
	test -z "$$RAPPORT_DATABASE_URL" || $(PYTEST) -m "postgres or not (soak or browser or long)" $(ON_POSTGRES)

check: .venv/dev.stamp ## ruff, mypy, import rules
	$(BIN)/ruff format --check src tests bench
	$(BIN)/ruff check src tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports

bench-peer: build/peer/run.stamp build/peer-hxl/run.stamp ## environments for what `rapport bench text` (--peer build/peer/bin/python) and `hxl` (build/peer-hxl) compare with

bench: .venv/dev.stamp build/peer/run.stamp build/peer-hxl/run.stamp ## the figures of docs/reference/benchmarks.md, made anew
	$(BIN)/python -m bench.table

fuzz: .venv/dev.stamp ## damaged files for each reader of what strangers send, SECONDS (10) each; what fails stays in build/fuzz
	$(BIN)/python -m bench.fuzz --seconds $(SECONDS)

reliability: .venv/dev.stamp ## the plot and tables of docs/reference/text-engine.md, made anew
	$(BIN)/python -m bench.reliability

lock: ## choose the versions of all dependencies anew (needs uv)
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 \
	  --upgrade pyproject.toml -o requirements.lock
	uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11 \
	  --extra dev -c requirements.lock pyproject.toml -o requirements-dev.lock

messages: .venv/dev.stamp ## collect and compile the translations
	$(BIN)/python -m rapport.web.messages

basemap: .venv/dev.stamp ## make the base map's data from the npm package world-atlas (needs npm)
	set -e; folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; \
	  npm pack --silent --pack-destination "$$folder" world-atlas@2.0.2; \
	  tar xzf "$$folder"/world-atlas-2.0.2.tgz -C "$$folder"; \
	  $(BIN)/python -m rapport.operations.basemap "$$folder"/package
