"""The trained files that ship with the course.  Each is checked against manifest.json before it is used."""

import hashlib
import json
from pathlib import Path

from torch import nn

from course_lib.checks import check_network, check_text, takes

FOLDER = Path(__file__).parent
MANIFEST = FOLDER / "manifest.json"
LOADED = (".json", ".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".txt", ".model")  # what loaders look for
REMEDY = "bring it back with `git checkout course_lib/weights` or download the course again"


@takes(name=check_text, model=check_network)
def load(name: str, model: nn.Module) -> nn.Module:
    """Fill `model` with the shipped weights `name` and return it, ready for use (eval mode, no gradients).

    Raises ValueError, in one sentence, where the file is missing or damaged, or no such weights are shipped.
    """
    from safetensors.torch import load_file

    weights = load_file(checked_folder(name) / "model.safetensors")
    try:
        model.load_state_dict({key: value.float() for key, value in weights.items()})
    except RuntimeError:  # a list of every tensor that does not fit
        raise ValueError(
            f"The weights {name!r} do not fit this {type(model).__name__}: build it as the recipe does, with the same sizes."
        ) from None
    return model.eval().requires_grad_(False)


def checked_folder(name: str) -> Path:
    """The folder `name` of shipped weights, after the checksum of every file in it was compared with the manifest's.

    Raises ValueError, in one sentence, where a file is missing or damaged, one stands there that was not shipped, or no
    such weights are shipped.
    """
    wanted = {path: sum_ for path, sum_ in shipped().items() if path.startswith(f"{name}/")}
    if not wanted:
        names = sorted({path.split("/")[0] for path in shipped()})
        raise ValueError(f"{name!r} is not among the shipped weights; there are: {', '.join(names)}.")
    for path, expected in wanted.items():
        if not (FOLDER / path).is_file():
            raise ValueError(f"The weights file {path} is missing; {REMEDY}.")
        if sha256(FOLDER / path) != expected:
            raise ValueError(f"The weights file {path} is damaged (its checksum is wrong); {REMEDY}.")
    for file in (FOLDER / name).rglob("*"):  # a loader would take it without being asked
        path = file.relative_to(FOLDER).as_posix()
        if path not in wanted and file.suffix in LOADED and not file.name.startswith("."):
            raise ValueError(
                f"The file {path} is not in the manifest of the weights, so nobody knows what is in it: move it out of "
                f"there, or {REMEDY}."
            )
    return FOLDER / name


def manifest() -> dict:
    """What is shipped: {"models": {recipe: {"files": {path: sha256}, command, seed, steps, quality ...}}}.

    Raises ValueError, in one sentence, where the manifest is missing or damaged.
    """
    try:
        told = json.loads(MANIFEST.read_text(encoding="utf-8"))
        sums = [pair for entry in told["models"].values() for pair in entry["files"].items()]
        if all(isinstance(sum_, str) and ".." not in path for path, sum_ in sums):
            return told
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        pass
    raise ValueError(f"The manifest of the weights, {MANIFEST}, is missing or damaged; {REMEDY}.")


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
    made = (file for file in sorted(files) if file.suffix in (".json", ".safetensors", ".txt"))
    sums = {file.relative_to(FOLDER).as_posix(): sha256(file) for file in made}
    told = manifest() if MANIFEST.exists() else {"models": {}}
    for other in told["models"].values():  # a file belongs to the recipe that wrote it last
        other["files"] = {path: sum_ for path, sum_ in other["files"].items() if path not in sums}
    told["models"][recipe] = {"files": sums, **facts}
    text = json.dumps(told, indent=2, sort_keys=True) + "\n"
    MANIFEST.write_text(text, encoding="utf-8", newline="\n")


def sha256(file: Path) -> str:
    """The file's SHA-256 checksum, as hexadecimal text.  Raises ValueError, in one sentence, where it can't be read."""
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as error:
        raise ValueError(f"The file {file} cannot be read ({error.strerror or error}); {REMEDY}.") from None
