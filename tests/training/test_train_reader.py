"""Training a reader: it learns, goes on where it was broken off, and leaves what serves."""

import json
import shutil
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from rag.cli import main
from rag.engine import Engine, index
from rag.errors import InvalidGold, InvalidInput
from rag.evaluation.gold import read_gold
from rag.evaluation.sets import Source
from rag.models import load_reader
from rag.models.source import EMBEDDED, resolve
from rag.models.windows import NULL, Windows
from rag.settings import Settings
from rag.training.course import Course, Plan, prepare
from rag.training.examples import Example
from rag.types import Document, Span
from tests.quiet import quiet

pytestmark = pytest.mark.slow  # torch and transformers take seconds to import

GOLD = Path(__file__).parents[2] / "eval" / "gold" / "article.jsonl"
TOKENIZER = resolve(EMBEDDED).folder / "tokenizer.json"
WORDS = """
Ada Bea Carl Dora Emil Finn Gerd Hilda Ivo Jan Kurt Lena Mia Nils Olga Paul Rosa Sam
Lyon Rome Oslo Bonn Graz Bern Kiel Metz Nice Pisa Bath York Cork Split Riga Ghent
goats pears books clocks boats bells hats maps coins drums roses bricks shoes
"""
NAMES, PLACES, THINGS = (line.split() for line in WORDS.strip().splitlines())


class InterruptedTraining(Exception):
    """Stands for a machine that is switched off."""


def paragraph(number: int) -> tuple[str, list[tuple[str, str]]]:
    """Return a text of four sentences, and two questions with their answers."""
    rows = [
        (NAMES[(number + i) % 18], PLACES[(3 * number + i) % 16], THINGS[(5 * number + i) % 13])
        for i in range(3)
    ]
    told = [f"{who} lived in {where} for years and sold {what} there." for who, where, what in rows]
    text = f"{' '.join(told)} Nobody else in the valley had anything at all to tell of it."
    (who, where, _), (other, _, what) = rows[:2]
    return text, [(f"Where did {who} live?", where), (f"What did {other} sell?", what)]


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQuAD file of 40 questions on 20 paragraphs."""
    paragraphs = []
    for number in range(20):
        text, asked = paragraph(number)
        qas = [
            {
                "id": f"{number}-{place}",
                "question": question,
                "answers": [{"text": answer, "answer_start": text.index(answer)}],
            }
            for place, (question, answer) in enumerate(asked)
        ]
        paragraphs.append({"context": text, "qas": qas})
    file = tmp_path_factory.mktemp("questions") / "questions.json"
    content = {"data": [{"title": "the valley", "paragraphs": paragraphs}]}
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder of random weights, in the layout of the embedded one."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("encoders") / "tiny"
    embedded = resolve(EMBEDDED).folder
    shutil.copytree(embedded, folder, ignore=shutil.ignore_patterns("*.safetensors", "*.md"))
    config = BertConfig.from_pretrained(
        embedded, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128
    )
    torch.manual_seed(0)
    BertModel(config).save_pretrained(folder)
    pooling = folder / "1_Pooling" / "config.json"
    facts = {**json.loads(pooling.read_text("utf-8")), "word_embedding_dimension": 64}
    pooling.write_text(json.dumps(facts), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tiny(encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with the tiny encoder, over an index yet to be made."""
    return Settings(index=tmp_path_factory.mktemp("tiny") / "index", encoder=str(encoder))


@pytest.fixture(scope="module")
def trained(tiny: Settings, questions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``make`` leaves after it learned the questions by heart."""
    from rag.training import reader

    out = tmp_path_factory.mktemp("trained") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reader, "_PEAK", 3e-3)  # so small a model takes larger steps
        plan = Plan(60, None, 0, start=tiny.encoder)
        reader.make(tiny, [Source(questions)], plan, out, quiet, resume=False)
    return out


def log(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text("utf-8").splitlines()]


def course(count: int, plan: Plan) -> Course:
    """Return a course of the questions themselves, on so many paragraphs, without negatives."""
    made = []
    for text, asked in map(paragraph, range(count)):
        for question, answer in asked:
            start = text.index(answer)
            made.append(Example(question, text, (Span(start, start + len(answer)),)))
    return Course(tuple(made), (), plan)


def weights(out: Path) -> bytes:
    return (out / "model" / "model.safetensors").read_bytes()


class TestWhatIsMade:
    def test_the_loss_falls_on_what_can_be_learned_by_heart(self, trained: Path) -> None:
        losses = [row["loss"] for row in log(trained)]
        assert np.mean(losses[-10:]) < np.mean(losses[:3]) / 10

    def test_what_serves_in_int8_gives_the_answers_learned(
        self, trained: Path, tmp_path: Path
    ) -> None:
        reader = load_reader(str(trained / "reader"), tmp_path / "unused", threads=1)
        assert not (tmp_path / "unused").exists()
        assert reader.fingerprint == resolve(str(trained / "model")).fingerprint
        right = []
        for text, asked in map(paragraph, range(20)):
            for question, answer in asked:
                (found,) = reader.read(question, [text])
                start, end = int(found.start.argmax()), int(found.end.argmax())
                span = slice(found.offsets[start, 0], found.offsets[end, 1])
                right.append(text[span] == answer)
                assert found.start[start] + found.end[end] > found.null
        assert np.mean(right) >= 0.9

    def test_the_checkpoint_can_be_named_as_reader_too(self, trained: Path, tmp_path: Path) -> None:
        whole = load_reader(str(trained / "model"), tmp_path, threads=1)
        small = load_reader(str(trained / "reader"), tmp_path, threads=1)
        text, ((question, _), _) = paragraph(0)
        (one,), (other,) = whole.read(question, [text]), small.read(question, [text])
        assert np.abs(one.start - other.start).max() > 0  # int8 is not fp32 ...
        assert one.start.argmax() == other.start.argmax()  # ... but says the same
        small_weights = trained / "reader" / "model.weights"
        assert small_weights.stat().st_size < len(weights(trained)) / 3

    def test_an_engine_opens_with_it_and_cites_exactly(
        self, trained: Path, tiny: Settings, tmp_path: Path
    ) -> None:
        text, ((question, answer), _) = paragraph(0)
        (tmp_path / "valley.txt").write_text(text, encoding="utf-8")
        named = tiny.model_copy(update={"reader": str(trained / "reader")})
        index(named, [tmp_path / "valley.txt"], quiet)
        given = Engine.open(named).ask(question, min_confidence=0.0)
        (citation,) = given.citations
        assert given.answer == citation.quote == text[citation.start : citation.end] == answer

    def test_the_same_questions_give_the_same_weights(
        self, trained: Path, encoder: Path, tmp_path: Path
    ) -> None:
        from rag.training.reader import train

        seeds = {"a": 0, "b": 0, "c": 1}
        made = {}
        for name, seed in seeds.items():
            (tmp_path / name).mkdir()
            lesson = course(3, Plan(2, None, seed))
            train(lesson, encoder, tmp_path / name, quiet, resume=False)
            made[name] = weights(tmp_path / name)
        assert made["a"] == made["b"]
        assert made["a"] != made["c"]
        assert len(made["a"]) == len(weights(trained))


@pytest.mark.parametrize("broken_off", [3, 5, 6])
def test_training_goes_on_to_the_weights_of_an_unbroken_run(
    broken_off: int, encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag.training import reader

    monkeypatch.setattr(reader, "_SAVED_EVERY", 2)
    monkeypatch.setattr(reader, "_BATCH", 4)
    lesson = course(6, Plan(4, 8, 0))

    def interrupt(_stage: str, done: int, _total: int) -> None:
        if done == broken_off:
            raise InterruptedTraining

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for out in (whole, parts):
        out.mkdir()
    reader.train(lesson, encoder, whole, quiet, resume=True)  # from nothing, for there is nothing
    with pytest.raises(InterruptedTraining):
        reader.train(lesson, encoder, parts, interrupt, resume=False)
    reader.train(lesson, encoder, parts, quiet, resume=True)
    assert weights(parts) == weights(whole)
    assert [row["step"] for row in log(whole)] == [*range(1, 9)]
    again = (broken_off - 1) // 2 * 2 + 1  # the step after the last that was saved
    assert [row["step"] for row in log(parts)] == [*range(1, broken_off + 1), *range(again, 9)]
    losses = {row["step"]: row["loss"] for row in log(whole)}
    assert all(row["loss"] == losses[row["step"]] for row in log(parts))


def test_a_training_that_is_done_is_not_done_again(encoder: Path, tmp_path: Path) -> None:
    from rag.training.reader import train

    lesson = course(3, Plan(2, None, 0))
    train(lesson, encoder, tmp_path, quiet, resume=False)
    before, steps = weights(tmp_path), len(log(tmp_path))
    train(lesson, encoder, tmp_path, quiet, resume=True)
    assert weights(tmp_path) == before
    assert len(log(tmp_path)) == steps


def test_a_training_goes_on_with_its_own_questions_and_plan_only(
    encoder: Path, tmp_path: Path
) -> None:
    from rag.training.reader import train

    train(course(3, Plan(2, None, 0)), encoder, tmp_path, quiet, resume=False)
    before = weights(tmp_path)
    for other in (course(4, Plan(2, None, 0)), course(3, Plan(2, None, 1))):
        with pytest.raises(InvalidInput, match="leave out --resume"):
            train(other, encoder, tmp_path, quiet, resume=True)
    assert weights(tmp_path) == before


def test_answers_are_labelled_at_their_tokens_in_every_window_that_holds_them(
    article: Document,
) -> None:
    from rag.training.reader import labelled

    windows, draw = Windows(TOKENIZER), Random(0)  # no secret
    for asked in read_gold(GOLD, {article.id: article}):
        example = Example(asked.question, article.text, asked.spans)
        made = labelled(example, windows, draw)
        found = set()
        for each in made:
            offsets, first = each.window.offsets, each.window.first
            for start, end in zip(each.starts, each.ends, strict=True):
                if start != NULL:
                    found.add(Span(int(offsets[start - first, 0]), int(offsets[end - first, 1])))
        assert found == set(asked.spans)
        assert sum(each.starts == each.ends == (NULL,) for each in made) == 1
        assert made[-1].starts == (NULL,)


def test_negatives_are_kept_and_taken_from_there_the_next_time(
    tiny: Settings, questions: Path, tmp_path: Path
) -> None:
    asked, negatives = prepare(tiny, [Source(questions)], tmp_path, quiet)
    assert len(asked) == 40
    assert {each.kind for each in negatives} >= {"without_the_sentence", "changed"}
    assert not any(each.spans for each in negatives)
    (tmp_path / "negatives.jsonl").write_text("", encoding="utf-8")  # what nobody would make
    assert prepare(tiny, [Source(questions)], tmp_path, quiet) == (asked, ())


def test_other_questions_are_prepared_anew_in_the_same_folder(
    tiny: Settings, questions: Path, tmp_path: Path
) -> None:
    for sources in ([Source(questions)], [Source(questions)] * 2):
        asked, negatives = prepare(tiny, sources, tmp_path, quiet)
        assert len(asked) == 40 * len(sources)
    content = json.loads(questions.read_text("utf-8"))
    del content["data"][0]["paragraphs"][10:]
    half = tmp_path / questions.name
    half.write_text(json.dumps(content), encoding="utf-8")
    fewer, made = prepare(tiny, [Source(half)], tmp_path, quiet)
    assert fewer == asked[:20]
    assert {each.text for each in made} < {each.text for each in negatives}


def test_a_file_given_twice_counts_double_and_each_pass_has_its_turn_of_negatives(
    tiny: Settings, questions: Path, tmp_path: Path
) -> None:
    asked, negatives = prepare(tiny, [Source(questions)] * 2, tmp_path, quiet)
    assert len(asked) == 80
    passes = [examples for examples, _ in Course(asked, negatives, Plan(3, None, 0)).passes()]
    assert all(examples[:80] == list(asked) for examples in passes)
    turns = [each for examples in passes for each in examples[80:]]
    assert sorted(map(repr, turns)) == sorted(map(repr, negatives))


def test_short_texts_are_learned_from_but_make_no_negatives(tiny: Settings, tmp_path: Path) -> None:
    question = {"id": "1", "question": "Who?", "answers": [{"text": "Zoë", "answer_start": 6}]}
    data = {"data": [{"title": "t", "paragraphs": [{"context": "It is Zoë.", "qas": [question]}]}]}
    (tmp_path / "short.json").write_text(json.dumps(data), encoding="utf-8")
    asked, negatives = prepare(tiny, [Source(tmp_path / "short.json")], tmp_path, quiet)
    assert asked == (Example("Who?", "It is Zoë.", (Span(6, 9),)),)
    assert negatives == ()


def test_a_file_that_is_not_squad_is_refused(tiny: Settings, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"rows": []}', encoding="utf-8")
    with pytest.raises(InvalidGold, match=r"other\.json"):
        prepare(tiny, [Source(tmp_path / "other.json")], tmp_path, quiet)


def test_the_command_leaves_a_checkpoint_and_a_reader(
    encoder: Path, tiny: Settings, questions: Path, tmp_path: Path
) -> None:
    flags = ["--data", questions, "--out", tmp_path / "out", "--steps", 1, "--passes", 1]
    settings = ["--encoder", encoder, "--start", encoder, "--index", tiny.index]
    ran = CliRunner().invoke(main, ["train", "reader", *map(str, [*flags, *settings])])
    assert ran.exit_code == 0, ran.output
    assert ran.output.endswith(f"wrote {tmp_path}/out/model and {tmp_path}/out/reader\n")
    assert len(log(tmp_path / "out")) == 1
    (found,) = load_reader(str(tmp_path / "out" / "reader"), tmp_path, threads=1).read("A?", ["b"])
    assert np.isfinite([*found.start, *found.end, found.null]).all()
