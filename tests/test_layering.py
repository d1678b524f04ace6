"""The shape of the code: what may import what, what may be used where, how long things may be."""

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rag

ORDER = (
    *("__init__", "types", "seams", "errors", "settings", "question"),
    *(
        "filtering",
        "documents",
        "tokens",
        "sentences",
        "headings",
        "chunking",
        "models",
        "index",
        "indexing",
    ),
    *(
        "proximity",
        "spelling",
        "retrieval",
        "reading",
        "confidence",
        "judging",
        "answering",
        "verifying",
    ),
    *("conversation", "engine", "collection", "library", "backup", "restore", "wire", "mcp"),
    *("evaluation", "server", "training", "cli", "__main__"),
)
"""As the data flows; a file imports only from above. Nothing but the command line is below
``training``, so nothing at serve time needs what training needs."""

EXPORTING = (
    "rag.models.reference",
    "rag.models.export",
    "rag.models.int8",
    "rag.models.reader_export",
    "rag.training",
)
HOMES = {
    "torch": EXPORTING,
    "sentence_transformers": EXPORTING,
    "transformers": EXPORTING,
    "faiss": ("rag.index",),
    "tantivy": ("rag.index",),
    "mcp": ("rag.mcp", "rag.server.mcp", "rag.cli.mcp"),
}
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb"}
LONGEST_FILE = 300
MOST_PARAMETERS = 7

Sources = Mapping[str, str]
"""Source by module name; a package stands for its ``__init__``."""


def module_name(file: Path, root: Path) -> str:
    parts = file.relative_to(root.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PACKAGE = Path(rag.__file__).parent
SOURCES = {
    module_name(file, PACKAGE): file.read_text(encoding="utf-8")
    for file in sorted(PACKAGE.rglob("*.py"))
}


def imported(source: str, sources: Sources) -> Iterator[str]:
    """Yield every module that a source imports, at top level or inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            named = (f"{origin}.{alias.name}" for alias in node.names)
            yield from (name if name in sources else origin for name in named)


def layer(module: str) -> str:
    return module.split(".")[1] if "." in module else "__init__"


def rank(module: str) -> int:
    return ORDER.index(layer(module)) if layer(module) in ORDER else len(ORDER)


def imports_from_below(sources: Sources) -> list[str]:
    return [
        f"{module} imports {name}"
        for module, source in sources.items()
        for name in imported(source, sources)
        if name.split(".")[0] == "rag" and rank(name) > rank(module)
    ]


def import_cycle(sources: Sources) -> list[str]:
    graph = {
        module: [name for name in imported(source, sources) if name in sources]
        for module, source in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return [" <- ".join(error.args[1])]
    return []


def relative_imports(sources: Sources) -> list[str]:
    return [
        f"{module} imports {name}"
        for module, source in sources.items()
        for name in imported(source, sources)
        if name.startswith(".")
    ]


def heavy_imports_away_from_home(sources: Sources) -> list[str]:
    return [
        f"{module} imports {name}"
        for module, source in sources.items()
        for name in imported(source, sources)
        for home in [HOMES.get(name.split(".")[0])]
        if home and not any(f"{module}.".startswith(f"{each}.") for each in home)
    ]


def uses_of_the_environment(sources: Sources) -> list[str]:
    return [
        f"{module}, line {node.lineno}"
        for module, source in sources.items()
        if module != "rag.settings"
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Attribute) and node.attr in ENVIRONMENT)
        or (isinstance(node, ast.ImportFrom) and ENVIRONMENT & {each.name for each in node.names})
    ]


def prints(sources: Sources) -> list[str]:
    return [
        f"{module}, line {node.lineno}"
        for module, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Name) and node.id == "print"
    ]


def long_files(sources: Sources) -> list[str]:
    lengths = {module: len(source.splitlines()) for module, source in sources.items()}
    return [f"{module}: {n} lines" for module, n in lengths.items() if n > LONGEST_FILE]


def long_signatures(sources: Sources) -> list[str]:
    return [
        f"{module}.{node.name}: {len(parameters)} parameters"
        for module, source in sources.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        for parameters in [[each for each in ast.walk(node.args) if isinstance(each, ast.arg)]]
        if len(parameters) > MOST_PARAMETERS
    ]


def test_the_order_names_every_part_of_the_package_and_no_other() -> None:
    assert {layer(module) for module in SOURCES} == set(ORDER)


def test_every_file_imports_only_from_above() -> None:
    assert imports_from_below(SOURCES) == []


def test_no_files_import_each_other_in_a_circle() -> None:
    assert import_cycle(SOURCES) == []


def test_imports_name_their_module_in_full() -> None:
    assert relative_imports(SOURCES) == []


def test_heavy_libraries_stay_at_home() -> None:
    assert heavy_imports_away_from_home(SOURCES) == []


def test_only_the_settings_read_the_environment() -> None:
    assert uses_of_the_environment(SOURCES) == []


def test_nothing_prints() -> None:
    assert prints(SOURCES) == []


def test_no_file_is_long() -> None:
    assert long_files(SOURCES) == []


def test_no_function_takes_many_parameters() -> None:
    assert long_signatures(SOURCES) == []


@pytest.mark.parametrize(
    "source",
    [
        "import rag.engine",
        "from rag import engine",
        "from rag.engine import Engine",
        "def late() -> None:\n    from rag.engine import Engine",
        "if TYPE_CHECKING:\n    from rag.engine import Engine",
    ],
)
def test_an_import_from_below_is_found(source: str) -> None:
    sources = {"rag.engine": "class Engine: ...", "rag.types": source}
    assert imports_from_below(sources) == ["rag.types imports rag.engine"]
    assert imports_from_below({"rag.types": "", "rag.engine": "from rag.types import Hit"}) == []


def test_training_may_be_imported_by_the_command_line_alone() -> None:
    source = "def fit() -> None:\n    from rag.training import sentences"
    assert imports_from_below({"rag.training.sentences": "", "rag.cli": source}) == []
    for module in ("rag.engine", "rag.evaluation.run", "rag.server.app"):
        found = imports_from_below({"rag.training.sentences": "", module: source})
        assert found == [f"{module} imports rag.training.sentences"]


def test_a_circle_within_a_package_is_found() -> None:
    circle = {
        "rag.index": "from rag.index.store import Index",
        "rag.index.store": "from rag.index import manifest",
        "rag.index.manifest": "def late() -> None:\n    from rag.index.store import Index",
    }
    (found,) = import_cycle(circle)
    assert set(found.split(" <- ")) == {"rag.index.store", "rag.index.manifest"}
    assert import_cycle(circle | {"rag.index.manifest": "import json"}) == []


def test_a_file_that_imports_from_its_own_package_is_found() -> None:
    sources = {"rag.index": "from rag.index.store import Index"}
    assert import_cycle(sources | {"rag.index.store": "from rag.index import Index"}) != []


def test_a_relative_import_is_found() -> None:
    assert relative_imports({"rag.engine": "from .types import Hit"}) == [
        "rag.engine imports .types"
    ]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rag.engine", "import torch"),
        ("rag.models.encoder", "def late() -> None:\n    import torch.onnx"),
        ("rag.models.exporting", "import torch"),
        ("rag.reading.sentences", "from sentence_transformers import SentenceTransformer"),
        ("rag.models.encoder", "from transformers.utils import logging"),
        ("rag.indexing", "import faiss"),
        ("rag.retrieval", "import tantivy as search"),
    ],
)
def test_a_heavy_library_away_from_home_is_found(module: str, source: str) -> None:
    assert len(heavy_imports_away_from_home({module: source})) == 1
    assert heavy_imports_away_from_home({"rag.models.export": "import torch, transformers"}) == []
    assert heavy_imports_away_from_home({"rag.index.vectors": "import faiss, tantivy"}) == []


@pytest.mark.parametrize(
    "source",
    ["os.environ['HOME']", "a = os.getenv('HOME')", "from os import environ", "os.environ |= {}"],
)
def test_a_use_of_the_environment_is_found(source: str) -> None:
    assert uses_of_the_environment({"rag.engine": source}) == ["rag.engine, line 1"]
    assert uses_of_the_environment({"rag.settings": source}) == []


def test_a_print_is_found() -> None:
    source = "console.print('shown')\nif True:\n    print('debug')"
    assert prints({"rag.engine": source}) == ["rag.engine, line 3"]


def test_a_long_file_is_found() -> None:
    assert long_files({"rag.engine": "pass\n" * 300}) == []
    assert long_files({"rag.engine": "pass\n" * 301}) == ["rag.engine: 301 lines"]


def test_a_long_signature_is_found() -> None:
    seven, eight = "a, /, b, *c, d, e, f, g", "self, a, b=1, *c, d, e, f, **g"
    source = f"class A:\n    def good({seven}): ...\n    async def bad({eight}): ...\n"
    assert long_signatures({"rag.engine": source}) == ["rag.engine.bad: 8 parameters"]
