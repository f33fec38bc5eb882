# Needs python3 (3.11 to 3.13, with venv) and make; everything else is installed into .venv,
# pinned by hash. `make help` lists the targets.
#   make test PYTHON=python3.13 VENV=.venv-3.13     another interpreter, in an environment of its own

PYTHON ?= python3
VENV ?= .venv
BENCH_VENV ?= .venv-bench
BIN = $(VENV)/bin
PIP_INSTALL = -m pip install -qq --disable-pip-version-check

# An environment is up to date when it is younger than its lock.
RUNTIME = $(VENV)/.installed
DEV = $(VENV)/.installed-dev
# Each of the other graders has one of its own: what one brings in would slow the other down.
BENCH = $(patsubst %,$(BENCH_VENV)/%/.installed,nbgrader otter gradescope)

DEMO = .demo

.PHONY: help demo test test-slow lint verify bench docs lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1	\2/p' Makefile | expand -t 20

demo: $(RUNTIME) ## grade the sample class and write its report
	@# Exit status 1 says that some submissions have something to look at, as in any class.
	@$(BIN)/grader grade examples/class --results $(DEMO)/results || test $$? -eq 1
	@$(BIN)/grader report --results $(DEMO)/results --out $(DEMO)/report

test: $(DEV) ## run the tests
	@$(BIN)/python -m pytest -q -n 2 -m "not slow"

test-slow: $(DEV) ## run the tests that take minutes
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile -m slow

lint: $(DEV) ## style, types, layers, and generated files up to date
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/grader build --check
	@$(BIN)/python docs/generate.py --check

verify: $(RUNTIME) ## prove every exercise: reference, mistakes, mutants, alternatives
	@$(BIN)/grader verify

bench: $(DEV) $(BENCH) ## time the same job in this and in other graders; updates README.md
	@$(BIN)/python benchmarks/run.py --others $(BENCH_VENV)

docs: $(DEV) ## the documentation as a site, in build/docs
	@$(BIN)/sphinx-build -q -W --keep-going -c docs -b html . build/docs
	@echo "Site: build/docs/index.html"

lock: $(DEV) ## pin every dependency again; UPGRADE=--upgrade takes new versions
	@$(LOCK) pyproject.toml --extra instructor --group build -o requirements.lock
	@$(LOCK) pyproject.toml --extra dev --group build -c requirements.lock -o requirements-dev.lock
	@$(LOCK) benchmarks/nbgrader.in -o benchmarks/nbgrader.lock
	@$(LOCK) benchmarks/otter.in -o benchmarks/otter.lock
	@$(LOCK) benchmarks/gradescope.in -o benchmarks/gradescope.lock

LOCK = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes $(UPGRADE)

clean: ## remove environments, caches and the demo's output, but never .grader/, which holds the secret
	rm -rf $(VENV) $(BENCH_VENV) $(DEMO) build dist
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(RUNTIME): requirements.lock pyproject.toml
	@$(call environment,$(VENV))
	@$(call install,$(VENV),requirements.lock)
	@$(BIN)/python $(PIP_INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@$(call install,$(VENV),requirements-dev.lock)
	@touch $@

$(BENCH_VENV)/%/.installed: benchmarks/%.lock
	@$(call environment,$(BENCH_VENV)/$*)
	@$(call install,$(BENCH_VENV)/$*,$<)
	@touch $@

# $(call environment,DIR): a virtual environment with pip in DIR, unless there is one.
define environment
if ! $(1)/bin/python -m pip --version >/dev/null 2>&1; then \
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
		echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13. Name one that is: make PYTHON=python3.12" >&2; \
		exit 2; }; \
	$(PYTHON) -m venv $(1); \
fi
endef

# $(call install,DIR,LOCK): exactly what LOCK pins.
define install
echo "Installing $(2) into $(1) ..."; \
$(1)/bin/python $(PIP_INSTALL) --require-hashes --requirement $(2)
endef
