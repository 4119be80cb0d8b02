"""The full tier in its true sizes: does it load, paint and fit into a laptop, and how long does it take: `course bench full`.

The weights are random (`bench.full_size`), in a scratch cache that is removed at the end, also after Ctrl+C.  Each part
runs in a process of its own without a network, so that its highest memory is its own.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from tqdm import tqdm

from course_lib.bench.full_lessons import EXCERPTS, Excerpt, cut
from course_lib.bench.full_size import Sizes, save_all
from course_lib.bench.notebooks import measure, watch
from course_lib.bench.report import row, write_section
from course_lib.hub import check_room
from course_lib.threads import busy_processors

DISK_GB, MEMORY_GB = 7, 8  # what it takes: weights in single precision, and painting with them
STEPS, AT_ONCE = 2, 2  # steps that are timed, and the pictures painted at once to see what each adds
PROMPT = "a watercolor painting of a red fox in the snow"


def main(
    write: bool = False, sizes: Sizes | None = None, lessons: tuple[Excerpt, ...] = EXCERPTS
) -> list[dict]:
    """Measure everything on the processor; with `write`, put the rows into docs/benchmarks.md.  Some ten minutes.

    sizes: other sizes than the true ones, for tests.  Raises ValueError for too little disk or memory, or where a part fails.
    """
    scratch = Path(tempfile.gettempdir())
    if sizes is None:
        check_room(DISK_GB, MEMORY_GB, "cpu", "This measurement", scratch, "TMPDIR (Windows: TEMP)")
    with tempfile.TemporaryDirectory(prefix="noise-to-picture-full-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        others = busy_processors()
        save_all(home, sizes or Sizes())
        rows = of_painting(home)
        rows.insert(
            0, row("processors at work for other programs when it began", f"{others:.1f} of {os.cpu_count()}")
        )
        for excerpt in tqdm(lessons, desc="lessons", unit="day"):
            took, _, peak = measure(cut(excerpt, home), offline(home))
            name = f"day {excerpt.day}, heaviest cell: {excerpt.shortened}"
            rows.append(row(name, f"{took:.0f} s, {peak / 2**30:.1f} GB"))
    if write:
        write_section("full", "python3 start.py bench full --write", rows)
    return rows


def offline(home: Path) -> dict[str, str]:
    """The settings under which a process finds these weights and no others, and no network."""
    hub = str(home / "hub")
    return {
        "HF_HOME": hub, "HF_HUB_CACHE": hub, "TORCH_HOME": str(home / "torch"), "HF_HUB_OFFLINE": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }  # fmt: skip


def of_painting(home: Path) -> list[dict]:
    """Seconds to load and to paint, and memory: one picture, several at once, and what a whole picture comes to."""
    one, peak = _in_a_process(home, "one_picture")
    several, peak_of_several = _in_a_process(home, "several_pictures")
    busy = one["step, processor"]
    step, plain, rest = one["step"], one["plain step"], one["rest"]
    # PNDM, the scheduler that Stable Diffusion 1.5 comes with, asks the U-Net once more than it has steps.
    whole, fast = (26 * step + rest) / 60, 4 * plain + rest
    return [
        *(row(f"{name} loads", f"{one[name]:.1f} s") for name in ("Stable Diffusion 1.5", "CLIP ViT-B/32", "ResNet-50")),
        row("one guided step, {0} x {0} pixels, threads: {1}".format(one["side"], one["threads"]), f"{step:.1f} s"),
        row("the same in seconds of one processor (beside other programs, trust these)", f"{busy:.1f} s"),
        row("one step without guidance", f"{plain:.1f} s"),
        row("text, decoder and safety checker, each picture", f"{rest:.1f} s"),
        row("memory at most, all three models, one picture", f"{peak / 2**30:.1f} GB"),
        row(f"memory at most, Stable Diffusion alone, {AT_ONCE} pictures at once", f"{peak_of_several / 2**30:.1f} GB"),
        row(f"one guided step of {AT_ONCE} pictures at once", f"{several['step']:.1f} s"),
        row("computed: one picture, 25 steps", f"{whole:.1f} minutes"),
        row("computed: one picture, 4 steps of the LCM-LoRA, no guidance", f"{fast:.0f} s"),
    ]  # fmt: skip


def _in_a_process(home: Path, what: str) -> tuple[dict[str, float], int]:
    """What a function of this module measures in a process of its own, and that process's highest memory in bytes."""
    out = home / f"{what}.json"
    code = f"from course_lib.bench import full; full.{what}({str(out)!r})"
    _, _, peak = watch([sys.executable, "-c", code], str(home), {**os.environ, **offline(home)})
    return json.loads(out.read_text(encoding="utf-8")), peak


def one_picture(out: str) -> None:
    """Load the three models by the course's own functions, and paint a picture; seconds of each go to the file `out`."""
    from course_lib import models

    found = {"threads": torch.get_num_threads()}
    start = time.perf_counter()
    pipe = models.load_text_to_image("full", device="cpu")
    found["Stable Diffusion 1.5"] = time.perf_counter() - start
    for name, load in (("CLIP ViT-B/32", models.load_clip), ("ResNet-50", models.load_resnet)):
        start = time.perf_counter()
        load("full", device="cpu")
        found[name] = time.perf_counter() - start
    found |= _paint(pipe, 7.5, "pil", 1)
    found["plain step"] = _paint(pipe, 1.0, "latent", 1)["step"]
    Path(out).write_text(json.dumps(found), encoding="utf-8")


def several_pictures(out: str) -> None:
    """One guided step of several pictures at once, without decoding: pictures are decoded one after the other anyway."""
    from course_lib.models import load_text_to_image

    found = _paint(load_text_to_image("full", device="cpu"), 7.5, "latent", AT_ONCE, steps=1)
    Path(out).write_text(json.dumps(found), encoding="utf-8")


def _paint(pipe, guidance: float, output: str, pictures: int, steps: int = STEPS) -> dict[str, float]:
    """Seconds of a step by the clock and of the processors, seconds that are no step's, and the pictures' side."""
    seconds, busy, forward = [], [], pipe.unet.forward

    def timed(*args, **kwargs):
        start, start_busy = time.perf_counter(), time.process_time()
        try:
            return forward(*args, **kwargs)
        finally:
            seconds.append(time.perf_counter() - start)
            busy.append(time.process_time() - start_busy)

    pipe.unet.forward = timed
    try:
        start = time.perf_counter()
        made = pipe(PROMPT, num_inference_steps=steps, guidance_scale=guidance, output_type=output,
                    num_images_per_prompt=pictures)  # fmt: skip
        whole = time.perf_counter() - start
    finally:
        del pipe.unet.forward
    return {
        "step": statistics.median(seconds),
        "step, processor": statistics.median(busy),
        "rest": whole - sum(seconds),
        "side": made.images[0].width if output == "pil" else 0,
    }
