"""Synthetic data: a folder of labelled pictures painted by a text-to-image pipeline, resumable and reproducible.

Reading such a folder: `image_files`.  Choosing among its pictures: `curation`.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from hashlib import sha256
from pathlib import Path

import torch
from PIL import Image
from tqdm.auto import tqdm

from course_lib.checks import (
    check_callable,
    check_count,
    check_is,
    check_number,
    check_text,
    check_texts,
    takes,
)
from course_lib.learning.folder_note import claim_folder
from course_lib.learning.image_files import METADATA, REMEDY, read_metadata, write_metadata
from course_lib.pictures.folder_names import as_folder, check_class_names
from course_lib.zoo.cache import write_whole


def check_prompts(prompts: dict[str, list[str]], name: str = "prompts") -> None:
    """Raises ValueError unless each class has prompts, and a name that a folder can have."""
    check_is(prompts, name, dict, 'a dict of lists, such as {"cat": ["a photo of a cat"]}')
    if not prompts:
        raise ValueError(
            'There are no prompts: give a list for each class, such as {"cat": ["a photo of a cat"]}.'
        )
    check_class_names(prompts)
    for label, texts in prompts.items():
        if not all(text.strip() for text in check_texts(texts, f"{name}[{label!r}]")):
            raise ValueError(f"The class {label!r} needs prompts of one word or more, but one is empty.")


@takes(seed=(check_count, 0), label=check_text, index=(check_count, 0))
def picture_seed(seed: int, label: str, index: int) -> int:
    """The seed of picture `index` of a class: it depends on nothing else, so a picture can be made alone, at any time.

    Inside a class the seeds follow one another, so no two are equal; where each class begins is a hash of seed and label.
    Returns a whole number below 2**32: torch's CPU generator uses no more bits than that.
    Raises ValueError for bad arguments.
    """
    start = int.from_bytes(sha256(f"{seed}/{label}".encode()).digest()[:4], "big")
    return (start + index) % 2**32


@takes(
    labels=check_texts, n_per_class=(check_count, 0),
    there=(check_is, (set, list, tuple), "a set of names, such as set(picture_names(folder))"),
)  # fmt: skip
def missing_pictures(labels: list[str], n_per_class: int, there: set[str]) -> list[str]:
    """The pictures that are still to be made: those that should be there and are not.

    labels: names of the classes.  n_per_class: pictures of each, numbered from 0.  there: names such as
    "red fox/00000.png".  Returns names, class by class and in the order of their numbers.
    Raises ValueError for bad arguments.
    """
    wanted = [f"{label}/{index:05}.png" for label in labels for index in range(n_per_class)]
    return [name for name in wanted if name not in there]


@takes(
    pipe=(check_is, "text_encoder", "a pipeline, such as load_text_to_image() gives"), prompts=check_prompts,
    n_per_class=check_count, seed=(check_count, 0), steps=check_count, guidance=check_number, negative_prompt=check_text,
    batch=check_count, bar=check_callable,
)  # fmt: skip
def generate_folder(
    pipe,
    folder: str | Path,
    prompts: dict[str, list[str]],
    n_per_class: int,
    *,
    seed: int = 0,
    steps: int = 25,
    guidance: float = 3.0,
    negative_prompt: str = "",
    batch: int = 8,
    accelerator=None,
    bar: Callable[[Iterable, int, str], Iterable] | None = None,
) -> Path:
    """Paint `n_per_class` pictures of each class to folder/{class}/00000.png and so on, with folder/metadata.jsonl.

    pipe: a StableDiffusionPipeline.  prompts: {class: prompts}; picture i gets prompt i, and after the last one the first
    again.  seed: each picture has its own, from (seed, class, i), and a CPU generator; so a second call makes only what is
    missing, and can add pictures or classes, whatever `batch` is.  (In another batch a pixel may be rounded differently.)
    accelerator: an accelerate.Accelerator, whose processes share the work.  bar: shows the progress, as
    `course_lib.widgets.progress` does; None: tqdm.
    Returns the folder.  Raises ValueError for bad arguments, FileExistsError where the folder holds anything that was not
    made by this function with these settings, OSError where it can't be written.
    """
    folder = as_folder(folder)
    if negative_prompt and guidance <= 1:
        raise ValueError(
            f"With guidance {guidance} the negative prompt is ignored: set guidance above 1, or leave the negative prompt out."
        )
    settings = {
        "made by": "course_lib.learning.synthetic", "model": _model(pipe),
        "scheduler": type(pipe.scheduler).__name__, "seed": seed, "steps": steps, "guidance": guidance,
        "negative_prompt": negative_prompt, "prompts": {label: list(texts) for label, texts in prompts.items()},
    }  # fmt: skip
    workers = accelerator or _Alone()
    with workers.main_process_first():
        settings = claim_folder(folder, settings, write=workers.is_main_process)
        if workers.is_main_process:
            _record(folder, settings)  # forgets what was deleted, with its score
    wanted = missing_pictures(list(prompts), n_per_class, set())  # all: what is there is passed over later
    mine = wanted[workers.process_index :: workers.num_processes]
    if accelerator:
        pipe.to(accelerator.device)
    painted = _paint_missing(pipe, folder, mine, settings, batch, keep_record=workers.is_main_process)
    if workers.is_main_process:
        painted = (bar or _tqdm)(painted, len(mine), f"painting {folder.name}")
    for _ in painted:
        pass
    workers.wait_for_everyone()
    if workers.is_main_process:
        _record(folder, settings)
    return folder


def _model(pipe) -> str:
    """The pipeline's name and a checksum of the first numbers of all its weights: trained anew, it is another model."""
    total = sha256()
    for part in (pipe.text_encoder, pipe.unet, pipe.vae):
        for weights in part.parameters():
            if not weights.is_meta:  # the parts of an offloaded pipeline are not here
                total.update(weights.detach().flatten()[:8].half().cpu().numpy().tobytes())
    return f"{Path(pipe.config._name_or_path).name} {total.hexdigest()[:8]}"


class _Alone:
    """Stands in for an accelerate.Accelerator where one process does all the work."""

    process_index, num_processes, is_main_process = 0, 1, True

    def main_process_first(self):
        return nullcontext()

    def wait_for_everyone(self):
        pass


def _tqdm(items: Iterable, total: int, label: str) -> Iterable:
    return tqdm(items, total=total, desc=label, unit="picture")


def _paint_missing(
    pipe, folder: Path, names: list[str], settings: dict, batch: int, keep_record: bool
) -> Iterator[str]:
    """Paint what is missing, batch by batch; yields each name once its picture is there."""
    missing = [name for name in names if not (folder / name).exists()]
    yield from (name for name in names if name not in set(missing))
    with _no_bar(pipe):
        for start in range(0, len(missing), batch):
            part = missing[start : start + batch]
            for name, image in zip(
                part, _paint(pipe, [_entry(settings, name) for name in part]), strict=True
            ):
                _write(folder / name, image)
            if keep_record:
                _record(folder, settings)
            yield from part


def _paint(pipe, entries: list[dict]) -> list[Image.Image]:
    """One picture for each line of metadata.  The settings are those of the first; prompts and seeds differ."""
    return pipe(
        [entry["prompt"] for entry in entries], negative_prompt=[entry["negative_prompt"] for entry in entries],
        num_inference_steps=entries[0]["steps"], guidance_scale=entries[0]["guidance"],
        generator=[torch.Generator().manual_seed(entry["seed"]) for entry in entries],
    ).images  # fmt: skip


def _entry(settings: dict, name: str) -> dict:
    """The line of metadata of one picture: everything that decides it."""
    label, index = name.split("/")[0], int(Path(name).stem)
    prompts = settings["prompts"][label]
    return {
        "file_name": name, "label": label, "prompt": prompts[index % len(prompts)],
        "negative_prompt": settings["negative_prompt"], "seed": picture_seed(settings["seed"], label, index),
        "steps": settings["steps"], "guidance": settings["guidance"],
    }  # fmt: skip


def _write(path: Path, image: Image.Image) -> None:
    write_whole(path, lambda file: image.save(file, "PNG"), REMEDY)


def _record(folder: Path, settings: dict) -> None:
    """Write the metadata of every picture that is there; what was added to a line, such as its score, stays."""
    known = {e["file_name"]: e for e in read_metadata(folder)} if (folder / METADATA).exists() else {}
    names = [
        f"{label}/{path.name}" for label in settings["prompts"] for path in (folder / label).glob("*.png")
    ]
    write_metadata(folder, [known.get(name, {}) | _entry(settings, name) for name in names])


@contextmanager
def _no_bar(pipe) -> Iterator[None]:
    """Without the pipeline's own progress bar, which would count the steps of every batch."""
    before = dict(getattr(pipe, "_progress_bar_config", None) or {})
    pipe.set_progress_bar_config(**before | {"disable": True})
    try:
        yield
    finally:
        pipe.set_progress_bar_config(**before)
