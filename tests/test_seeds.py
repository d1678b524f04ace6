"""The documents that are indexed by default are what their record says."""

import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from rag.documents import find
from rag.types import Document

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
ORIGINAL = ROOT.parent / "shared" / "seeds" / "article.txt"


@pytest.fixture(scope="module")
def sources() -> Mapping[str, Mapping[str, Any]]:
    records = tomllib.loads((SEEDS / "SOURCES.toml").read_text(encoding="utf-8"))["source"]
    return {record["file"]: record for record in records}


@pytest.mark.skipif(not ORIGINAL.exists(), reason=f"the original is not here: {ORIGINAL}")
def test_the_article_is_the_original_byte_for_byte() -> None:
    assert (SEEDS / "article.txt").read_bytes() == ORIGINAL.read_bytes()


def test_the_article_has_the_recorded_hash_and_title(
    sources: Mapping[str, Mapping[str, Any]], article: Document
) -> None:
    data = (SEEDS / "article.txt").read_bytes()
    assert hashlib.sha256(data).hexdigest() == sources["article.txt"]["sha256"]
    assert article.sha256 == sources["article.txt"]["sha256"]
    assert article.title == sources["article.txt"]["title"]
    assert article.notes == ()


def test_every_seed_has_a_record_and_every_record_a_seed(
    sources: Mapping[str, Mapping[str, Any]],
) -> None:
    assert [document_id for document_id, _ in find(SEEDS)] == sorted(sources)


def test_every_record_says_where_the_seed_is_from(
    sources: Mapping[str, Mapping[str, Any]],
) -> None:
    for record in sources.values():
        assert {"file", "sha256", "title", "date", "outlet", "copyright"} <= record.keys()
