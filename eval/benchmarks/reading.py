"""Times reading the top 5 passages: the weights that serve against the same weights in torch.

    python -m eval.benchmarks.reading ../shared/data/eval/squad2-public.json

All variants read the same passages of the same questions in turn, so that what else the machine
does falls on all of them alike. The medians, and their ratios to torch, go to
eval/benchmarks/reading.json.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import click
import numpy as np
import onnxruntime
import torch
from transformers import AutoModelForQuestionAnswering

from eval.benchmarks.machine import conditions
from rag.cli.show import progress_bar
from rag.evaluation.sets import Source, opened
from rag.evaluation.subject import InProcess
from rag.models.reader import ExportedReader, OnnxReader
from rag.models.reader_export import export_reader
from rag.models.source import resolve
from rag.models.windows import NULL, Windows, batches, padded
from rag.settings import load
from rag.training.unpacking import unpack

HERE = Path(__file__).parent
_THREADS = 2
_BATCH = 4
_READ = 5

Read = Callable[[str, Sequence[str]], object]


@click.command()
@click.argument("gold", type=click.Path(path_type=Path))
@click.option("--questions", default=100, show_default=True)
def main(gold: Path, questions: int) -> None:
    """Time each variant on QUESTIONS questions of GOLD, their best 5 passages read."""
    torch.set_num_threads(_THREADS)
    before = conditions(torch, onnxruntime)
    source = Source(gold, limit=questions)
    with progress_bar() as progress, opened(load(), source, 0, progress) as (subject, asked, _):
        assert isinstance(subject, InProcess)
        work = [
            (each.question, [hit.passage.text for hit in subject.engine.search(each.question)])
            for each in asked
        ]
        with TemporaryDirectory() as folder:
            variants = _variants(unpack(Path(folder) / "reader"), Path(folder))
            times = _timed(variants, work, progress)
    medians = {name: round(1e3 * median(of), 1) for name, of in times.items()}
    result = {
        **before,
        "threads": _THREADS,
        "questions": len(work),
        "passages_read": _READ,
        "median_ms": medians,
        "times_as_fast_as_torch": {
            name: round(medians["torch"] / value, 2) for name, value in medians.items()
        },
    }
    text = json.dumps(result, indent=2)
    (HERE / "reading.json").write_text(text + "\n", encoding="utf-8")
    click.echo(text)


def _variants(checkpoint: Path, folder: Path) -> dict[str, Read]:
    source = resolve(str(checkpoint), "reader")
    variants: dict[str, Read] = {"torch": _torch(checkpoint)}
    for name in ("onnx fp32", "onnx int8"):
        made = folder / name
        made.mkdir()
        facts = export_reader(source, made, in_int8=name.endswith("int8"))
        exported = ExportedReader(made, source.fingerprint, **facts)
        variants[name] = OnnxReader(exported, _THREADS).read
    return variants


def _torch(checkpoint: Path) -> Read:
    """Read with torch as well as it can be done simply: no gradients, batches of like length."""
    model = AutoModelForQuestionAnswering.from_pretrained(checkpoint).eval()
    windows = Windows(checkpoint / "tokenizer.json")

    def read(question: str, texts: Sequence[str]) -> list[float]:
        cut = [window for of in windows.cut(question, texts) for window in of]
        nulls: list[float] = []
        for places in batches([len(window.ids) for window in cut], _BATCH):
            fed = padded([cut[place] for place in places], model.config.pad_token_id)
            with torch.inference_mode():
                output = model(**{name: torch.from_numpy(values) for name, values in fed.items()})
            nulls += np.asarray(output.start_logits[:, NULL]).tolist()
        return nulls

    return read


def _timed(
    variants: dict[str, Read], work: Sequence[tuple[str, list[str]]], progress: Callable[..., None]
) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in variants}
    for read in variants.values():
        read(*work[0])
    for done, (question, texts) in enumerate(work, start=1):
        for name, read in variants.items():
            started = perf_counter()
            read(question, texts)
            times[name].append(perf_counter() - started)
        progress("timing", done, len(work))
    return times


if __name__ == "__main__":
    main()
