# make demo    set up .venv and run the pipeline on synthetic scenes
# make test    set up .venv and run the tests
# make lint    ruff, mypy, the layers, the MATLAB files
# make wheel   build dist/*.whl
# make clean   remove what was built (.venv stays)
#
# The only needs are Python 3.10-3.13 and git. Another Python: make demo PYTHON=/path/to/python3.12

usable = python$(1) -c 'import ctypes, ensurepip, ssl' 2>/dev/null && echo python$(1)
PYTHON ?= $(or $(firstword $(foreach v,3.13 3.12 3.11 3.10,$(shell $(call usable,$(v))))),python3)
VENV ?= .venv
WORKERS ?= 2
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq
MATLAB_FILES = $(shell git ls-files --cached --others --exclude-standard 'matlab/*.m')

.PHONY: demo test lint wheel clean

demo: $(VENV)/.installed
	$(BIN)/python -m pycalfin demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# mypy does not follow an editable install to the folder that bears another name.
	@mkdir -p build/mypy && ln -sfn ../../bridge build/mypy/calfin_bridge
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(if $(MATLAB_FILES),$(BIN)/mh_lint --brief $(MATLAB_FILES))
	@# mh_style refuses every tab, and ISSM indents with tabs: it sees a copy without them.
	@rm -rf build/lint; for file in $(MATLAB_FILES); do \
		mkdir -p "build/lint/$${file%/*}" && expand -t 4 "$$file" > "build/lint/$$file"; done
	$(if $(MATLAB_FILES),$(BIN)/mh_style --brief build/lint)

wheel: $(VENV)/.wheel
	rm -rf build
	$(BIN)/python -m build --outdir dist .

clean:
	rm -rf build dist pycalfin.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis pycalfin_demo

# One stamp per set of packages, renewed when the metadata changes.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v <= (3, 13) else \
	"pycalfin needs Python 3.10-3.13, found %d.%d; run make with PYTHON=/path/to/python" % v)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: setup.cfg pyproject.toml | $(BIN)/python
	@echo "Installing pycalfin and what it needs into $(VENV) (0.9 GB, about a minute) ..."
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.installed
	@echo "Installing what the tests need, TensorFlow among it (3.0 GB in all) ..."
	$(PIP) --editable '.[test]'
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(PIP) --editable '.[lint]'
	@touch $@

$(VENV)/.wheel: $(VENV)/.installed
	$(PIP) 'build>=1.2'
	@touch $@

# Everything at once, by uv, whose processor time is a quarter of pip's; by pip where uv fails.
# TensorFlow is named first: its newest release decides on the others', as with pip.
# Nothing is compiled before it is imported.
$(VENV)/.dev: setup.cfg pyproject.toml | $(BIN)/python
	{ $(PIP) --no-compile uv && $(BIN)/uv pip install --quiet --python $(BIN)/python \
		tensorflow --editable '.[dev]'; } || $(PIP) --no-compile --editable '.[dev]'
	@touch $(VENV)/.installed $(VENV)/.test $(VENV)/.lint $(VENV)/.wheel $@
