"""`course train`: make one of the course's models again."""

from typing import Annotated

import typer

from course_lib.command.app import app, console, stop
from course_lib.lessons.needs import writable, writable_course

RECIPES = (
    "zoo-vae",
    "text-encoder",
    "pocket-diffusion",
    "pocket-lcm-lora",
    "pocket-clip",
    "pocket-resnet",
    "face-check",
)


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help=", ".join(RECIPES))],
    steps: Annotated[int, typer.Option(min=0, help="optimizer steps; 0: the recipe's own number")] = 0,
    device: Annotated[str, typer.Option(help="cpu, cuda or mps; none: the best there is")] = "",
    resume: Annotated[bool, typer.Option("--resume", help="go on from the last checkpoint")] = False,
    ship: Annotated[
        bool, typer.Option("--ship", help="put the result in the place of the shipped weights")
    ] = False,
) -> None:
    """Train one of the course's models; log, sample sheets and checkpoint go to runs/train."""
    if recipe not in RECIPES:
        stop(f"{recipe!r} is not a recipe; choose one of: {', '.join(RECIPES)}.")
    from importlib import import_module

    from course_lib.zoo.cache import REMEDY, cache_folder

    writable_course("runs/train", *(["course_lib/weights"] if ship else []))
    writable(cache_folder(), REMEDY)
    module = import_module(f"course_lib.training.{recipe.replace('-', '_')}")
    run = module.train(**({"steps": steps} if steps else {}), resume=resume, device=device)
    if not run.accelerator.is_main_process:
        return
    if ship:
        module.ship(run)
    console.print(f"Done. Log and checkpoint are in {run.folder}", markup=False, soft_wrap=True)
