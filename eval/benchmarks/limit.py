"""Tells how near encoder and reader come to the rate at which this machine multiplies matrices.

    python -m eval.benchmarks.limit

The limit is the best rate that onnxruntime reaches at the models' own products, in fp32 and in
int8 as the reader has it, with one thread and with two. What the models need is counted from their
dimensions. Every time is the least of several, since whatever else the machine does only makes it
longer. Leaves limit.json, limit.md and limit.svg in --out.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import click
import matplotlib as mpl
import numpy as np
import onnx
import onnxruntime
from matplotlib.figure import Figure
from onnxruntime.quantization import QuantType, quantize_dynamic

from eval.benchmarks.environments import ROOT
from eval.benchmarks.machine import conditions, load_average
from rag.models.export import exported
from rag.models.session import Session
from rag.models.source import EMBEDDED, resolve
from rag.settings import load

_READER = Path(str(files("rag").joinpath("assets/reader")))
_OPSET = 17
_THREADS = (1, 2)


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What decides the work of a BERT encoder: layers, and how wide they and their middle are."""

    layers: int
    hidden: int
    intermediate: int

    @classmethod
    def of(cls, config: Path) -> "Dimensions":
        """Read them from a model's config.json."""
        given = json.loads(config.read_text(encoding="utf-8"))
        names = ("num_hidden_layers", "hidden_size", "intermediate_size")
        return cls(*(int(given[name]) for name in names))

    @property
    def products(self) -> tuple[tuple[int, int], ...]:
        """Return the shapes of the weights that tokens are multiplied with."""
        hidden, intermediate = self.hidden, self.intermediate
        return (hidden, hidden), (hidden, intermediate), (intermediate, hidden)


def multiply_adds(dimensions: Dimensions, length: int) -> int:
    """Return the multiply-adds of one text of ``length`` tokens, padding included.

    A layer (Vaswani et al. 2017): for each token four products of hidden x hidden (query, key,
    value, output) and two of hidden x intermediate; and for each pair of tokens hidden for the
    scores and hidden for their sums. Embeddings are looked up, and what is left (norms, softmax,
    GELU, the reader's two logits) is less than a hundredth.
    """
    hidden = dimensions.hidden
    weights = 4 * hidden * hidden + 2 * hidden * dimensions.intermediate
    return dimensions.layers * (length * weights + 2 * length * length * hidden)


@dataclass(frozen=True, slots=True)
class Effort:
    """What is measured, and how often."""

    batches: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    lengths: tuple[int, ...] = (32, 64, 128, 256)
    rows: tuple[int, ...] = (128, 256, 1024)
    times: int = 5


_QUICK = Effort(batches=(1,), lengths=(32,), rows=(32,), times=1)


@click.command()
@click.option("--quick", is_flag=True, help="One shape and one batch, once; no figures to keep.")
@click.option("--out", default=ROOT / "eval/benchmarks", type=click.Path(path_type=Path))
def main(out: Path, *, quick: bool) -> None:
    """Measure products and models, and tell the models' share of the limit."""
    effort = _QUICK if quick else Effort()
    source = resolve(EMBEDDED)
    dimensions = Dimensions.of(source.folder / "config.json")
    before = conditions(onnxruntime, np)
    with TemporaryDirectory() as folder:
        rates = list(_product_rates(dimensions, effort, Path(folder)))
    limits = {
        kind: {n: max(each["gops"] for each in rates if _is(each, kind, n)) for n in _THREADS}
        for kind in ("fp32", "int8")
    }
    encoder = exported(source, load().models_folder).graph
    models = {"encoder": (encoder, "fp32"), "reader": (_READER / "model.onnx", "int8")}
    result = {
        **before,
        "load_after": load_average(),
        "limit_gops": limits,
        "products": rates,
        "models": {
            name: {"kind": kind, "cells": list(_cells(weights, dimensions, effort, limits[kind]))}
            for name, (weights, kind) in models.items()
        },
    }
    out.mkdir(parents=True, exist_ok=True)
    (out / "limit.json").write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (out / "limit.md").write_text(table(result), encoding="utf-8")
    plot(result, out / "limit.svg")
    click.echo(table(result))


def _is(rate: Mapping[str, Any], kind: str, threads: int) -> bool:
    return bool(rate["kind"] == kind and rate["threads"] == threads)


def _product_rates(
    dimensions: Dimensions, effort: Effort, folder: Path
) -> Iterator[dict[str, Any]]:
    """Yield the rate of each product, in 10^9 operations a second, two to a multiply-add."""
    for (inner, columns), rows in product(dimensions.products, effort.rows):
        operations = 2 * rows * inner * columns
        left = np.random.default_rng(0).standard_normal((rows, inner), dtype=np.float32)
        shape = {"rows": rows, "inner": inner, "columns": columns}
        for kind, threads in product(("fp32", "int8"), _THREADS):
            session = Session(_product(folder, kind, inner, columns), threads)
            least = _least(session, {"left": left}, "product", 4 * effort.times)
            gops = round(operations / least / 1e9, 1)
            yield {"kind": kind, "threads": threads, **shape, "gops": gops}


def _product(folder: Path, kind: str, inner: int, columns: int) -> Path:
    """Write a graph of one product with weights, in int8 as ``rag`` quantises a reader."""
    file = folder / f"{kind}-{inner}-{columns}.onnx"
    if file.exists():
        return file
    weights = np.random.default_rng(1).standard_normal((inner, columns), dtype=np.float32)
    real = onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("MatMul", ["left", "weights"], ["product"], "MatMul")],
        "product",
        [onnx.helper.make_tensor_value_info("left", real, ["rows", inner])],
        [onnx.helper.make_tensor_value_info("product", real, ["rows", columns])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    opset = onnx.helper.make_opsetid("", _OPSET)
    model = onnx.helper.make_model(graph, opset_imports=[opset], ir_version=8)
    onnx.helper.set_model_props(model, {"onnx.infer": "onnxruntime.quant"})  # else it warns
    onnx.save(model, file)
    if kind == "int8":
        quantize_dynamic(file, file, per_channel=True, weight_type=QuantType.QInt8)
    return file


def _cells(
    weights: Path, dimensions: Dimensions, effort: Effort, limit: Mapping[int, float]
) -> Iterator[dict[str, Any]]:
    """Yield time, rate and share of the limit of each batch and length."""
    output = onnx.load(weights, load_external_data=False).graph.output[0].name
    for threads in _THREADS:
        session = Session(weights, threads)
        for batch, length in product(effort.batches, effort.lengths):
            ids = np.full((batch, length), 2000, dtype=np.int64)
            fed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
            fed["token_type_ids"] = np.zeros_like(ids)
            least = _least(session, fed, output, effort.times)
            gops = 2 * batch * multiply_adds(dimensions, length) / least / 1e9
            yield {
                "threads": threads,
                "batch": batch,
                "length": length,
                "ms": round(1e3 * least, 2),
                "gops": round(gops, 1),
                "share": round(gops / limit[threads], 3),
            }


def _least(session: Session, fed: Mapping[str, Any], output: str, times: int) -> float:
    """Return the least time of a run in seconds, after one that is not counted."""
    taken = []
    for _ in range(times + 1):
        started = perf_counter()
        session.run(fed, output)
        taken.append(perf_counter() - started)
    return min(taken[1:])


def table(result: Mapping[str, Any]) -> str:
    """Return limits and shares as Markdown."""
    lines = ["| limit, 10^9 operations/s | 1 thread | 2 threads |", "| --- | --- | --- |"]
    lines += [
        f"| {kind} | {rates[1]} | {rates[2]} |" for kind, rates in result["limit_gops"].items()
    ]
    for name, model in result["models"].items():
        for threads in _THREADS:
            cells = [each for each in model["cells"] if each["threads"] == threads]
            lines += ["", f"{name}, {model['kind']}, {threads} thread(s): share of the limit", ""]
            lines += _grid(cells)
    return "\n".join(lines) + "\n"


def _grid(cells: Sequence[Mapping[str, Any]]) -> list[str]:
    batches, lengths = ({each[key]: 0 for each in cells} for key in ("batch", "length"))
    share = {(each["batch"], each["length"]): each["share"] for each in cells}
    rows = [["batch", *(f"{length} tokens" for length in lengths)]]
    rows.append(["---"] * len(rows[0]))
    rows += [[str(b), *(f"{share[b, length]:.2f}" for length in lengths)] for b in batches]
    return [f"| {' | '.join(row)} |" for row in rows]


def plot(result: Mapping[str, Any], file: Path) -> None:
    """Draw the shares as heat maps."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "rag", "font.size": 9.0}):
        figure = Figure(figsize=(9, 6), layout="constrained")
        panels = list(product(result["models"].items(), _THREADS))
        for axes, ((name, model), threads) in zip(figure.subplots(2, 2).flat, panels, strict=True):
            cells = [each for each in model["cells"] if each["threads"] == threads]
            batches, lengths = ([*{each[key]: 0 for each in cells}] for key in ("batch", "length"))
            shares = np.array([each["share"] for each in cells]).reshape(len(batches), -1)
            axes.imshow(shares, vmin=0, vmax=1, cmap="Blues", aspect="auto")
            axes.set_xticks(range(len(lengths)), [f"{each}" for each in lengths])
            axes.set_yticks(range(len(batches)), [f"{each}" for each in batches])
            for (row, column), share in np.ndenumerate(shares):
                ink = "white" if share > 0.5 else "black"  # noqa: PLR2004
                axes.text(column, row, f"{share:.2f}", ha="center", va="center", color=ink)
            axes.set(xlabel="tokens", ylabel="batch")
            axes.set_title(f"{name}, {model['kind']}, {threads} thread(s)", loc="left")
        figure.savefig(file, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
