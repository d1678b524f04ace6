"""Trains the span reader: an encoder with a head of two logits a token, in plain PyTorch.

Each window has one softmax over "no answer" and its tokens, for starts and for ends; where several
places answer, their probabilities add up (Clark and Gardner 2018, section 3.2). "No answer" stands
in every window's softmax, so that start + end - null is comparable across passages.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

from rag.evaluation.sets import Source
from rag.indexing import Progress
from rag.models.cache import seal
from rag.models.reader_export import export_reader
from rag.models.source import resolve
from rag.models.windows import NULL, Window, Windows, batches, padded
from rag.settings import Settings
from rag.training.checkpoints import Checkpoint
from rag.training.course import Course, Plan, prepare
from rag.training.examples import Example
from rag.training.rewording import Rewording
from rag.training.synonyms import Synonyms
from rag.training.unpacking import checkpoint

_BATCH = 32
_SORTED_TOGETHER = 64 * _BATCH
_AT_ONCE = 8
"""Windows of a batch that a CPU learns from at once: what they make fits its caches, and so takes
three fifths of the time that the whole batch does."""
_MULTIPLE = 32
"""Lengths are rounded up to it: bfloat16 products of odd lengths take half as long again."""
_PEAK = 1.5e-4
_WARM_UP = 0.06
_SAVED_EVERY = 200
_FAR = -1e4


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A window, and the tokens of it where a gold answer starts and ends, or ``NULL`` for none."""

    window: Window
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def make(
    settings: Settings,
    sources: Sequence[Source],
    plan: Plan,
    out: Path,
    progress: Progress,
    *,
    resume: bool,
) -> None:
    """Train a reader on questions, and leave what serves, in int8, in ``out/reader``.

    Raises:
        InvalidInput: ``resume``, and the checkpoint in ``out`` is of other questions or plans.
        InvalidGold: a file is neither SQuAD JSON nor gold of ours, or at odds with the documents.
        IndexUnusable: a gold file comes without a collection, and there is no index.
        ModelUnusable: there is no such reader, checkpoint or encoder to start from.
    """
    out.mkdir(parents=True, exist_ok=True)
    base = checkpoint(plan.start, out, "--start")
    reworded = Rewording(Synonyms.read(plan.wordnet)) if plan.wordnet else None
    asked, negatives = prepare(settings, sources, out, progress)
    torch.set_num_threads(settings.threads)  # what indexed before has left OpenMP with one
    train(Course(asked, negatives, plan, reworded), base, out, progress, resume=resume)
    export(out / "model", out / "reader")


def export(model: Path, out: Path) -> None:
    """Write the int8 graph of a checkpoint, its tokenizer and its card to a folder."""
    source = resolve(str(model), "reader")
    with TemporaryDirectory(dir=out.parent) as draft:
        facts = export_reader(source, Path(draft), in_int8=True)
        seal(Path(draft), source, facts)
        out.mkdir(exist_ok=True)
        for file in Path(draft).iterdir():
            file.replace(out / file.name)


def train(course: Course, base: Path, out: Path, progress: Progress, *, resume: bool) -> None:
    """Train from the encoder or reader in ``base``, and leave a checkpoint of it in ``out/model``.

    ``out/checkpoint.pt`` is written every 200 steps; with ``resume`` training goes on from it, to
    the weights that an unbroken run would have given. ``out/log.jsonl`` has the loss.
    """
    torch.manual_seed(course.plan.seed)
    model = AutoModelForQuestionAnswering.from_pretrained(
        base, attn_implementation="eager", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0
    )
    model.base_model.embeddings.requires_grad_(False)  # a third of the weights, and of the time
    device = _device()
    model.to(device).train()
    steps = list(islice(_steps(course, Windows(base / "tokenizer.json")), course.plan.steps))
    optimizer = torch.optim.AdamW(
        [weight for weight in model.parameters() if weight.requires_grad],
        _PEAK,
        weight_decay=0.01,
        fused=True,
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, len(steps)))
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    saved = Checkpoint(out / "checkpoint.pt", course.fingerprint, parts)
    done = saved.load() if resume else 0
    started, tokens = perf_counter(), 0
    with (out / "log.jsonl").open("a", encoding="utf-8") as log:
        for step, batch in enumerate(steps[done:], start=done + 1):
            loss = _learn(model, batch, device)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            tokens += sum(len(each.window.ids) for each in batch)
            rate = tokens / (perf_counter() - started)
            log.write(
                json.dumps({"step": step, "loss": round(loss, 4), "rate": round(rate)}) + "\n"
            )
            log.flush()
            progress("training", step, len(steps))
            if step % _SAVED_EVERY == 0:
                saved.save(step)
    saved.save(len(steps))
    model.save_pretrained(out / "model")
    AutoTokenizer.from_pretrained(base).save_pretrained(out / "model")


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _rate(step: int, steps: int) -> float:
    """Return the share of the peak learning rate: up in a line, then down in one to nothing."""
    warm = max(1, int(steps * _WARM_UP))
    return min((step + 1) / warm, max(0.0, (steps - step) / (steps - warm + 1)))


def _steps(course: Course, windows: Windows) -> Iterator[list[Labelled]]:
    """Yield the batches of all passes: windows of like length together, in random order."""
    for examples, random in course.passes():
        drawn = [each for one in examples for each in labelled(one, windows, random)]
        random.shuffle(drawn)
        for first in range(0, len(drawn), _SORTED_TOGETHER):
            chunk = drawn[first : first + _SORTED_TOGETHER]
            cut = list(batches([len(each.window.ids) for each in chunk], _BATCH))
            random.shuffle(cut)
            yield from ([chunk[place] for place in places] for places in cut)


def labelled(example: Example, windows: Windows, random: Random) -> list[Labelled]:
    """Return the windows of an example that hold an answer, and one at most of those that don't."""
    (cut,) = windows.cut(example.question, [example.text], [example.head])
    made = [_labelled(window, example) for window in cut]
    with_answer = [each for each in made if each.starts != (NULL,)]
    without = [each for each in made if each.starts == (NULL,)]
    random.shuffle(without)
    return with_answer + list(islice(without, 1))


def _labelled(window: Window, example: Example) -> Labelled:
    begins, ends = window.offsets[:, 0], window.offsets[:, 1]
    inside = [s for s in example.spans if begins[0] <= s.start and s.end <= ends[-1]]
    first = [window.first + int(np.searchsorted(ends, span.start, "right")) for span in inside]
    last = [window.first + int(np.searchsorted(begins, span.end, "left")) - 1 for span in inside]
    return Labelled(window, tuple(first) or (NULL,), tuple(last) or (NULL,))


def _learn(model: Any, batch: Sequence[Labelled], device: torch.device) -> float:
    """Add the gradient of one batch, and return its loss: the mean over its windows."""
    at_once = _AT_ONCE if device.type == "cpu" else len(batch)
    parts = [batch[first : first + at_once] for first in range(0, len(batch), at_once)]
    return sum(_learn_from(model, part, len(part) / len(batch), device) for part in parts)


def _learn_from(
    model: Any, windows: Sequence[Labelled], share: float, device: torch.device
) -> float:
    """Add the gradient of some windows' mean loss, times their share; return that product."""
    fed = padded([each.window for each in windows], model.config.pad_token_id, _MULTIPLE)
    inputs = {name: torch.from_numpy(values).to(device) for name, values in fed.items()}
    with torch.autocast(device.type, torch.bfloat16, enabled=_has_bfloat16(device)):
        output = model(**inputs)
    open_to = torch.zeros(inputs["input_ids"].shape, dtype=torch.bool)
    starts, ends = open_to.clone(), open_to.clone()
    for row, each in enumerate(windows):
        open_to[row, each.window.first : each.window.first + len(each.window.offsets)] = True
        open_to[row, NULL] = True
        starts[row, list(each.starts)] = True
        ends[row, list(each.ends)] = True
    both = _loss(output.start_logits, starts.to(device), open_to.to(device)) + _loss(
        output.end_logits, ends.to(device), open_to.to(device)
    )
    loss = share * both / 2
    loss.backward()  # type: ignore[no-untyped-call]
    return float(loss.detach())


def _loss(logits: Tensor, gold: Tensor, open_to: Tensor) -> Tensor:
    """Return the mean of -log(sum of the probabilities of the gold places)."""
    logits = logits.float()
    every = logits.masked_fill(~open_to, _FAR).logsumexp(dim=1)
    right = logits.masked_fill(~gold, _FAR).logsumexp(dim=1)
    return (every - right).mean()


def _has_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is fast there: it halves the time, with weights still kept in fp32."""
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()
