# `make demo` and `make test` each work alone on a machine that has Python 3.11 or later and make.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
EVALUATIONS := .venv-evaluations
PEERS := .venv-comparisons
MLFLOW := .venv-mlflow
ARRESTS := examples/arrests/models/arrests
PYTEST ?=
PIP    := $(BIN)/python -m pip install --disable-pip-version-check --no-compile -c constraints.txt
# what pip says of the pin that it could not meet is lost with -q
OLDEST := --dry-run --target build/resolves --ignore-installed --python-version 3.11.2 --only-binary :all:
WHICH   = || { $(PIP) --dry-run --progress-bar off $(1) 2>&1 | grep -iE -A8 'error|conflict|requires-python|constraint' | tail -n 25; exit 1; }
AT     := 2026-11-23T12:00:00Z
# the oldest MLflow that pyproject.toml allows
LOWEST := $(shell sed -n 's/^mlflow = .*>=\([0-9.]*\),.*/\1/p' pyproject.toml)

# walks by rules and seeds, and the lists of ways round; and what needs the programs that `make services` installs
MACHINES := tests/bypass tests/fuzz tests/life tests/oracle
REAL     := tests/integration tests/pipelines
# whose run counts the branches of the rooms that decide: elsewhere counting would cost more than it tells
MEASURED := tests/api tests/authoring tests/cli tests/corpus tests/evaluation tests/events tests/facts tests/gate tests/golden tests/language tests/ledger tests/lifecycle tests/project tests/properties tests/registries tests/semantics tests/trust
# each worker goes on where it is as long as it can, so that most servers and projects are made once; and takes from the
# other what that has not begun
RUN      := $(BIN)/python -m pytest -n auto --dist worksteal

PYTHONS  := src tests docs/site release

.DELETE_ON_ERROR:
.PHONY: demo test machines coverage soak long fuzz services evaluations comparisons check format lint types contracts resolves oldest tables example bench docs release clean

demo: $(VENV)/.made  ## judge the example's models: one is refused, one awaits people
	@echo '$$ policy check $(ARRESTS)/3.yaml --to production --champion $(ARRESTS)/1.yaml --at $(AT)'
	@$(BIN)/policy check $(ARRESTS)/3.yaml --to production --champion $(ARRESTS)/1.yaml --at $(AT); test $$? -eq 1
	@echo
	@echo '$$ policy check $(ARRESTS) --to production --champion $(ARRESTS)/1.yaml --at $(AT)'
	@$(BIN)/policy check $(ARRESTS) --to production --champion $(ARRESTS)/1.yaml --at $(AT); test $$? -eq 1
	@echo
	@echo 'what next: a gate of your own, in docs/first-minutes.md; `policy` is in $(BIN), and this puts it on your path:'
	@echo '  export PATH="$$PWD/$(BIN):$$PATH"'

test: $(VENV)/.dev  ## the quick tests: all but `make machines`, and but those on servers of PostgreSQL, MLflow and Prometheus, in browsers and of pipelines
	@$(RUN) $(addprefix --ignore=,$(MACHINES) $(REAL)) $(PYTEST)

machines: $(VENV)/.dev  ## the lists of ways round, and short walks by rules and seeds: life, oracle, fuzz
	@$(RUN) $(MACHINES) $(PYTEST)

soak: $(VENV)/.dev  ## the longer runs, in five minutes: writers, servers and networks that are killed and cut, on each kind of ledger
	@$(BIN)/python -m pytest -m soak -n 2 --dist loadfile

long: $(VENV)/.dev fuzz  ## the long runs: an hour of odd inputs, 100,000 steps through the life of versions, a million truths, 100,000 draws of each design of a comparison, a log of a million entries; four hours
	@$(BIN)/python -m tests.life --on folder --steps 95000 --workers 2
	@$(BIN)/python -m tests.life --on mlflow --steps 5000 --workers 2
	@$(BIN)/python -m tests.oracle --truths 1000000 --workers 2
	@$(BIN)/python -m tests.confidence --draws 100000
	@$(BIN)/python -m tests.benchmarks.large --entries 1000000

fuzz: $(VENV)/.dev  ## inputs that nobody has written through every door, for an hour; those that find something go to build/fuzz
	@$(BIN)/python -m tests.fuzz --seconds 3600 --into build/fuzz

services: evaluations  ## install what the integration tests need from Debian: PostgreSQL, OpenSSH, Prometheus, ClamAV, Chromium, Groovy, ShellCheck, node
	@tests/integration/services.sh

evaluations: $(EVALUATIONS)/.made  ## lm-eval and Inspect in an environment of their own, in which they make their files for the tests

comparisons: $(VENV)/.dev $(PEERS)/.made  ## three rules in Rego and Cedar too, and what each makes of odd evidence: the tables of docs/why-not.md
	@$(BIN)/python -m tests.comparisons $(PEERS)/bin/python

check: $(VENV)/.dev lint types contracts  ## everything that a change must pass: every test but `make soak` and `make long`
	@$(RUN) $(addprefix --ignore=,$(MEASURED)) $(PYTEST)
	@$(MAKE) --no-print-directory coverage

coverage: $(VENV)/.dev  ## the tests of the rooms that decide, which reach at least 97 % of their lines and branches
	@rm -rf build/coverage && mkdir -p build/coverage
	@LETPASS_COVERAGE=$(CURDIR)/build/coverage $(RUN) $(MEASURED) $(PYTEST)
	@$(BIN)/python tests/warm/measured.py build/coverage

format: $(VENV)/.dev
	@$(BIN)/ruff format $(PYTHONS)
	@$(BIN)/ruff check --fix $(PYTHONS)

lint: $(VENV)/.dev
	@$(BIN)/ruff format --check $(PYTHONS)
	@$(BIN)/ruff check $(PYTHONS)

types: $(VENV)/.dev
	@$(BIN)/mypy

contracts: $(VENV)/.dev
	@$(BIN)/lint-imports

resolves: $(VENV)/dev.txt  ## every pin can be had on the oldest Python, which Debian 12 has
	@$(PIP) -q $(OLDEST) -r $(VENV)/dev.txt $(call WHICH,$(OLDEST) -r $(VENV)/dev.txt)

oldest: $(MLFLOW)/.made  ## the gate in MLflow's server with the oldest MLflow that is supported; every other test is with the one in constraints.txt
	@$(MLFLOW)/bin/python -m pytest -n auto --dist worksteal tests/enforcement $(patsubst %,tests/integration/test_mlflow_%.py,gate records tables)

tables: $(VENV)/.dev  ## make the parse tables after a change of the grammar
	@$(BIN)/python -m letpass.language.tables

example: $(VENV)/.dev  ## train the example's models again and write their records
	@$(PYTHON) -m venv examples/arrests/.work/venv
	@examples/arrests/.work/venv/bin/python -m pip install -q -r examples/arrests/requirements.txt
	@examples/arrests/.work/venv/bin/python examples/arrests/train.py

bench: $(VENV)/.dev  ## figures as ratios within one run
	@$(BIN)/python -m tests.benchmarks

docs: $(VENV)/.dev  ## the documentation as a site that works offline: build/site/index.html
	@$(BIN)/python docs/site
	@echo build/site/index.html

release: $(VENV)/.dev  ## run all tests, build the package twice, and have our own gate decide whether it may be published: build/release
	@mkdir -p build/release
	@$(RUN) --junit-xml=build/release/tests.xml $(PYTEST)
	@$(BIN)/python release/record.py --tests build/release/tests.xml --into build/release
	@cd release && $(abspath $(BIN))/policy check ../build/release/record.json --to published --artifact ../build/release/dist \
	  -o text -o json=../build/release/decision.json -o html=../build/release/decision.html -o markdown=../build/release/decision.md

$(VENV)/.made: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "letpass needs Python 3.11 or later")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -q -e . $(call WHICH,-e .)
	@touch $@

# the requirements of a group, one a line: the oldest pip knows no `--group`
$(VENV)/%.txt: $(VENV)/.made
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["$*"], sep="\n")' >$@

$(VENV)/.dev: $(VENV)/dev.txt $(VENV)/pages.txt
	@$(PIP) -q -r $(VENV)/dev.txt $(call WHICH,-r $(VENV)/dev.txt)
	@$(PIP) -q --no-deps -r $(VENV)/pages.txt
	@touch $@

$(MLFLOW)/.made: $(VENV)/dev.txt
	@$(PYTHON) -m venv $(MLFLOW)
	@sed -E 's/^(mlflow[a-z-]*)==.*/\1==$(LOWEST)/' constraints.txt >$(MLFLOW)/constraints.txt
	@$(MLFLOW)/bin/python -m pip install --disable-pip-version-check --no-compile -q -c $(MLFLOW)/constraints.txt -e . -r $<
	@touch $@

$(EVALUATIONS)/.made: tests/integration/evaluations/requirements.txt
	@$(PYTHON) -m venv $(EVALUATIONS)
	@$(EVALUATIONS)/bin/python -m pip install --disable-pip-version-check -q -r $<
	@touch $@

# OPA's library says that it needs a later Python than it does
$(PEERS)/.made: tests/comparisons/requirements.txt
	@$(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip install --disable-pip-version-check -q --ignore-requires-python -r $<
	@touch $@

clean:
	rm -rf $(VENV) $(EVALUATIONS) $(PEERS) $(MLFLOW) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
