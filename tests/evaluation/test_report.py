"""The report as a page: whole, safe, repeatable, and right about an evaluation made by hand."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from rag.evaluation.compare import Comparison, Delta
from rag.evaluation.definitions import DEFINITIONS, Group, grouped
from rag.evaluation.report import breakdown, plots
from rag.evaluation.report.page import number, rate, write_report
from rag.evaluation.report.table import table
from rag.evaluation.run import Evaluation
from rag.evaluation.scoring import Asked
from rag.evaluation.summary import Figure

Make = Callable[[Sequence[Asked]], Evaluation]

COMPARISON = Comparison(
    "baselines/<bridge>.json",
    (
        Delta("f1", 0.75, 0.5, -0.25, 0.0123, significant=True),
        Delta("hit@1", 0.5, 1.0, 0.5, 0.04, significant=True),
        Delta("decided", 0.25, 0.375, 0.125, 0.3, significant=False),
    ),
    ("f1",),
)
ALL_PLOTS = (
    plots.risk_coverage,
    plots.reliability,
    plots.latency,
    plots.attribution,
    plots.f1_by_type,
)


@pytest.fixture(scope="module")
def evaluation(asked: Sequence[Asked], make: Make) -> Evaluation:
    return make(asked)


def page(evaluation: Evaluation, folder: Path, comparison: Comparison | None = None) -> str:
    write_report(evaluation, comparison, folder)
    return (folder / "report.html").read_text(encoding="utf-8")


def section(html: str, name: str) -> str:
    found = re.search(f'<section id="{name}">.*?</section>', html, re.DOTALL)
    assert found, name
    return found[0]


def test_report_asks_for_nothing_outside_itself(evaluation: Evaluation, tmp_path: Path) -> None:
    html = page(evaluation, tmp_path, COMPARISON)
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]
    assert not re.search(r"https?:|//|@import|url\((?!#)|\b(?:src|srcset|action)=", html)
    assert re.findall(r'href="(?!#)', html) == []
    assert not re.search(r"<(?:script|link|iframe|object|img)|\son\w+=", html)


def test_report_escapes_every_text(evaluation: Evaluation, tmp_path: Path) -> None:
    html = page(evaluation, tmp_path, COMPARISON)
    assert "<h1>bridges &amp; &lt;more&gt;</h1>" in html
    assert "baselines/&lt;bridge&gt;.json" in html
    assert "What is &lt;b&gt;the cost&lt;/b&gt;?" in html
    assert "<mark>&lt;script&gt;</mark>alert(&#34;x&#34;)&lt;/script&gt;" in html
    assert "£4 million 🌉" in html
    assert r"\ud800?" in html
    assert "$who$ 🌉 (1)" in section(html, "plots")


def test_report_shows_every_figure_with_what_it_is(evaluation: Evaluation, tmp_path: Path) -> None:
    figures = section(page(evaluation, tmp_path), "figures")
    for name, found in evaluation.figures.items():
        row = re.search(f'<td class="name">{name}</td>.*', figures)
        assert row
        cells = re.findall(r"[\d.]+", re.sub("<[^>]*>", " ", row[0].partition("</td>")[2]))
        assert cells[0] == f"{found.value:.3f}"
        assert row[0].count(f"{found.low:.3f}–{found.high:.3f}") == 1
        assert f'<td class="n">{found.n}</td>' in row[0]
        assert DEFINITIONS[name].source in row[0]


def test_report_is_the_same_twice_and_timings_move_only_their_own(
    evaluation: Evaluation, tmp_path: Path
) -> None:
    first = page(evaluation, tmp_path / "a", COMPARISON)
    assert first == page(evaluation, tmp_path / "b", COMPARISON)
    later = tuple(
        replace(each, latency_ms={name: 3 * ms for name, ms in each.latency_ms.items()})
        for each in evaluation.scored
    )
    slower = page(replace(evaluation, scored=later, seconds=9.0), tmp_path / "c", COMPARISON)
    assert slower != first
    for name in ("figures", "comparison", "types", "failures", "misses"):
        assert section(slower, name) == section(first, name)


def test_report_heads_with_what_was_run(evaluation: Evaluation, tmp_path: Path) -> None:
    header = page(evaluation, tmp_path).partition("</header>")[0]
    facts = dict(re.findall(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", header))
    assert facts["Questions"] == "8, 3 of them unanswerable"
    assert facts["Failures"] == "2"
    assert "<code" in facts["Corpus"]
    assert facts["Corpus"].endswith(">0123456789ab</code>")
    assert facts["Seed"] == "0"
    assert facts["encoder"] == "<code>a “model”</code>"


def test_report_shows_latencies(evaluation: Evaluation, tmp_path: Path) -> None:
    shown = re.sub(r"<[^>]*>|\s+", " ", section(page(evaluation, tmp_path), "latency"))
    cells = shown.split()
    assert cells[cells.index("retrieve") + 1 :][:3] == ["2.0", "2.0", "2.0"]
    assert cells[cells.index("total") + 1] == "17.5"  # of 11, 13, 17, 18, 19, 19.5
    assert "4.0 questions a second" in " ".join(cells)


def test_report_shows_the_comparison(evaluation: Evaluation, tmp_path: Path) -> None:
    html = page(evaluation, tmp_path, COMPARISON)
    rows = re.findall(r"<tr><td.*?</tr>", section(html, "comparison"))
    texts = [re.sub("<[^>]*>", " ", row).split() for row in rows]
    assert texts == [
        ["f1", "0.750", "0.500", "-0.250", "0.0123", "fell"],
        ["hit@1", "0.500", "1.000", "+0.500", "0.0400", "rose"],
        ["decided", "0.250", "0.375", "+0.125", "0.3000"],
    ]
    assert "f1 fell." in html
    assert 'id="comparison"' not in page(evaluation, tmp_path)
    calm = page(evaluation, tmp_path, Comparison("before.json", (), ()))
    assert "nothing fell by more than chance" in calm
    assert "The two share no measure." in calm


def test_report_shows_the_ablation(evaluation: Evaluation, tmp_path: Path) -> None:
    helped = {"has_ans_f1": Figure(0.9, 0.8, 1.0, 5), "right": Figure(0.95, 0.9, 1.0, 5)}
    helped_once = replace(evaluation, ablation={"gold document": helped})
    conditions = breakdown.by_condition(helped_once)
    assert list(conditions) == ["end to end", "gold document"]
    # of q1, q2, q3 and the two that failed, q1 is right, and q3 in what it withheld
    assert conditions["end to end"]["has_ans_f1"].value == pytest.approx(1 / 5)
    assert conditions["end to end"]["right"].value == pytest.approx(2 / 5)
    assert conditions["end to end"]["right"].n == 5
    shown = section(page(helped_once, tmp_path), "ablation")
    row = re.search(r"<tr><td[^>]*>gold document.*?</tr>", shown, re.DOTALL)
    assert row
    assert re.sub("<[^>]*>", " ", row[0]).split() == [
        *("gold", "document", "0.900", "0.800–1.000", "0.950", "0.900–1.000", "5")
    ]
    assert breakdown.by_condition(evaluation) == {}
    assert breakdown.by_condition(replace(evaluation, ablation={"gold document": {}})) == {}


def test_report_lists_the_misses_worst_first(evaluation: Evaluation, tmp_path: Path) -> None:
    shown = section(page(evaluation, tmp_path), "misses")
    places = [shown.index(f"· {key}<") for key in ("q8", "q4", "q2", "q3")]
    assert places == sorted(places)
    assert "4 of 4, the most confident first" in shown
    assert "blame: reading" in shown


def test_report_lists_fifty_misses_and_failures(
    asked: Sequence[Asked], make: Make, tmp_path: Path
) -> None:
    failed = [replace(asked[5], gold=replace(asked[5].gold, id=f"e{n:02}")) for n in range(60)]
    assert "50 of 60." in section(page(make(failed), tmp_path), "failures")
    false = [replace(asked[3], gold=replace(asked[3].gold, id=f"f{n:02}")) for n in range(60)]
    shown = section(page(make(false), tmp_path), "misses")
    assert "50 of 60, " in shown
    assert shown.count("<article>") == 50


@pytest.mark.parametrize("kept", [[0], [0, 4], [5, 6], [3, 7], []])
def test_report_of_little(
    kept: list[int], asked: Sequence[Asked], make: Make, tmp_path: Path
) -> None:
    evaluation = make([asked[each] for each in kept])
    html = page(evaluation, tmp_path, COMPARISON)
    shown = re.sub("<[^>]*>", " ", html.partition("</style>")[2])
    assert not re.search(r"\b(?:nan|NaN|inf|None|Undefined)\b", shown)
    drawn = [bool(plot(evaluation)) for plot in ALL_PLOTS]
    is_any, is_timed = bool(kept), any(asked[each].answer for each in kept)
    assert drawn == [is_any, is_any, is_timed, bool(evaluation.blames), is_any]
    table(evaluation, None)


def test_report_says_what_there_is_none_of(
    asked: Sequence[Asked], make: Make, tmp_path: Path
) -> None:
    right = page(make([asked[0], asked[4]]), tmp_path)
    assert "No question was missed." in section(right, "misses")
    assert "No question was missed." in section(right, "plots")
    assert 'id="failures"' not in right
    assert "abstention_f1" not in page(make([asked[0]]), tmp_path)
    assert "No question was timed." in section(page(make([asked[5]]), tmp_path), "latency")
    nothing = page(make([]), tmp_path)
    assert "There was nothing to measure." in section(nothing, "figures")
    assert "There was nothing to measure." in section(nothing, "types")


def test_report_of_a_ranking(ranking_only: Evaluation, tmp_path: Path) -> None:
    html = page(ranking_only, tmp_path)
    assert "Only the ranking was measured." in section(html, "misses")
    assert [bool(plot(ranking_only)) for plot in ALL_PLOTS] == [False] * 5
    assert list(grouped(ranking_only.figures)) == [Group.RANKING]
    assert "unanswerable" not in html
    assert "0.500" in section(html, "types")


def test_report_has_no_nan(evaluation: Evaluation, tmp_path: Path) -> None:
    html = page(evaluation, tmp_path, COMPARISON)
    assert not re.search(r"\bnan\b", html.lower())
    assert [number(each) for each in (float("nan"), float("inf"), 0.0)] == ["–", "–", "0.000"]
    assert rate(replace(evaluation, seconds=0.0)) == 0.0
