"""One table of settings: which place wins, what is refused, and the page that lists them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from rag.errors import InvalidSetting
from rag.settings import Settings, documentation, load

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
NOWHERE = Path("no such folder/rag.toml")
REGENERATE = (
    """.venv/bin/python -c "from rag.settings import documentation; """
    """print(documentation(), end='')" > docs/settings.md"""
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rag.toml"


def refusal(
    *,
    file: Path = NOWHERE,
    environment: dict[str, str] | None = None,
    flags: dict[str, object] | None = None,
) -> str:
    with pytest.raises(InvalidSetting) as caught:
        load(flags, environment=environment or {}, file=file)
    return str(caught.value)


def test_without_any_source_the_defaults_hold() -> None:
    settings = load(environment={}, file=NOWHERE)
    assert settings == Settings()
    assert (settings.index, settings.encoder) == (Path("index"), "all-MiniLM-L6-v2")
    assert (settings.passage_tokens, settings.overlap_tokens, settings.top_k) == (160, 48, 5)
    assert (settings.host, settings.port, settings.min_confidence) == ("127.0.0.1", 8000, None)
    assert 1 <= settings.threads <= 2


def test_each_source_wins_over_those_before_it(file: Path) -> None:
    file.write_text("top_k = 2\nport = 2\nhost = 'two'\n")
    environment = {"RAG_PORT": "3", "RAG_HOST": "three"}
    settings = load({"host": "four"}, environment=environment, file=file)
    assert (settings.passage_tokens, settings.top_k) == (160, 2)
    assert (settings.port, settings.host) == (3, "four")


def test_a_flag_that_was_not_given_leaves_the_others_their_say(file: Path) -> None:
    file.write_text("port = 2")
    settings = load({"port": None, "top_k": None}, environment={"RAG_TOP_K": "3"}, file=file)
    assert (settings.port, settings.top_k) == (2, 3)


def test_the_environment_of_the_process_is_read_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAG_TOP_K", "7")
    assert load(file=NOWHERE).top_k == 7


def test_the_file_is_looked_for_in_the_working_directory(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("index = 'elsewhere'")
    monkeypatch.chdir(file.parent)
    assert load(environment={}).index == Path("elsewhere")


def test_variables_of_other_programs_are_passed_over() -> None:
    environment = {"PATH": "/bin", "RAGTIME": "1", "top_k": "9", "X_RAG_TOP_K": "9"}
    assert load(environment=environment, file=NOWHERE) == Settings()


def test_exported_models_lie_in_the_index_unless_a_folder_is_named() -> None:
    assert Settings(index=Path("a")).models_folder == Path("a/models")
    assert Settings(index=Path("a"), models=Path("b")).models_folder == Path("b")


def test_an_unknown_name_is_refused_with_its_origin_and_the_known_ones(file: Path) -> None:
    file.write_text("topk = 5")
    in_file = refusal(file=file)
    assert f"Unknown setting 'topk' in the file {file}." in in_file
    assert "Known: index, " in in_file
    assert "top_k" in in_file
    assert "Unknown setting 'prot' in the environment." in refusal(environment={"RAG_PROT": "1"})
    assert "Unknown setting 'prot' in the command line." in refusal(flags={"prot": 1})


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("top_k", "0", "greater than or equal to 1"),
        ("top_k", "101", "less than or equal to 100"),
        ("top_k", "five", "valid integer"),
        ("top_k", "2.5", "valid integer"),
        ("port", "65536", "less than or equal to 65535"),
        ("passage_tokens", "15", "greater than or equal to 16"),
        ("overlap_tokens", "-1", "greater than or equal to 0"),
        ("min_confidence", "1.1", "less than or equal to 1"),
        ("min_confidence", "-0.1", "greater than or equal to 0"),
        ("min_confidence", "nan", "less than or equal to 1"),
        ("threads", "0", "greater than or equal to 1"),
        ("index", "", "needs a value"),
        ("encoder", "", "needs a value"),
        ("min_confidence", "", "needs a value"),
    ],
)
def test_a_wrong_value_is_refused_with_name_origin_and_reason(
    name: str, value: str, complaint: str
) -> None:
    message = refusal(environment={f"RAG_{name.upper()}": value})
    assert message.startswith(f"Setting {name!r} in the environment is {value!r}: ")
    assert complaint in message
    assert f"Setting {name!r} in the command line is {value!r}: " in refusal(flags={name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", "true"), ("index", "3"), ("top_k", "[5]"), ("host", "1979-05-27")],
)
def test_a_value_of_another_type_is_refused(file: Path, name: str, value: str) -> None:
    file.write_text(f"{name} = {value}")
    assert f"Setting {name!r} in the file {file} is " in refusal(file=file)


@pytest.mark.parametrize("content", [b"top_k = ", b"= 5", b"\xff\xfe", b"[" * 100])
def test_a_file_that_is_no_toml_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert f"The file {file} cannot be read as TOML: " in refusal(file=file)


def test_a_wrong_value_is_refused_even_where_a_later_source_wins(file: Path) -> None:
    file.write_text("top_k = 0")
    assert "'top_k' in the file" in refusal(file=file, flags={"top_k": 5})


def test_the_overlap_may_be_half_a_passage_and_no_more(file: Path) -> None:
    file.write_text("passage_tokens = 64")
    assert load({"overlap_tokens": 32}, environment={}, file=file).overlap_tokens == 32
    message = refusal(file=file, environment={"RAG_OVERLAP_TOKENS": "33"})
    assert "overlap_tokens is 33, over half of passage_tokens (64)" in message


def test_workers_share_the_cores_unless_threads_are_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    default = Settings().threads
    shares = {workers: Settings(workers=workers).share().threads for workers in (2, 4, 8)}
    assert shares == {2: default, 4: 1, 8: 1}
    assert Settings(workers=8, threads=3).share().threads == 3


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "top_k": st.integers(1, 100),
            "port": st.integers(0, 65535),
            "passage_tokens": st.integers(96, 4096),
            "min_confidence": st.floats(0, 1),
            "encoder": st.text("abc /-.", min_size=1),
        },
    )
)
def test_a_setting_means_the_same_as_a_flag_and_as_a_variable(values: dict[str, object]) -> None:
    environment = {f"RAG_{name.upper()}": str(value) for name, value in values.items()}
    by_variable = load(environment=environment, file=NOWHERE)
    assert by_variable == load(values, environment={}, file=NOWHERE)
    assert by_variable.model_dump() == Settings().model_dump() | values


def test_the_page_of_settings_is_that_of_the_table() -> None:
    page = PAGE.read_bytes()
    assert page == documentation().encode(), f"docs/settings.md is out of date; run: {REGENERATE}"


def test_the_page_lists_every_setting_with_its_variable_default_and_help() -> None:
    rows = [line for line in documentation().splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]
    assert [row[0] for row in cells] == [f"`{name}`" for name in Settings.model_fields]
    assert [row[1] for row in cells] == [f"`RAG_{each.upper()}`" for each in Settings.model_fields]
    assert all(len(row) == 4 and row[2] and row[3].endswith(".") for row in cells)


def test_the_page_is_the_same_on_every_machine() -> None:
    assert "| `threads` | `RAG_THREADS` | 2, or 1 on one core |" in documentation()
