# make grade   grade the example class in all assignments, or in one: ASSIGNMENT=traps
# make test    the project's own tests
# make lint    ruff and mypy
# Each sets up what it needs in .venv, with the first Python >= 3.10 that is found;
# another one: make test PYTHON=python3.12

SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && echo $$p && break; \
	done)

ASSIGNMENT ?= all
CLASS := build/class$(if $(filter all,$(ASSIGNMENT)),,/$(ASSIGNMENT))
GRADEFLAGS ?=
TESTFLAGS ?=

.PHONY: help grade test lint clean

help:
	@sed -n 's/^# //p; /^$$/q' Makefile

grade: $(VENV)/grader.stamp
	@$(BIN)/grader example $(ASSIGNMENT) -o $(CLASS)
	@$(BIN)/grader grade $(ASSIGNMENT) $(CLASS) $(GRADEFLAGS)

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest $(TESTFLAGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build reports *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(VENV)/grader.stamp: EXTRA := grader
$(VENV)/dev.stamp: EXTRA := dev
$(VENV)/%.stamp: pyproject.toml $(VENV)/python.stamp
	@echo "Installing vmlab[$(EXTRA)] into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[$(EXTRA)]' || { \
		echo "make: the packages could not be installed; is there a network?" >&2; exit 1; }
	@touch $@

# The stamp comes last: a set-up that was broken off is begun anew, not taken for whole.
$(VENV)/python.stamp:
	@test -n "$(PYTHON)" || { \
		echo "make: no Python >= 3.10 found; install one, or name it: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
		echo "make: $(PYTHON) is no Python >= 3.10" >&2; exit 1; }
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "make: $(PYTHON) cannot make a virtual environment; on Debian and Ubuntu:" \
			"apt install python3-venv" >&2; exit 1; }
	@touch $@
