# The one door. `make` alone prints what there is; every target sets up what it needs by itself.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
RUN := .venv/bin/python
READY := .venv/ready
# Builds where an engine answers, and prints which engine to use: docker or process.
BUILD := $(RUN) -m containers.build.image --or-process

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z%\/]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: doctor
doctor: ## Say what this machine lacks, and how to mend each thing
	@$(if $(wildcard $(READY)),$(RUN),$(PYTHON)) -m containers.build.doctor

.PHONY: engine
engine: ## Install and start Debian's Docker, as root on Debian or Ubuntu, where none answers
	@$(PYTHON) -m containers.build.engine

.PHONY: setup
setup: $(READY) ## Make .venv with the locked dependencies of this machine's side
$(READY): tests/requirements.txt
	@echo "setting up .venv (a minute or two the first time)"
	@test -x $(RUN) || $(PYTHON) -m venv .venv
	@$(RUN) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $<
	@touch $@

.PHONY: demo
demo: demo/claims ## From raw claims to an endpoint's answers: a training job, a model, an endpoint, a report

demo/%: $(READY) ## Others: make demo/salary, demo/insurance, demo/letters (an inference pipeline)
	@engine=$$($(BUILD) $$($(RUN) -m local_mode.demo --images $*)) && ENGINE=$$engine $(RUN) -m local_mode.demo $*

# build/ is also where jobs leave their files: a folder of an image's name there does not make it built.
.PHONY: FORCE
build/%: $(READY) FORCE ## Build an image and the base below it: make build/xgboost
	@$(RUN) -m containers.build.image $*

TRAIN ?=
VALIDATION ?=
CONTENT_TYPE ?=
HYPERPARAMETERS ?=
HOSTS ?= 1
OPTIONS ?=
train/%: $(READY) ## Run a training job: make train/xgboost TRAIN=train.csv HYPERPARAMETERS="num_round=50"
	@engine=$$($(BUILD) $*) && ENGINE=$$engine $(RUN) -m local_mode train $* --train "$(TRAIN)" \
	    --validation "$(VALIDATION)" --content-type "$(CONTENT_TYPE)" --hyperparameters '$(subst ','\'',$(HYPERPARAMETERS))' \
	    --hosts $(HOSTS) $(OPTIONS)

MODEL ?=
PORT ?= 8080
# serve/one+other is an inference pipeline; its models, where MODEL gives them, are joined by + as well.
serve/%: $(READY) ## Run an endpoint until Ctrl-C, with the newest job's model or: make serve/xgboost MODEL=model.tar.gz
	@engine=$$($(BUILD) $(subst +, ,$*)) && ENGINE=$$engine $(RUN) -m local_mode serve $* --model "$(MODEL)" --port $(PORT) $(OPTIONS)

DATA ?= -
ACCEPT ?=
invoke/%: $(READY) ## Send one body to the endpoint: make invoke/xgboost DATA=rows.csv ACCEPT=application/json
	@$(RUN) -m local_mode invoke "$(DATA)" --endpoint $(PORT) --accept "$(ACCEPT)" \
	    $(if $(CONTENT_TYPE),--content-type "$(CONTENT_TYPE)") $(OPTIONS)

new/%: $(READY) ## Make an algorithm of your own with its image, halves and tests: make new/churn-model
	@$(RUN) -m containers.build.scaffold $*

IMAGE ?=
.PHONY: check
check: $(READY) ## Check anybody's SageMaker image: make check IMAGE=repo:tag OPTIONS="--hyperparameters 'a=1 b=2'"
	@$(RUN) -m local_mode.conformance "$(IMAGE)" $(OPTIONS)

check/%: build/% ## Prove that an image keeps the contract: make check/xgboost
	@REQUIRE_ENGINE=1 $(RUN) -m pytest tests/images --image $*

shell/%: build/% ## Open a shell in an image: make shell/xgboost
	@$$($(RUN) -m containers.build.builder) run --rm --interactive --tty sagemaker-$*:$(VERSION) bash

# REQUIRE_ENGINE=1 makes a missing engine a failure instead of tests reported as not run.
export REQUIRE_ENGINE ?=
TESTS ?= tests
.PHONY: test test/unit
test: $(READY) ## Run every test; those in containers need an engine, and REQUIRE_ENGINE=1 insists on one
	@$(BUILD) >/dev/null
	@$(RUN) -m pytest $(TESTS)

test/unit: $(READY) ## Run the tests that need no engine
	@$(RUN) -m pytest -m "not engine" $(TESTS)

test/%: $(READY) ## Run the tests of one folder: make test/contract, make test/images, make test/sdk
	@$(if $(filter images sdk,$*),$(BUILD) >/dev/null)
	@$(RUN) -m pytest tests/$*

.PHONY: bench
bench: $(patsubst tests/bench/%,bench/%,$(basename $(wildcard tests/bench/*.py)) $(patsubst %/__main__.py,%,$(wildcard tests/bench/*/__main__.py))) ## Run every benchmark and print its ratios
bench/%: $(READY) ## Run one benchmark of tests/bench: make bench/training OPTIONS="--rows 100000"
	@$(RUN) -m tests.bench.$* $(OPTIONS)

.PHONY: fuzz
fuzz: $(READY) ## Fuzz the codecs and parsers, 10^6 inputs each: make fuzz OPTIONS="--seconds 60 csv json"
	@nice $(RUN) -m tests.fuzz $(OPTIONS)

MINUTES ?= 30
soak/%: build/% ## Load an endpoint fully, watch its memory: make soak/xgboost MINUTES=30
	@SOAK_SECONDS=$$(($(MINUTES) * 60)) REQUIRE_ENGINE=1 $(RUN) -m pytest -s tests/images/test_soak.py --image $*

.PHONY: lint
lint: $(READY) ## Check style, types and Dockerfiles
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@.venv/bin/hadolint containers/*/Dockerfile

.PHONY: lock
lock: $(READY) ## Lock every image's dependencies and the tests' with hashes, at their newest
	@$(RUN) -m containers.build.lock

lock/%: $(READY) ## Lock one image's dependencies, base's or the tests': make lock/xgboost
	@$(RUN) -m containers.build.lock $*

.PHONY: clean
clean: ## Remove what make made in this folder, jobs and their models too; images stay in the engine
	@rm -rf .venv .cache .mypy_cache .ruff_cache build
