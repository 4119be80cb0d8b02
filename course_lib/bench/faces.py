"""How many faces the face check calls flawed, in painted pictures and in real ones: part of `course bench pocket`."""

import torch

from course_lib.bench.painting import N, generate, zoo
from course_lib.bench.report import row
from course_lib.measuring.face_check import is_flawed
from course_lib.zoo import ANIMALS, caption


def of_the_faces(pipe) -> list[dict]:
    """The share of flawed faces among N painted pictures; the false alarms among as many real ones; the worst animals."""
    reals, scenes = zoo(N, "train")
    flawed = is_flawed(generate(pipe, [caption(scene) for scene in scenes]))
    alarms = is_flawed(reals)
    share = {}
    for animal in {scene.animal for scene in scenes}:
        these = torch.tensor([scene.animal == animal for scene in scenes])
        share[animal] = flawed[these].float().mean().item()
    worst = sorted(share, key=lambda animal: (-share[animal], ANIMALS.index(animal)))[:3]
    return [
        row(f"{N} prompts: faces that the face check calls flawed", f"{flawed.float().mean():.1%}", "≤ 2%"),
        row(f"{N} real pictures: faces called flawed, false alarms", f"{alarms.float().mean():.1%}"),
        row(
            "animals with most faces called flawed",
            ", ".join(f"{animal} {share[animal]:.0%}" for animal in worst),
        ),
    ]
