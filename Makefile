# `make demo` and `make test` need Python 3.10 to 3.13 and nothing else. `make help` lists the targets.
PY ?= python3
BIN := .venv/bin
FLAGS ?=
SIZE ?= test
SECONDS ?= 60
BUDGET ?= 540
export OMP_NUM_THREADS ?= 1
export MPLBACKEND ?= agg
export PIP_DISABLE_PIP_VERSION_CHECK = 1
.PHONY: help demo test lint test-site test-oldest fuzz reproduce run figures experiment gpu docs export readme clean

help:               ## this list
	@sed -n 's/^\([a-z-]*\): .*## /  make \1: /p' Makefile

demo: .venv/demo    ## train on the digits, place label smoothing in the information plane
	$(BIN)/lsib demo --out out

test: .venv/dev     ## is lsib/ what the notebooks export? then every notebook as a test
	@echo '-- lsib/, README.md and CONTRIBUTING.md against the notebooks'
	@rm -rf .venv/was && cp -R lsib .venv/was && $(BIN)/nbdev_export
	@diff -r -x __pycache__ .venv/was lsib || { echo 'lsib/ was stale. It is now exported afresh: commit it, then test again.'; exit 1; }
	@$(BIN)/python nbs/_readme.py --check
	@$(BIN)/python nbs/_uses.py
	@echo '-- style and types of nbs/ and lsib/'
	@$(MAKE) -s lint
	@echo '-- every notebook, two at a time, each in a process of its own and within its budget of seconds'
	$(BIN)/python -m pytest nbs tests -v -n 2 --maxschedchunk 1 --durations=0 --durations-min=1

lint: .venv/dev     ## style, unused names, likely bugs, types: nbs/ and lsib/
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python

test-site: .venv/dev ## the rendered site of `make docs` in a real browser
	$(BIN)/python -m pytest tests/browser.py tests/explorer.py -q

test-oldest: .venv/dev ## the lowest versions that settings.ini allows: do the commands and the chapters' code run?
	$(BIN)/python tests/oldest.py

fuzz: .venv/dev     ## random inputs to every function, damaged files to every reader: SECONDS=600
	LSIB_FUZZ=$(SECONDS) $(BIN)/python -m pytest tests/test_fuzz.py -q -s

reproduce: .venv/dev ## run one cell of every experiment afresh and compare it with the saved results: up to 20 minutes
	@NB_FLAGS=reproduce NB_BUDGET=900 $(BIN)/python -m pytest nbs/2[1-6]_*.ipynb -v -n 2 --durations=0 --durations-min=1

run: .venv/dev      ## run a notebook and keep its outputs: NB=11_models FLAGS=slow
	$(BIN)/python nbs/_run.py --flags='$(FLAGS)' $(NB)

figures: .venv/dev  ## run the notebooks whose code or tables have changed since they ran, and keep their outputs
	$(BIN)/python nbs/_run.py --stale

experiment: .venv/dev ## run an experiment with all its trials and keep its outputs: N=24 SIZE=test, cpu or gpu
	SIZE=$(SIZE) $(BIN)/python nbs/_run.py --flags='slow $(SIZE)' $(N)

gpu:                ## run the experiments' trials for BUDGET=540 seconds, with PY= as it is; the same again goes on
	$(PY) nbs/_gpu.py --budget $(BUDGET) --size $(if $(filter command line,$(origin SIZE)),$(SIZE),gpu)

docs: .venv/dev     ## render the site into _docs/
	@echo '-- the site, from the outputs saved in the notebooks'
	@$(BIN)/python nbs/_build.py
	@echo 'Open _docs/index.html'

export: .venv/dev   ## notebooks -> lsib/, then clean the notebooks, then README.md and CONTRIBUTING.md
	$(BIN)/nbdev_export && $(BIN)/nbdev_clean && $(BIN)/python nbs/_readme.py

clean:              ## remove the environment and everything built
	rm -rf .venv _docs _proc _proc_sd out

.venv/demo: EXTRAS = experiments
.venv/dev: EXTRAS = experiments,dev
.venv/demo .venv/dev: constraints.txt settings.ini setup.py .ci/environment.py
	@$(PY) .ci/environment.py $(EXTRAS)
	@touch $@
