"""Readers that were exported from checkpoints, held against transformers, and kept in a cache."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.engine import Engine
from rag.errors import ModelDamaged, ModelUnsupported
from rag.models import OnnxReader, load_encoder, load_reader, reader_export
from rag.models.reader import WindowLogits
from rag.models.source import EMBEDDED, resolve
from rag.settings import Settings
from rag.types import Alternative, Answer

TOLERANCE = 1e-4
LONGEST = 62
"""Tokens that the tiny model sees: its 64 positions, less 2 for models that count from 2."""

QUESTIONS = ("Who is it?", "Where?", "When and where did the leaders of the five countries meet?")
TEXTS = {
    "one word": "Tokyo",
    "one sentence": "Mr Toshihiro Kitamura spoke in Tokyo on 20 December.",
    "empty": "",
    "emoji": "👩‍👩‍👧‍👦🇯🇵🏴‍☠️ in Tokyo",
    "CJK": "東京は日本の首都です。中亚五国峰会在东京举行。",
    "CRLF": "one\r\ntwo\r\n\r\nthree",
    "several windows": "The summit was held in Tokyo, and Zoë spoke there at length. " * 20,
}


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of an extractive-QA model of random weights, with a real tokenizer."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny reader"
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
        initializer_range=0.3,
    )
    torch.manual_seed(0)
    BertForQuestionAnswering(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"):
        shutil.copy(resolve(EMBEDDED).folder / name, folder)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def tiny(checkpoint: Path, cache: Path) -> OnnxReader:
    return load_reader(str(checkpoint), cache, threads=1)


@pytest.fixture
def exports(models: Path, tmp_path: Path) -> Path:
    """A cache that has the embedded encoder, and may be written to."""
    export = models / f"{EMBEDDED}-{load_encoder(EMBEDDED, models, threads=1).fingerprint[:12]}"
    (tmp_path / "exports").mkdir()
    (tmp_path / "exports" / export.name).symlink_to(export, target_is_directory=True)
    return tmp_path / "exports"


@pytest.fixture
def sealed(tiny: OnnxReader, cache: Path, tmp_path: Path) -> Path:
    """A copy of what an export leaves, as training leaves it too, free to be altered."""
    (made,) = (cache / "readers").glob(f"*{tiny.fingerprint[:12]}")
    return shutil.copytree(made, tmp_path / "trained")


def by_transformers(checkpoint: Path, question: str, texts: list[str]) -> list[WindowLogits]:
    """Read texts as the documentation of transformers does: cut by its tokenizer, run in torch."""
    import torch
    from transformers import AutoModelForQuestionAnswering, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    model = AutoModelForQuestionAnswering.from_pretrained(checkpoint).eval()
    cut = tokenizer(
        [question] * len(texts),
        texts,
        truncation="only_second",
        max_length=LONGEST,
        stride=LONGEST * 3 // 8,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        padding=True,
        return_tensors="pt",
    )
    places, numbers = cut.pop("offset_mapping"), cut.pop("overflow_to_sample_mapping")
    with torch.no_grad():
        output: Any = model(**cut)
    made = []
    for row, number in enumerate(numbers.tolist()):
        inside = [each == 1 for each in cut.sequence_ids(row)]
        start, end = output.start_logits[row].numpy(), output.end_logits[row].numpy()
        null = float(start[0] + end[0])
        offsets = places[row].numpy()[inside]
        made.append(WindowLogits(number, offsets, start[inside], end[inside], null))
    return [each for each in made if len(each.offsets)]


def assert_same(
    found: list[WindowLogits], expected: list[WindowLogits], tolerance: float = 0.0
) -> None:
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.offsets, other.offsets)
        np.testing.assert_allclose(one.start, other.start, rtol=0, atol=tolerance)
        np.testing.assert_allclose(one.end, other.end, rtol=0, atol=tolerance)
        assert one.null == pytest.approx(other.null, rel=0, abs=2 * tolerance)


@pytest.mark.slow  # torch and transformers take seconds to import
class TestCheckpoints:
    @pytest.mark.parametrize("question", QUESTIONS)
    def test_the_logits_are_those_of_transformers(
        self, question: str, tiny: OnnxReader, checkpoint: Path
    ) -> None:
        texts = list(TEXTS.values())
        found = tiny.read(question, texts)
        assert_same(found, by_transformers(checkpoint, question, texts), TOLERANCE)
        assert max(each.start.max() - each.start.min() for each in found) > 1  # they do tell apart

    def test_texts_of_different_lengths_have_their_logits_in_their_order(
        self, tiny: OnnxReader, checkpoint: Path
    ) -> None:
        texts = [f"{'very ' * (17 * number % 90)}long text {number}" for number in range(12)]
        found = tiny.read("How long?", texts)
        assert [each.text for each in found] == sorted(each.text for each in found)
        assert_same(found, by_transformers(checkpoint, "How long?", texts), TOLERANCE)

    @pytest.mark.parametrize("question", ["Who?", "who " * 600])
    def test_windows_are_no_longer_than_the_model_can_see(
        self, question: str, tiny: OnnxReader
    ) -> None:
        asked = min(len(question.split()) + question.count("?"), LONGEST // 4)
        found = tiny.read(question, ["word " * 500])
        assert len(found) > 500 // LONGEST
        assert {len(each.offsets) for each in found[:-1]} == {LONGEST - asked - 3}

    def test_a_second_load_takes_the_export_from_the_cache(
        self, tiny: OnnxReader, checkpoint: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delattr(reader_export, "export_reader")
        again = load_reader(str(checkpoint), cache, threads=1)
        assert again.fingerprint == tiny.fingerprint == resolve(str(checkpoint)).fingerprint
        texts = list(TEXTS.values())
        assert_same(again.read("Who?", texts), tiny.read("Who?", texts))

    @pytest.mark.parametrize(
        "name", ["model.onnx", "model.weights", "tokenizer.json", "export.json"]
    )
    def test_a_damaged_export_is_made_anew(
        self, name: str, tiny: OnnxReader, checkpoint: Path, cache: Path, tmp_path: Path
    ) -> None:
        copy = shutil.copytree(cache, tmp_path / "cache")
        (damaged,) = copy.rglob(f"{checkpoint.name}*/{name}")
        os.truncate(damaged, damaged.stat().st_size // 2)
        mended = load_reader(str(checkpoint), copy, threads=1)
        assert_same(mended.read("Who?", ["It is Zoë."]), tiny.read("Who?", ["It is Zoë."]), 1e-6)
        assert [file.name for file in damaged.parent.parent.iterdir()] == [damaged.parent.name]
        assert {each.name for each in damaged.parent.iterdir()} == {
            *("model.onnx", "model.weights", "tokenizer.json", "export.json")
        }

    def test_one_checkpoint_may_be_both_encoder_and_reader(
        self, tiny: OnnxReader, checkpoint: Path, tmp_path: Path
    ) -> None:
        encoder = load_encoder(str(checkpoint), tmp_path, threads=1)
        reader = load_reader(str(checkpoint), tmp_path, threads=1)
        assert encoder.encode(["Zoë"]).shape == (1, 32)
        assert_same(reader.read("Who?", ["It is Zoë."]), tiny.read("Who?", ["It is Zoë."]), 1e-6)

    def test_an_encoder_is_refused_even_where_it_lies_exported_as_one(self, exports: Path) -> None:
        with pytest.raises(ModelUnsupported) as refused:
            load_reader(EMBEDDED, exports, threads=1)
        assert str(refused.value) == (
            f"{EMBEDDED} is no extractive-QA checkpoint (its config.json names ['BertModel']): "
            "name one, or leave the setting 'reader' at its default."
        )
        assert list((exports / "readers").iterdir()) == []

    def test_a_folder_that_only_looks_like_a_model_is_refused(self, tmp_path: Path) -> None:
        config = '{"model_type": "bert", "architectures": ["BertForQuestionAnswering"]}'
        (tmp_path / "config.json").write_text(config, encoding="utf-8")
        (tmp_path / "model.safetensors").write_bytes(b"no weights")
        with pytest.raises(ModelUnsupported, match=r"cannot be exported .* name a BERT-like model"):
            load_reader(str(tmp_path), tmp_path / "cache", threads=1)

    def test_what_was_exported_serves_from_any_folder(
        self, sealed: Path, tiny: OnnxReader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HOME", str(tmp_path))
        for name in (str(sealed), "~/trained"):
            reader = load_reader(name, tmp_path / "unused", threads=1)
            assert reader.fingerprint == tiny.fingerprint
            assert_same(reader.read("Who?", ["It is Zoë."]), tiny.read("Who?", ["It is Zoë."]))
        assert not (tmp_path / "unused").exists()

    @pytest.mark.parametrize("name", ["model.onnx", "model.weights", "tokenizer.json"])
    def test_a_trained_reader_with_one_byte_altered_is_refused(
        self, name: str, sealed: Path
    ) -> None:
        content = bytearray((sealed / name).read_bytes())
        content[len(content) // 2] ^= 1
        (sealed / name).write_bytes(content)
        with pytest.raises(ModelDamaged, match=r"train it again, or name .* setting 'reader'"):
            load_reader(str(sealed), sealed / "cache", threads=1)

    @pytest.mark.parametrize("card", ["", "{}", "[]", '{"facts": {}}'])
    def test_a_trained_reader_with_another_card_is_refused(self, card: str, sealed: Path) -> None:
        (sealed / "export.json").write_text(card, encoding="utf-8")
        with pytest.raises(ModelDamaged, match=r"train it again, or name .* setting 'reader'"):
            load_reader(str(sealed), sealed / "cache", threads=1)

    def test_the_export_of_an_encoder_is_no_reader(self, exports: Path) -> None:
        (encoder,) = exports.iterdir()
        with pytest.raises(ModelDamaged, match="holds no reader"):
            load_reader(str(encoder), exports, threads=1)

    def test_an_engine_answers_with_the_reader_that_is_named(
        self, checkpoint: Path, settings: Settings, exports: Path
    ) -> None:
        named = settings.model_copy(update={"reader": str(checkpoint), "models": exports})
        engine = Engine.open(named)
        for question in ("Who is the press secretary of Japan?", "What is it all about?"):
            given = engine.ask(question, min_confidence=0.0)
            withheld = engine.ask(question, min_confidence=1.0)
            assert not given.abstained
            assert withheld.abstained
            assert withheld.reason is not None
            assert withheld.alternatives[0].answer == given.answer
            assert_exact(given, engine)
            assert_exact(withheld, engine)


def assert_exact(answer: Answer, engine: Engine) -> None:
    """Hold every citation against its document."""
    given = [] if answer.answer is None else [Alternative(answer.answer, 1, answer.citations)]
    for each in [*given, *answer.alternatives]:
        (citation,) = each.citations
        text = engine.document(citation.document_id).text
        assert each.answer == citation.quote == text[citation.start : citation.end] != ""
