# make run     start LLMSelect        make test   run all tests        make lint   check the code
# make fix     format the code        make bench  measure              make requirements   pin the packages anew
# make chaos   break things on purpose and count what is lost; SOAK_MINUTES=30 for the long form
.DEFAULT_GOAL := run
.PHONY: run test lint fix bench chaos screenshots install-dev install-js-tools requirements

PYTHON := .venv/bin/python
# What touches the database, and so runs on SQLite as well.
DATABASE_TESTS := tests/core tests/accounts tests/providers tests/images tests/generations tests/presets tests/conversations \
	tests/comparisons tests/account_data
# Each process has a database, a Redis and a running LLMSelect of its own.
SHARED_OUT := --numprocesses 2 --dist loadfile
CODE := llmselect_project account_data comparisons conversations presets generations images providers accounts core tests

run:
	@bin/install requirements.txt
	@exec $(PYTHON) -m llmselect_project.run

install-dev:
	@bin/install requirements-dev.txt

install-js-tools:
	@bin/install-js-tools

test: install-dev
	@$(PYTHON) -m tests.support.chromium
	@TEST_DATABASE=postgresql $(PYTHON) -m pytest $(SHARED_OUT)
	@TEST_DATABASE=sqlite $(PYTHON) -m pytest $(SHARED_OUT) $(DATABASE_TESTS)

lint: install-dev install-js-tools
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy $(CODE)
	.venv/bin/lint-imports
	$(PYTHON) -m djlint --quiet --lint templates
	node_modules/.bin/biome check --error-on-warnings
	$(PYTHON) manage.py check
	$(PYTHON) manage.py makemigrations --check --dry-run

fix: install-dev install-js-tools
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	node_modules/.bin/biome check --write

bench: install-dev
	@$(PYTHON) -m tests.bench

chaos: install-dev
	@$(PYTHON) -m tests.chaos

# The pictures of the README, from a running LLMSelect.
screenshots: install-dev
	@$(PYTHON) -m tests.support.chromium
	@$(PYTHON) -m tests.screenshots

# Keeps the versions that are pinned already; `make requirements UPGRADE=--upgrade` takes the newest.
requirements: install-dev
	$(PYTHON) -m pip install --quiet --disable-pip-version-check pip-tools
	for name in requirements requirements-dev; do \
		CUSTOM_COMPILE_COMMAND="make requirements" $(PYTHON) -m piptools compile --quiet $(UPGRADE) --allow-unsafe \
			--strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
			--output-file $$name.txt $$name.in || exit 1; \
	done
