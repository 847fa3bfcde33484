# Needs Python >= 3.11, git and make; everything else is set up in .venv/, .rehearsal/ and the user's
# cache folder. `make setup` is quick when nothing is missing, so every target may depend on it.
PYTHON ?= python3
VENV := .venv/bin
# More than there are cores: the tests on the real engine mostly wait.
WORKERS ?= 3

.PHONY: help setup virtualenv demo demo-initialized play test lint format clean

help:
	@echo "make demo    from nothing to storage under a key that only the HSMs hold, and back"
	@echo "make demo-initialized    the same up to the initialized cluster, quicker"
	@echo "make play    a shell in which pulumi preview, up and destroy run without AWS"
	@echo "make test    lint, types and every test"
	@echo "make lint    lint and types only"
	@echo "make format  ruff's formatter and its safe fixes"
	@echo "make setup   .venv, the Pulumi CLI and its plugins (the others do it too)"
	@echo "make clean   removes .rehearsal/ and caches; .venv and the built CLI stay"

virtualenv:
	@$(PYTHON) -m rehearsal.engine.virtualenv

setup: virtualenv
	@$(VENV)/python -m rehearsal.engine.layout

demo: setup
	@$(VENV)/python -m rehearsal.engine.demo

demo-initialized: setup
	@$(VENV)/python -m rehearsal.engine.demo --part initialized

play: setup
	@$(VENV)/python -m rehearsal.engine.play

test: lint setup
	$(VENV)/python -m pytest -n $(WORKERS) --dist loadfile

lint: virtualenv
	$(VENV)/ruff check
	$(VENV)/ruff format --check
	$(VENV)/pyright

format: virtualenv
	$(VENV)/ruff check --fix
	$(VENV)/ruff format

clean:
	rm -rf .rehearsal .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
