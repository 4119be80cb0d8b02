"""The trained files that ship with the course.  Each is checked against manifest.json before it is used."""

import hashlib
import json
from pathlib import Path

from torch import nn

FOLDER = Path(__file__).parent
MANIFEST = FOLDER / "manifest.json"


def load(name: str, model: nn.Module) -> nn.Module:
    """Fill `model` with the shipped weights `name` and return it, ready for use (eval mode, no gradients).

    Raises ValueError, in one sentence, where the file is missing or damaged, or no such weights are shipped.
    """
    from safetensors.torch import load_file

    file = checked_file(name)
    model.load_state_dict({key: value.float() for key, value in load_file(file).items()})
    return model.eval().requires_grad_(False)


def checked_file(name: str) -> Path:
    """The path of a shipped weights file, after its checksum was compared with the manifest's."""
    shipped = json.loads(MANIFEST.read_text(encoding="utf-8"))["models"]
    if name not in shipped:
        raise ValueError(
            f"{name!r} is not among the shipped weights; there are: {', '.join(sorted(shipped))}."
        )
    file = FOLDER / name / "model.safetensors"
    remedy = "bring it back with `git checkout course_lib/weights` or download the course again"
    if not file.exists():
        raise ValueError(f"The weights file {name}/model.safetensors is missing; {remedy}.")
    if sha256(file) != shipped[name]["sha256"]:
        raise ValueError(
            f"The weights file {name}/model.safetensors is damaged (its checksum is wrong); {remedy}."
        )
    return file


def save(name: str, model: nn.Module, **facts) -> None:
    """Write a model's weights and its line in the manifest.  Used by the recipes in course_lib/training.

    facts: command, seed, steps, quality: what a reader needs to make or judge the file again.
    """
    from safetensors.torch import save_file

    file = FOLDER / name / "model.safetensors"
    file.parent.mkdir(exist_ok=True)
    save_file({key: value.detach().contiguous() for key, value in model.state_dict().items()}, file)
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.exists() else {"models": {}}
    manifest["models"][name] = {"sha256": sha256(file), **facts}
    text = json.dumps(manifest, indent=2, sort_keys=True) + "\n"
    MANIFEST.write_text(text, encoding="utf-8", newline="\n")


def sha256(file: Path) -> str:
    """The file's SHA-256 checksum, as hexadecimal text."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
