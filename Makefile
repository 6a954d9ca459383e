# make run      the whole system on this machine, no account needed (OFFLINE=1, PORT=8080)
# make test     format, lint, types, tests: what .ci/run runs
# make coverage what of the code the tests reach; twice as long
# make bench    the budgets, measured (WORKS=1000)
# make deploy   STAGE=prod [CONTACT=you@example.org]: into the AWS account at hand
# make clean    remove environments and local state

SHELL := /bin/sh
VENV  := .venv
CLOUD := .local/ministack
BIN   := $(VENV)/bin

ifndef PYTHON
PYTHON := $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' \
	2>/dev/null && echo "$$name" && break; done)
endif

.PHONY: help run test test-cloud test-gateway test-code coverage check format bench deploy clean \
	environment cloud-environment

help:
	@sed -n '1,6s/^# //p' Makefile

environment:
	@infra/local/environment.sh $(VENV) requirements-dev.txt "$(PYTHON)"

cloud-environment:
	@infra/local/environment.sh $(CLOUD) infra/local/requirements.txt "$(PYTHON)"

run: environment cloud-environment
	@OFFLINE="$(OFFLINE)" PORT="$(PORT)" CONTACT="$(CONTACT)" exec $(BIN)/python -m infra.local.run

# Three lanes: what runs in embedded clouds waits for most of its time. What each prints comes
# whole, where make knows how.
test: environment cloud-environment
	@$(MAKE) --no-print-directory -j3 $(if $(filter output-sync,$(.FEATURES)),-Otarget) \
		test-cloud test-gateway test-code

test-cloud: environment cloud-environment
	@$(BIN)/python -m pytest tests/test_local_cloud.py

# The application, deployed once into one embedded cloud, over HTTP.
test-gateway: environment cloud-environment
	@$(BIN)/python -m pytest -m gateway tests/gateway

test-code: check
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not gateway and not cloud"

# Apart from the tests, as tracing doubles the time of those that live in moto.
coverage: environment cloud-environment
	@$(BIN)/python -m pytest --cov --numprocesses 3 --dist worksteal -m "not gateway" \
		--ignore tests/test_source_answers.py

check: environment
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy --strict chalicelib

format: environment
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: environment cloud-environment
	@WORKS="$(WORKS)" $(BIN)/python -m infra.bench

deploy: environment
	@test -n "$(STAGE)" || { echo "Which stage? make deploy STAGE=prod CONTACT=you@example.org" >&2; exit 1; }
	@$(BIN)/python -m infra deploy --stage "$(STAGE)" --contact "$(CONTACT)"

clean:
	rm -rf $(VENV) .local .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
