# make run       start LLMSelect                         make test      run all tests, which have to pass before a merge
# make quick     unit and database tests, on SQLite      make coverage  measure which lines the tests run
# make lint      check the code                          make fix       format the code
# make bench     measure (bench-peers: beside LiteLLM)   make chaos     break things on purpose and count the losses
# make requirements  pin the packages again; with UPGRADE=--upgrade to their newest versions
.DEFAULT_GOAL := run
.PHONY: run test quick coverage lint mypy fix bench bench-peers chaos screenshots provider-lists install-dev install-js-tools requirements

PYTHON := .venv/bin/python
DJADE := find templates -name "*.html" -print0 | xargs -0 .venv/bin/djade --target-version 5.2
CODE := llmselect_project account_data comparisons conversations presets generations images providers accounts core tests
# Tests without a running LLMSelect, a worker process or a browser.
QUICK_TESTS := tests/core tests/accounts tests/providers tests/images tests/generations tests/presets tests/conversations \
	tests/comparisons tests/account_data
# Each process has its own database, Redis and running LLMSelect. Tests wait more than they compute, so three
# processes fill two cores.
PROCESSES := --numprocesses 3 --dist worksteal

run:
	@bin/install requirements.txt
	@exec $(PYTHON) -m llmselect_project.run

install-dev:
	@bin/install requirements-dev.txt

install-js-tools:
	@bin/install-js-tools

test: install-dev
	@$(PYTHON) -m tests.support.chromium
	@TEST_DATABASE=postgresql $(PYTHON) -m pytest $(PROCESSES)
	@TEST_DATABASE=sqlite $(PYTHON) -m pytest $(PROCESSES) --database-only $(QUICK_TESTS) \
		tests/llmselect_project/test_growth.py

quick: install-dev
	@TEST_DATABASE=sqlite $(PYTHON) -m pytest $(PROCESSES) $(QUICK_TESTS)

coverage: install-dev
	@$(PYTHON) -m tests.support.chromium
	@$(PYTHON) -m coverage erase
	@TEST_DATABASE=postgresql $(PYTHON) -m coverage run -m pytest $(PROCESSES)
	@$(PYTHON) -m coverage combine --quiet
	@$(PYTHON) -m coverage report

lint: install-dev install-js-tools
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy $(CODE)
	.venv/bin/lint-imports
	$(PYTHON) bin/check-style
	$(PYTHON) -m djlint --quiet --lint templates
	$(DJADE) --check
	node_modules/.bin/biome check --error-on-warnings
	node_modules/.bin/tsc
	$(PYTHON) manage.py check
	$(PYTHON) manage.py makemigrations --check --dry-run

mypy:
	@$(PYTHON) -m mypy $(CODE)

# Writes the lists of providers into README.md and docs/configuration.md.
provider-lists: install-dev
	@$(PYTHON) -m providers.kind_lists

fix: install-dev install-js-tools
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	$(DJADE)
	node_modules/.bin/biome check --write

# BENCH_ONLY=load, growth or pages measures only the load on a whole installation, one worker with up to 1,000 streams,
# or the pages in a browser.
bench: install-dev
	@$(PYTHON) -m tests.support.chromium
	@$(PYTHON) -m tests.bench

# The same loads on LiteLLM's proxy, which is installed for this in var/bench, load by load in turn.
bench-peers: install-dev
	@$(PYTHON) -m tests.bench --peers

# SOAK_MINUTES=30 makes the steady load last half an hour instead of two minutes.
chaos: install-dev
	@$(PYTHON) -m tests.chaos

# Screenshots for the README, from a running LLMSelect.
screenshots: install-dev
	@$(PYTHON) -m tests.support.chromium
	@$(PYTHON) -m tests.screenshots

# Pins for all platforms, and keeps the versions that are pinned already.
requirements: install-dev
	for name in requirements requirements-dev; do \
		.venv/bin/uv pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --no-emit-index-url \
			--custom-compile-command "make requirements" --output-file $$name.txt $$name.in || exit 1; \
	done
