# `make demo` and `make test` need Python 3.10 to 3.13 and nothing else. `make help` lists the targets.
PY ?= python3
BIN := .venv/bin
KATEX ?=
export OMP_NUM_THREADS ?= 1
export MPLBACKEND ?= agg
export PIP_DISABLE_PIP_VERSION_CHECK = 1
.PHONY: help demo test lint reproduce docs export readme clean

help:               ## this list
	@sed -n 's/^\([a-z]*\): .*## /  make \1: /p' Makefile

demo: .venv/demo    ## train on the digits, place label smoothing in the information plane
	$(BIN)/lsib demo --out out

test: .venv/dev     ## is lsib/ what the notebooks export? then every notebook as a test
	@echo '-- lsib/ and README.md against the notebooks'
	@rm -rf .venv/was && cp -R lsib .venv/was && $(BIN)/nbdev_export
	@diff -r -x __pycache__ .venv/was lsib || { echo 'lsib/ was stale. It is now exported afresh: commit it, then test again.'; exit 1; }
	@$(BIN)/python nbs/_readme.py --check
	@echo '-- every notebook, two at a time, each in a process of its own and within its budget of seconds'
	$(BIN)/python -m pytest nbs -v -n 2 --durations=0 --durations-min=1

lint: .venv/dev     ## style, unused names, likely bugs, types: nbs/ and lsib/
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python

reproduce: .venv/dev ## run one cell of every experiment afresh and compare it with the saved results: up to 20 minutes
	@NB_FLAGS=reproduce NB_BUDGET=900 $(BIN)/python -m pytest nbs/2[1-6]_*.ipynb -v -n 2 --durations=0 --durations-min=1

docs: .venv/dev     ## render the site into _docs/
	@echo '-- the site, from the outputs saved in the notebooks'
	$(BIN)/python nbs/_build.py $(KATEX)
	@echo 'Open _docs/index.html'

export: .venv/dev   ## notebooks -> lsib/, then clean the notebooks, then README.md
	$(BIN)/nbdev_export && $(BIN)/nbdev_clean && $(BIN)/python nbs/_readme.py

clean:              ## remove the environment and everything built
	rm -rf .venv _docs _proc _proc_sd out

.venv/demo: EXTRAS = experiments
.venv/dev: EXTRAS = experiments,dev
.venv/demo .venv/dev: constraints.txt settings.ini setup.py
	@$(PY) -c 'import sys; v = sys.version_info[:2]; (3, 10) <= v <= (3, 13) or sys.exit(f"Python {v[0]}.{v[1]} is not supported: use 3.10 to 3.13, as in: make $(@F) PY=python3.12")'
	@echo '-- setting up .venv with [$(EXTRAS)]: once, a few minutes (torch is the large download)'
	$(PY) -m venv .venv
	$(BIN)/python -m pip install -q -U pip
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[$(EXTRAS)]'
	@touch $@
