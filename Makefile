# Every command of the project. `make` alone prints them; each sets up what it needs, none needs root.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

# The first Python on this machine that is new enough; `make PYTHON=/path/to/python3 setup` for another.
NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(firstword $(foreach name,python3 python3.11 python3.12 python3.13 python3.14,\
	$(shell $(name) -c '$(NEW_ENOUGH)' 2>/dev/null && echo $(name))))

BIN := .venv/bin
# Tests run on all processors; whoever is done first takes over from the others.
PYTEST := -m pytest -n auto --dist worksteal
SKIPS := $(if $(CI),--nothing-skipped)
INSTALLED := .venv/.installed
# What is installed is compiled when it is first imported: most of it never is.
INSTALL := -m pip install -qq --disable-pip-version-check --no-compile
# Spark wants an older pandas than everything else has, so its tests have a place of their own.
SPARK := .venv-spark
ASSETS := src/yiheng/reports/assets/echarts.min.js
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate \
	--python-version 3.11 --no-emit-index-url --no-emit-find-links

.PHONY: help setup demo test check test-all bench bench-large bench-site soak lock assets docs clean

help:  ## print these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(INSTALLED) $(ASSETS)  ## make .venv (yiheng, python with pytest) and fetch the chart library

demo: setup  ## a made-up region, from its discharges to the report and a filled site; then bin/yiheng site serve
	$(BIN)/yiheng demo --no-serve

test: setup  ## the tests that need nothing but Python
	$(BIN)/python $(PYTEST) -m "not browser and not fault and not spark and not slow and not postgres and not soak" $(SKIPS)

check: setup  ## style, types, import direction, house rules, policy values, documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_house.py
	$(BIN)/python scripts/check_policy.py
	$(BIN)/python scripts/check_docs.py

test-all: test $(SPARK)/.installed  ## and the others: a browser, PostgreSQL 15, a Spark cluster (Java 17), killed processes, long ones; with CI set none may be skipped
	$(BIN)/python $(PYTEST) -m "(browser or fault or slow or postgres) and not spark and not soak" $(SKIPS)
	$(SPARK)/bin/python -m pytest -m "spark and not soak" $(SKIPS)

bench: setup  ## measure the figures that the README quotes
	$(BIN)/python benchmarks/first_light.py
	$(BIN)/python benchmarks/intake.py
	$(BIN)/python benchmarks/drg.py --peers --write

bench-large: setup  ## DIP and standards at the size of a province: 15 million cases, 200 million lines, up to 12 GiB of disk; goes on where it was cut off
	$(BIN)/python benchmarks/dip.py
	$(BIN)/python benchmarks/norms.py --write

bench-site: setup  ## the inbox with 200,000 to-dos, on SQLite and PostgreSQL 15
	$(BIN)/python benchmarks/site.py --write

soak: setup $(SPARK)/.installed  ## ten times as many mutated files and rows, a million generated cases a version of the grouping rules
	YIHENG_FUZZ=10 YIHENG_SOAK=20 $(BIN)/python $(PYTEST) -m slow tests/cases tests/drg
	YIHENG_SOAK=20 $(SPARK)/bin/python -m pytest -m spark tests/norms tests/cli
	$(BIN)/python $(PYTEST) -m "soak and not spark"

docs: setup  ## write the generated pages of docs/reference
	$(BIN)/python scripts/make_docs.py

lock: $(INSTALLED)  ## renew requirements/*.txt and package-lock.json from pyproject.toml and package.json
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/lock.txt
	$(COMPILE) --upgrade pyproject.toml -o requirements/run.txt
	$(COMPILE) --upgrade pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) --upgrade pyproject.toml --extra spark --group dev -o requirements/spark.txt
	$(COMPILE) --upgrade --group node -o requirements/node.txt
	$(COMPILE) --upgrade --group lock -o requirements/lock.txt
	$(BIN)/python scripts/make_assets.py --lock

assets: $(ASSETS)  ## fetch the chart library from npm into the package

clean:  ## remove everything that these commands made, but no data
	rm -rf .venv $(SPARK) node_modules build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f $(ASSETS) src/yiheng/reports/assets/*.LICENSE
	find src tests scripts $(wildcard benchmarks) -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Yiheng needs Python 3.11 or newer: make PYTHON=/path/to/python3 setup" >&2; exit 2; }
	$(PYTHON) -m venv .venv

$(INSTALLED): requirements/dev.txt pyproject.toml | .venv/bin/python
	$(BIN)/python $(INSTALL) --require-hashes -r requirements/dev.txt
	$(BIN)/python $(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(SPARK)/.installed: requirements/spark.txt pyproject.toml | .venv/bin/python
	.venv/bin/python -m venv $(SPARK)
	$(SPARK)/bin/python $(INSTALL) --require-hashes -r requirements/spark.txt
	$(SPARK)/bin/python $(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(ASSETS): package.json package-lock.json scripts/make_assets.py | $(INSTALLED)
	$(BIN)/python scripts/make_assets.py
