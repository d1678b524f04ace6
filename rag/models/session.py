"""An ONNX graph, loaded to run on the CPU: the one home of onnxruntime at serve time."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rag.seams import Floats, Ints

os.putenv("ORT_DISABLE_TELEMETRY", "1")  # from 1.29 on, it reports its sessions to its makers
import onnxruntime  # native code, which reads that as it is loaded

_SLOWER = ["SkipLayerNormFusion"]
"""Rewritings of a graph that cost time where they should save it: see docs/performance.md."""

_SPINNING = "session.intra_op.allow_spinning"
"""Whether threads with nothing to do wait at full speed: they took the cores that others need."""
_ONLY_RUNNING = "session.force_spinning_stop"
"""… and end to do so with the run."""

_WEIGHTS = "session.optimized_model_external_initializers_file_name"


def rewrite(graph: Path) -> None:
    """Put in a graph's place what onnxruntime makes of it, with its weights in a file beside it.

    Weights of their own file are mapped where others are read and copied, so the encoder loads in a
    third of the time and takes 72 MB less; what is rewritten once need not be at each start. Only
    what gives the same on every processor is. What was beside the graph stays.
    """
    draft = graph.with_suffix(".draft")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    options.optimized_model_filepath = str(draft)
    options.add_session_config_entry(_WEIGHTS, f"{graph.stem}.weights")
    onnxruntime.InferenceSession(
        graph, options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
    )
    draft.replace(graph)


class Session:
    """Runs a graph whose inputs are of shape (batch, length). Safe to run from several threads."""

    def __init__(self, graph: Path | bytes, threads: int, *, spinning: bool = False) -> None:
        """Load a graph or its file; ``spinning`` threads wait at full speed while it runs."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry(_SPINNING, str(int(spinning)))
        options.add_session_config_entry(_ONLY_RUNNING, "1")
        self._session = onnxruntime.InferenceSession(
            graph,
            options,
            providers=["CPUExecutionProvider"],
            disabled_optimizers=_SLOWER,
        )
        self._inputs = [each.name for each in self._session.get_inputs()]

    def run(self, fed: Mapping[str, Ints], *outputs: str) -> list[Floats]:
        """Return the named outputs; of what is fed, the graph takes what it has inputs for."""
        found = self._session.run(outputs, {name: fed[name] for name in self._inputs})
        return [np.asarray(each, dtype=np.float32) for each in found]
