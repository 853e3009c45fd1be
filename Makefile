# `make demo` and `make test` set up what they need in .venv; CONTRIBUTING.md lists the other commands.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test quick slow site lint lock frontend clean

demo: $(READY)
	$(BIN)/python -m autograder.demo

test: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile -m "not slow"

# What to run at every change: judging, styles, reading, references, release; no browser, no execution of chapters.
quick: $(READY)
	$(BIN)/python -m pytest -n auto --dist loadfile -q -m "not slow and not browser and not sandbox" tests/test_judging.py \
		tests/test_relations.py tests/test_styles.py tests/test_reading.py tests/test_systems.py tests/test_verdicts.py \
		$(wildcard tests/test_solutions_*.py)

# What takes minutes each; .ci/run runs it too.
slow: $(READY)
	$(BIN)/python -m pytest -m slow

site: $(READY)
	$(BIN)/dlbook build

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	@if command -v npm > /dev/null; then \
		cd autograder/site/frontend && npm ci --silent --no-audit --no-fund && npm run lint --silent; \
	else echo "Node is not installed: the site's scripts are not checked (Debian, Ubuntu: apt-get install npm)"; fi

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(READY)

# Pins every package with its hashes, for all systems and Python versions that the project supports.
lock: $(READY)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python -m uv pip compile pyproject.toml --extra tests --extra build --universal --python-version 3.11 \
		--generate-hashes --no-header --no-annotate --no-emit-index-url --quiet --upgrade \
		--output-file requirements.lock

# Bundles the scripts of the live exercises into autograder/site/static/live; needs Node.
frontend:
	cd autograder/site/frontend && npm ci --silent --no-audit --no-fund && npm run build --silent

clean:
	rm -rf _build .venv
