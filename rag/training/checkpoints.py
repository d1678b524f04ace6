"""Half a training on disk: what to go on from when it was broken off."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from rag.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file with the state of model, optimizer and schedule, of the course of that fingerprint."""

    file: Path
    course: str
    parts: Mapping[str, Any]

    def save(self, step: int) -> None:
        """Write the state after so many steps, in one go."""
        draft = self.file.with_suffix(".draft")
        states = {name: part.state_dict() for name, part in self.parts.items()}
        torch.save({"step": step, "course": self.course, **states}, draft)
        draft.rename(self.file)

    def load(self) -> int:
        """Take over the state, if there is one, and return after how many steps it was.

        Raises:
            InvalidInput: it is of another course.
        """
        if not self.file.is_file():
            return 0
        saved = torch.load(self.file, map_location="cpu", weights_only=True)
        if saved.get("course") != self.course:
            raise InvalidInput(
                f"{self.file} is of a training on other questions, or planned otherwise: name the "
                "same --data, --collection, --split, --passes, --steps, --seed, --start and "
                "--wordnet again, leave out --resume to begin anew, or write to another --out."
            )
        for name, part in self.parts.items():
            part.load_state_dict(saved[name])
        return int(saved["step"])
