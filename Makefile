# Needs Python >= 3.11, git and make; everything else is set up in .venv/, .rehearsal/ and the user's
# cache folder. `make setup` is quick when nothing is missing, so every target may depend on it.
PYTHON ?= python3
VENV := .venv/bin
PACK := policy/.venv
# More than there are cores: the tests on the real engine mostly wait.
WORKERS ?= 4

# The tests of the package itself, whose coverage has a floor.
PACKAGE_TESTS := tests/components
# Whole files, in the order of tests/conftest.py: the slow ones first, so that none is left at the end.
BY_FILE := --dist loadfile --no-loadscope-reorder
# Workers that keep bytecode compile the tests once.
export PYTHONDONTWRITEBYTECODE :=

# `make lock LOCK_OPTIONS=--upgrade` takes the newest versions instead of keeping those that still fit.
LOCK_OPTIONS ?=

.PHONY: help setup virtualenv policy lock campaign fleet demo demo-initialized play reviews pictures test test-fast coverage lint format docs dist plugin-archive clean

help:
	@echo "make demo    from nothing to storage under a key that only the HSMs hold, and back"
	@echo "make demo-initialized    the same up to the initialized cluster, quicker"
	@echo "make play    a shell in which pulumi preview, up and destroy run without AWS"
	@echo "make reviews    writes docs/reviews from plans of a rehearsal"
	@echo "make pictures    the demo, and its timeline and diagram into README and docs"
	@echo "make test    lint and every test"
	@echo "make test-fast    lint, types and the package's own tests, without an engine"
	@echo "make coverage    the package's own tests; fails below the floor in pyproject.toml"
	@echo "make bench   how fast it is beside other ways; about ten minutes"
	@echo "make campaign    kills the CLI at every call that changes something; CAMPAIGN=--help tells more"
	@echo "make fleet   eight stacks in three Regions and two accounts, one of which fails at first"
	@echo "make lint    ruff, pyright, prose and workflows, nothing else"
	@echo "make format  ruff's formatter and its safe fixes"
	@echo "make docs    the documentation as a site, in build/docs; a broken link is an error"
	@echo "make dist    the package's wheel and source archive, in dist"
	@echo "make plugin-archive    the plugin for other languages, for pulumi plugin install --file, in build"
	@echo "make lock    exact versions of the development tools, from requirements-dev.txt"
	@echo "make policy  the policy pack's own policy/.venv; then: pulumi preview --policy-pack policy"
	@echo "make setup   .venv, the Pulumi CLI and its plugins (the others do it too)"
	@echo "make clean   removes .rehearsal/ and caches; .venv and the built CLI stay"

virtualenv:
	@$(PYTHON) -m rehearsal.engine.virtualenv

# Apart from .venv: the policy SDK wants another protobuf.
policy: virtualenv
	@test -x $(PACK)/bin/python -a $(PACK)/.installed -nt policy/requirements.txt || { \
		$(VENV)/uv venv --quiet --clear --python $(VENV)/python $(PACK) && \
		$(VENV)/uv pip install --quiet --python $(PACK)/bin/python \
			--requirement policy/requirements.txt && touch $(PACK)/.installed; }

lock: virtualenv
	$(VENV)/uv pip compile --quiet --universal --python-version 3.11 --annotation-style line \
		--custom-compile-command 'make lock' $(LOCK_OPTIONS) \
		--output-file requirements-dev.lock requirements-dev.txt

setup: virtualenv
	@$(VENV)/python -m rehearsal.engine.layout

demo: setup
	@$(VENV)/python -m rehearsal.engine.demo

demo-initialized: setup
	@$(VENV)/python -m rehearsal.engine.demo --part initialized

play: setup
	@$(VENV)/python -m rehearsal.engine.play

reviews: setup
	@$(VENV)/python -m rehearsal.engine.reviews docs/reviews

pictures: demo
	@$(VENV)/python -m rehearsal.engine.pictures

# Minutes; the tests run four stacks of it.
fleet: setup
	@$(VENV)/python -m rehearsal.engine.fleet

test: lint setup policy
	$(VENV)/python -m pytest -n $(WORKERS) $(BY_FILE)

test-fast: lint
	$(VENV)/python -m pytest $(PACKAGE_TESTS) -n $(WORKERS) $(BY_FILE)

# Apart from `test`: on Python 3.11 measuring takes these tests two thirds longer.
coverage: virtualenv
	$(VENV)/python -m pytest $(PACKAGE_TESTS) -n $(WORKERS) $(BY_FILE) --cov

bench: setup
	@$(VENV)/python -m bench

# Hours as a whole; `make campaign CAMPAIGN="--chain"` takes minutes.
CAMPAIGN ?=
campaign: setup
	@$(VENV)/python -m rehearsal.engine.campaign $(CAMPAIGN)

lint: virtualenv
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/pyright
	$(VENV)/python tools/prose.py
	$(VENV)/zizmor --offline --quiet --no-progress .github/workflows

format: virtualenv
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

docs: virtualenv
	$(VENV)/sphinx-build --fail-on-warning --keep-going --nitpicky --quiet docs build/docs

dist: virtualenv
	$(VENV)/uv build --quiet --clear --out-dir dist components

# The plugin in source, for `pulumi plugin install resource cloudhsm VERSION --file`.
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' components/pyproject.toml)
plugin-archive:
	mkdir -p build
	git archive --format=tar.gz --output=build/pulumi-resource-cloudhsm-v$(VERSION).tar.gz HEAD:components

clean:
	rm -rf .rehearsal build dist .coverage .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
