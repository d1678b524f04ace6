"""The one table of settings: name, type, default and help.

``rag.toml``, ``RAG_*`` environment variables, command-line flags, validation and
``docs/settings.md`` all come from it. Only this file reads the environment.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from rag.errors import InvalidSetting

PREFIX = "RAG_"
FILE = Path("rag.toml")
_ORIGIN = re.compile(r"https?://[^/\s,*]+")
_DEFAULTS_IN_WORDS = {"threads": "2, or 1 on one core"}
_INTRODUCTION = f"""\
# Settings

A setting is taken from the last of these places that gives it:

1. its default;
2. `{FILE}` in the working directory, where it is a key: `top_k = 8`;
3. the environment, where it is a variable: `{PREFIX}TOP_K=8`;
4. the command line, where it is a flag of the commands that heed it: `--top-k 8`.

An unknown name or a wrong value is refused, wherever it stands. `overlap_tokens` may be at most
half of `passage_tokens`.
"""


class Settings(BaseModel):
    """All settings; frozen once loaded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: Annotated[Path, Field(description="Folder of the index.")] = Path("index")
    models: Annotated[
        Path | None,
        Field(description="Folder of the exported models; unset: the folder models in `index`."),
    ] = None
    encoder: Annotated[
        str,
        Field(
            description="Sentence encoder: the embedded all-MiniLM-L6-v2, a local folder in "
            "sentence-transformers layout, or a hub name (fetched only if you name one)."
        ),
    ] = "all-MiniLM-L6-v2"
    reader: Annotated[
        str,
        Field(
            description="Span reader: the embedded rag-reader, or a Hugging Face extractive-QA "
            "checkpoint, by local folder or hub name (fetched only if you name one)."
        ),
    ] = "rag-reader"
    calibration: Annotated[
        Path | None,
        Field(
            description="File of a calibration that `rag train calibrator` fitted; unset: the one "
            "fitted for rag-reader."
        ),
    ] = None
    encoding: Annotated[
        str,
        Field(
            description="tiktoken encoding that counts passage_tokens: the embedded rag16k, or "
            "any other that tiktoken can load where you run."
        ),
    ] = "rag16k"
    passage_tokens: Annotated[
        int, Field(ge=16, le=4096, description="Longest passage, in tokens of `encoding`.")
    ] = 160
    overlap_tokens: Annotated[
        int,
        Field(ge=0, le=2048, description="Most tokens that neighbouring passages may share."),
    ] = 48
    compact_at: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Removed passages, as a share of those that live, from which the index is "
            "written anew without them.",
        ),
    ] = 0.2
    top_k: Annotated[
        int, Field(ge=1, le=100, description="Passages read (and returned) for a question.")
    ] = 5
    min_confidence: Annotated[
        float | None,
        Field(
            ge=0,
            le=1,
            description="Abstain below this confidence; unset: the one from which answers were "
            "right as often as `target_precision` asks.",
        ),
    ] = None
    target_precision: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            description="Share of the answers given that should be right, on the data "
            "of the calibration.",
        ),
    ] = 0.525
    host: Annotated[str, Field(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="Port; 0 takes a free one.")] = 8000
    cors_origins: Annotated[
        str | None,
        Field(
            description="Origins, with commas between them, whose pages may call the service from "
            "a browser, such as `https://example.org`; `*` for all; unset: none but its own."
        ),
    ] = None
    workers: Annotated[
        int,
        Field(
            ge=1,
            le=64,
            description="Processes that serve; each loads models of its own, over one index.",
        ),
    ] = 1
    max_waiting: Annotated[
        int,
        Field(
            ge=0,
            le=100_000,
            description="Questions that may wait for their turn in each worker; more are refused "
            "(503).",
        ),
    ] = 64
    deadline: Annotated[
        float,
        Field(gt=0, le=3600, description="Seconds that a question may wait for its turn."),
    ] = 10.0
    threads: Annotated[
        int,
        Field(
            ge=1,
            le=256,
            description="CPU threads for each model; where there are several `workers` and none is "
            "given, their share of the cores, if that is less.",
        ),
    ] = min(2, os.cpu_count() or 1)

    @field_validator("*", mode="before")
    @classmethod
    def _is_given(cls, value: Any) -> Any:
        if value == "" or isinstance(value, bool):
            raise PydanticCustomError("no_value", "it needs a value, or to be left out")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, value: str | None) -> str | None:
        for each in _listed(value):
            if each != "*" and not _ORIGIN.fullmatch(each):
                raise PydanticCustomError(
                    "no_origin", "an origin is scheme and host, as in https://example.org, no path"
                )
        return value

    @property
    def origins(self) -> list[str]:
        """Return the origins whose pages may call the service."""
        return _listed(self.cors_origins)

    @property
    def models_folder(self) -> Path:
        """Return where exported models are kept."""
        return self.models or self.index / "models"

    def share(self) -> "Settings":
        """Return the settings of one worker of several: unless told, they share the cores."""
        if "threads" in self.model_fields_set:
            return self
        each = max(1, (os.cpu_count() or 1) // self.workers)
        return self.model_copy(update={"threads": min(self.threads, each)})

    def apart(self, folder: Path) -> "Settings":
        """Return these settings over an index in another folder, with the same exported models."""
        return self.model_copy(update={"index": folder, "models": self.models_folder})


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    file: Path = FILE,
) -> Settings:
    """Merge the defaults, ``file`` if it exists, the environment and ``flags``, later ones winning.

    Raises:
        InvalidSetting: an unknown name or wrong value; the message says where it stands.
    """
    sources = {
        f"the file {file}": _from_file(file),
        "the environment": _from_environment(os.environ if environment is None else environment),
        "the command line": {k: v for k, v in (flags or {}).items() if v is not None},
    }
    merged: dict[str, Any] = {}
    for origin, values in sources.items():
        _validate(values, origin)
        merged |= values
    settings = _validate(merged, "the settings together")
    if settings.overlap_tokens * 2 > settings.passage_tokens:
        raise InvalidSetting(
            f"overlap_tokens is {settings.overlap_tokens}, over half of passage_tokens "
            f"({settings.passage_tokens}): lower it or allow longer passages."
        )
    return settings


def documentation() -> str:
    """Return ``docs/settings.md``: how settings are merged, and the table of them."""
    rows = [("Setting", "Environment variable", "Default", "What it does"), ("---",) * 4]
    for name, field in Settings.model_fields.items():
        default = "unset" if field.default is None else f"`{field.default}`"
        default = _DEFAULTS_IN_WORDS.get(name, default)
        rows.append((f"`{name}`", f"`{PREFIX}{name.upper()}`", default, field.description or ""))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{_INTRODUCTION}\n{table}\n"


def _listed(value: str | None) -> list[str]:
    return [each.strip() for each in (value or "").split(",") if each.strip()]


def _from_file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSetting(f"The file {file} cannot be read as TOML: {error}.") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(PREFIX).lower(): value
        for name, value in environment.items()
        if name.startswith(PREFIX)
    }


def _validate(values: Mapping[str, Any], origin: str) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            known = ", ".join(Settings.model_fields)
            raise InvalidSetting(f"Unknown setting {name!r} in {origin}. Known: {known}.") from None
        raise InvalidSetting(
            f"Setting {name!r} in {origin} is {first['input']!r}: {first['msg'].lower()}."
        ) from None
