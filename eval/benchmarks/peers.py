r"""Measures this project beside others: the same passages, encoder, reader weights and questions.

    python -m eval.benchmarks.peers ../shared/data/eval/squad2-public.json \
        --news ../shared/data/text/bbc_news.jsonl.gz

All read with the weights that this project ships in int8: the others, and this project once more,
in fp32, from a checkpoint in Hugging Face layout that is made of them. Each system runs in an
environment of its own below --cache, made by pip the first time. They take turns, in blocks, so
that what else the machine does falls on all alike; figures are medians. A system that fails is
reported as failing. Leaves peers.json, peers.md and peers.svg in --out.
"""

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from eval.benchmarks import corpus
from eval.benchmarks.comparing import write
from eval.benchmarks.contest import QUICK, Contest, Effort
from eval.benchmarks.environments import OURS, PEERS, ROOT, Peer, environment, here
from eval.benchmarks.machine import conditions, load_average
from eval.benchmarks.running import Contestant
from eval.benchmarks.scoring import Sheet
from eval.benchmarks.systems.protocol import Config
from rag.models.source import EMBEDDED, resolve
from rag.settings import load
from rag.training.unpacking import unpack

_READ = 5


@click.command()
@click.argument("gold", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, path_type=Path, resolve_path=True),
    help="Reader in Hugging Face layout for all but rag; unset: the one that rag ships.",
)
@click.option("--news", type=click.Path(exists=True, path_type=Path), help="To index; unset: GOLD.")
@click.option("--systems", multiple=True, type=click.Choice([each.name for each in PEERS]))
@click.option("--questions", default=300, show_default=True, help="As many of GOLD, drawn.")
@click.option("--threads", default=2, show_default=True)
@click.option(
    "--quick", is_flag=True, help="A little of all, ours in this environment; no figures."
)
@click.option("--cache", default="index/peers", show_default=True, type=click.Path(path_type=Path))
@click.option("--out", default=ROOT / "eval/benchmarks", type=click.Path(path_type=Path))
def main(
    gold: Path,
    checkpoint: Path | None,
    news: Path | None,
    cache: Path,
    out: Path,
    **options: Any,
) -> None:
    """Measure the systems on questions of GOLD."""
    effort = QUICK if options["quick"] else Effort(options["questions"])
    chosen = [each for each in PEERS if each.name in options["systems"] or not options["systems"]]
    work = cache.resolve() / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "eval").symlink_to(ROOT / "eval")  # all of this project that others get to see
    texts, questions, load = corpus.asked(gold, effort.questions)
    texts.write(work, "asked")
    (corpus.news(news, effort.articles) if news else texts).write(work, "news")
    reader = checkpoint or unpack(cache.resolve() / "reader")
    given = Config("", str(resolve(EMBEDDED).folder), str(reader), options["threads"], _READ)
    sheets = [_sheet(each, given, cache.resolve(), quick=options["quick"]) for each in chosen]
    before = conditions()
    Contest(questions, load, effort, work).run(sheets)
    first = sheets[0].quality(questions, texts)
    result = {
        **before,
        "load_after": load_average(),
        "threads": given.threads,
        "questions": len(questions),
        "passages": len(texts.passages),
        "passages_read": _READ,
        "systems": {each.peer.name: each.result(questions, texts, first) for each in sheets},
    }
    click.echo(write(result, out))


def _sheet(peer: Peer, given: Config, cache: Path, *, quick: bool) -> Sheet:
    """Return a sheet with a system that is ready, or with why it is not."""
    click.echo(f"environment: {peer.name}", err=True)
    try:
        is_here = quick and peer.requirements == OURS.requirements
        place = here() if is_here else environment(peer, cache / "environments")
    except subprocess.CalledProcessError as error:
        return Sheet(peer, failures=[f"pip could not install it: {error.stderr[-500:]}"])
    work = cache / "work"
    folder = work / peer.name.replace(" ", "-")
    folder.mkdir()
    models = load().models_folder.resolve()
    config = replace(given, folder=str(folder / "asked"))
    within = work if peer.given else ROOT
    return Sheet(peer, Contestant(peer, place, config, within, models, folder / "log.txt"))


if __name__ == "__main__":
    main()
