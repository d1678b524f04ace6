# Two commands on a fresh machine: `make serve` and `make test`.
PORT ?= 8000
DATA ?= ../shared/data
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/ready
RUN := $(VENV)/bin

# What the shipped reader learned from, first, then, in other words too (Debian: wordnet-base), and
# at last, from training/questions.jsonl above all; a set named twice counts double.
WRITTEN := index/training/written/train
FIRST := squad-part squad2-part squad2-part squadshifts-new-wiki quoref qamr-a
THEN := squad-part squad2-part squad2-part squadshifts-new-wiki squadshifts-reddit quoref qamr-a \
	qamr-b timeqa-a
BESIDE := $(DATA)/train/squad2-part.json $(DATA)/train/squadshifts-new-wiki.json
WORDNET ?= /usr/share/wordnet

.PHONY: help serve test check eval reader format lock clean

help:
	@echo "make serve   set up, index seeds/ and serve on 127.0.0.1:$(PORT) (PORT= overrides)"
	@echo "make test    set up and run the whole test suite"
	@echo "make eval    the evaluation suite, on the article and the public sets below DATA="
	@echo "make reader  train the span reader on the sets below DATA= (nine hours on 2 cores)"
	@echo "make check   formatting, lint, types and the fast tests"

serve: $(READY)
	@$(RUN)/rag index --upgrade seeds
	@$(RUN)/rag serve --port $(PORT)

test: $(READY)
	@$(RUN)/python -m pytest

check: $(READY)
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy
	@$(RUN)/python -m pytest -m "not slow" -q

eval: $(READY)
	@$(RUN)/python -m eval.suite $(DATA)

reader: $(READY)
	@$(RUN)/rag train reader --resume --passes 2 --steps 3000 --out index/training/first \
		--start all-MiniLM-L6-v2 $(FIRST:%=--data $(DATA)/train/%.json)
	@$(RUN)/rag train reader --resume --passes 1 --steps 2700 --seed 1 --out index/training/second \
		--start index/training/first/model --wordnet $(WORDNET) $(THEN:%=--data $(DATA)/train/%.json)
	@$(RUN)/rag train average index/training/first/model index/training/second/model \
		--out index/training/two
	@$(RUN)/rag train reader --resume --passes 1 --steps 1060 --seed 2 --out index/training/third \
		--start index/training/two/model --wordnet $(WORDNET) $(THEN:%=--data $(DATA)/train/%.json)
	@$(RUN)/rag train average index/training/first/model index/training/second/model \
		index/training/third/model --out index/training/three
	@$(RUN)/python -m training.compose $(DATA) --out index/training/written
	@$(RUN)/rag train reader --resume --passes 1 --steps 2000 --seed 3 --out index/training/fourth \
		--start index/training/three/model --wordnet $(WORDNET) $(THEN:%=--data $(DATA)/train/%.json)
	@$(RUN)/rag train reader --resume --passes 2 --steps 1000 --seed 4 --out index/training/fifth \
		--start index/training/fourth/model --data $(WRITTEN)-1.json --data $(WRITTEN)-1.json $(BESIDE:%=--data %)
	@$(RUN)/rag train average index/training/three/model index/training/fifth/model \
		--out index/training/five
	@$(RUN)/rag train reader --resume --passes 2 --steps 800 --seed 5 --out index/training/sixth \
		--start index/training/five/model --data $(WRITTEN)-1.json --data $(WRITTEN)-1.json $(BESIDE:%=--data %)
	@$(RUN)/rag train reader --resume --passes 2 --steps 1200 --seed 6 --out index/training/seventh \
		--start index/training/sixth/model --data $(WRITTEN)-1.json --data $(WRITTEN)-2.json $(BESIDE:%=--data %)
	@$(RUN)/rag train average index/training/five/model index/training/sixth/model \
		index/training/seventh/model --out index/training/seven
	@$(RUN)/rag train reader --resume --passes 1 --steps 800 --seed 8 --out index/training/eighth \
		--start index/training/seven/model --data $(WRITTEN)-3.json --data $(DATA)/train/squad2-part.json
	@$(RUN)/rag train reader --resume --passes 1 --steps 700 --seed 9 --out index/training/ninth \
		--start index/training/eighth/model --data $(WRITTEN)-3.json $(BESIDE:%=--data %)
	@$(RUN)/rag train average index/training/seven/model index/training/eighth/model \
		index/training/ninth/model --out index/training/nine
	@$(RUN)/rag train reader --resume --passes 1 --steps 1500 --seed 10 --out index/training/tenth \
		--start index/training/nine/model --data $(WRITTEN)-1.json --data $(WRITTEN)-2.json \
		--data $(WRITTEN)-3.json $(BESIDE:%=--data %)
	@$(RUN)/rag train reader --resume --passes 1 --steps 700 --seed 11 --out index/training/eleventh \
		--start index/training/tenth/model --data $(WRITTEN)-4.json $(BESIDE:%=--data %)
	@$(RUN)/rag train average index/training/nine/model index/training/tenth/model \
		index/training/eleventh/model --out index/training/eleven
	@$(RUN)/rag train reader --resume --passes 1 --steps 1400 --seed 12 --out index/training/twelfth \
		--start index/training/eleven/model --data $(WRITTEN)-1.json --data $(WRITTEN)-2.json \
		--data $(WRITTEN)-3.json --data $(WRITTEN)-4.json $(BESIDE:%=--data %)
	@$(RUN)/rag train reader --resume --passes 1 --steps 900 --seed 13 --out index/training/thirteenth \
		--start index/training/twelfth/model --data $(WRITTEN)-5.json --data $(DATA)/train/squad2-part.json
	@$(RUN)/rag train average index/training/eleven/model index/training/twelfth/model \
		index/training/thirteenth/model --out index/training/thirteen
	@$(RUN)/rag train reader --resume --passes 1 --steps 900 --seed 14 --out index/training/fourteenth \
		--start index/training/thirteen/model --data $(WRITTEN)-1.json --data $(WRITTEN)-2.json \
		--data $(WRITTEN)-3.json --data $(WRITTEN)-4.json --data $(WRITTEN)-5.json \
		--data $(DATA)/train/squad2-part.json
	@$(RUN)/rag train reader --resume --passes 1 --steps 1000 --seed 15 --out index/training/fifteenth \
		--start index/training/fourteenth/model --data $(WRITTEN)-6.json --data $(DATA)/train/squad2-part.json
	@$(RUN)/rag train average index/training/thirteen/model index/training/fifteenth/model \
		--out index/training/fifteen
	@$(RUN)/rag train reader --resume --passes 1 --steps 1050 --seed 16 --out index/training/sixteenth \
		--start index/training/fifteen/model --data $(WRITTEN)-7.json --data $(WRITTEN)-7.json \
		--data $(WRITTEN)-6.json --data $(DATA)/train/squad2-part.json
	@$(RUN)/rag train average index/training/fifteen/model index/training/sixteenth/model \
		--out index/training/sixteen
	@RAG_READER=index/training/sixteen/reader $(RUN)/rag train calibrator \
		--gold $(DATA)/eval/squad2-public.json --out index/training/calibration.json

format: $(READY)
	@$(RUN)/ruff format .
	@$(RUN)/ruff check --fix .

# Torch goes first and by exact version: left to the resolver it brings gigabytes of CUDA.
$(READY): pyproject.toml constraints.txt
	@echo "Setting up $(VENV)/ from constraints.txt (once; a few minutes)"
	@test -x $(RUN)/python || $(PYTHON) -m venv $(VENV)
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check torch==2.13.0
	@$(RUN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $(READY)

# Write down the versions that are installed now, after a deliberate upgrade.
lock:
	@$(RUN)/python -m pip freeze --exclude-editable | grep -viE '^(pip|setuptools|uv|torch|nvidia-.*|triton)\b' > constraints.txt
	@echo "torch==2.13.0" >> constraints.txt

clean:
	rm -rf $(VENV) index/generations index/models index/CURRENT index/.published
