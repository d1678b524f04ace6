"""What the figures of a benchmark hang on: the day, the machine, its load; memory of processes."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any


def conditions(*libraries: ModuleType) -> dict[str, Any]:
    """Return the date, the machine, its load over the last minute, and the versions that run."""
    versions = {each.__name__: each.__version__ for each in libraries}
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {_processor()}",
        "load": load_average(),
        "versions": {**versions, "python": platform.python_version()},
    }


def load_average() -> float:
    """Return how many tasks ran or waited to, on average over the last minute."""
    return os.getloadavg()[0]


def memory(kind: str = "VmRSS", process: int | str = "self") -> float:
    """Return the memory of a process in megabytes: VmRSS now, VmHWM at its peak.

    One that has ended, and that nobody waited for yet, holds none.
    """
    lines = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    found = (int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(kind))
    return next(found, 0.0)


def peak_mb(process: int) -> float | None:
    """Return the peak of a process and its children in megabytes; None where Linux is not."""
    try:
        own = memory("VmHWM", process)
        tasks = Path(f"/proc/{process}/task").iterdir()
        children = [
            child for task in tasks for child in (task / "children").read_text("utf-8").split()
        ]
    except OSError:
        return None
    return round(own + sum(peak_mb(int(child)) or 0.0 for child in children), 1)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return "unknown"
    return next((line.partition(": ")[2] for line in lines if "model name" in line), "unknown")
