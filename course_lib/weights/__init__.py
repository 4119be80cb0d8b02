"""The trained files that ship with the course.  Each is checked against manifest.json before it is used."""

import hashlib
import json
from pathlib import Path

from torch import nn

from course_lib.checks import check_network, check_text, takes

FOLDER = Path(__file__).parent
MANIFEST = FOLDER / "manifest.json"
REMEDY = "bring it back with `git checkout course_lib/weights` or download the course again"


@takes(name=check_text, model=check_network)
def load(name: str, model: nn.Module) -> nn.Module:
    """Fill `model` with the shipped weights `name` and return it, ready for use (eval mode, no gradients).

    Raises ValueError, in one sentence, where the file is missing or damaged, or no such weights are shipped.
    """
    from safetensors.torch import load_file

    file = checked_folder(name) / "model.safetensors"
    model.load_state_dict({key: value.float() for key, value in load_file(file).items()})
    return model.eval().requires_grad_(False)


def checked_folder(name: str) -> Path:
    """The folder `name` of shipped weights, after the checksum of every file in it was compared with the manifest's.

    Raises ValueError, in one sentence, where a file is missing or damaged, or no such weights are shipped.
    """
    wanted = {path: sum_ for path, sum_ in shipped().items() if path.startswith(f"{name}/")}
    if not wanted:
        names = sorted({path.split("/")[0] for path in shipped()})
        raise ValueError(f"{name!r} is not among the shipped weights; there are: {', '.join(names)}.")
    for path, expected in wanted.items():
        if not (FOLDER / path).exists():
            raise ValueError(f"The weights file {path} is missing; {REMEDY}.")
        if sha256(FOLDER / path) != expected:
            raise ValueError(f"The weights file {path} is damaged (its checksum is wrong); {REMEDY}.")
    return FOLDER / name


def manifest() -> dict:
    """What is shipped: {"models": {recipe: {"files": {path: sha256}, command, seed, steps, quality ...}}}.

    Raises ValueError, in one sentence, where the manifest is missing or damaged.
    """
    try:
        told = json.loads(MANIFEST.read_text(encoding="utf-8"))
        told["models"]
    except (OSError, ValueError, KeyError, TypeError):
        raise ValueError(
            f"The manifest of the weights, {MANIFEST}, is missing or damaged; {REMEDY}."
        ) from None
    return told


def shipped() -> dict[str, str]:
    """{path: sha256} of every shipped file.  Raises ValueError as `manifest` does."""
    return {path: sum_ for entry in manifest()["models"].values() for path, sum_ in entry["files"].items()}


def save(name: str, model: nn.Module, **facts) -> None:
    """Write a model's weights to <name>/model.safetensors and its entry in the manifest.  For the digit recipes."""
    from safetensors.torch import save_file

    file = FOLDER / name / "model.safetensors"
    file.parent.mkdir(exist_ok=True)
    save_file({key: value.detach().contiguous() for key, value in model.state_dict().items()}, file)
    record(name, [file], **facts)


def record(recipe: str, files: list[Path], **facts) -> None:
    """Write a recipe's entry in the manifest.

    files: what it made, inside FOLDER.  facts: command, seed, steps, quality: what a reader needs to make or judge
    the files again.
    """
    # Not the model card, which is written by people, nor what a file browser leaves behind.
    made = (file for file in sorted(files) if file.suffix in (".json", ".safetensors"))
    sums = {file.relative_to(FOLDER).as_posix(): sha256(file) for file in made}
    told = manifest() if MANIFEST.exists() else {"models": {}}
    for other in told["models"].values():  # a file belongs to the recipe that wrote it last
        other["files"] = {path: sum_ for path, sum_ in other["files"].items() if path not in sums}
    told["models"][recipe] = {"files": sums, **facts}
    text = json.dumps(told, indent=2, sort_keys=True) + "\n"
    MANIFEST.write_text(text, encoding="utf-8", newline="\n")


def sha256(file: Path) -> str:
    """The file's SHA-256 checksum, as hexadecimal text."""
    return hashlib.sha256(file.read_bytes()).hexdigest()
