"""The face check: a small network that says how likely the face in a picture is flawed, an eye too many or a beak lost.

It learned from drawings whose faces were spoiled on purpose (course_lib/training/spoiled_faces.py); how well it does on the
pocket model's own pictures stands in weights/face-check/README.md.
"""

import json
from functools import cache

import torch
from torch import Tensor, nn
from torchvision.models.resnet import BasicBlock

from course_lib.checks import check_pictures
from course_lib.weights import checked_folder, load

NAME = "face-check"
SIDE = 128  # pixels, each way
WIDTHS = (16, 40, 80, 104)  # channels after the stem and after each block that halves the picture
CELLS = 16  # of the map, each way


class FaceCheck(nn.Module):
    """A small residual network (He et al. 2016) that draws a map of where the face is flawed.

    The picture's answer is a soft maximum over the map: one place is enough.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS):
        super().__init__()
        stem = nn.Conv2d(3, widths[0], 5, stride=2, padding=2, bias=False)
        layers = [stem, nn.BatchNorm2d(widths[0]), nn.ReLU()]  # (B, 16, 64, 64)
        for before, after, stride in zip(widths, widths[1:], (2, 2, 1), strict=False):
            change = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))
            layers.append(BasicBlock(before, after, stride, change))  # (B, 104, 16, 16) after the last
        last = widths[-1]
        layers += [BasicBlock(last, last) for _ in range(2)]
        self.features = nn.Sequential(*layers)
        self.classify = nn.Conv2d(last, 1, 1)
        nn.init.constant_(self.classify.bias, -4.0)  # most of a picture is no flaw

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """images: (B, 3, 128, 128) in [-1, 1].  Returns logits of the pictures, (B,), and of the map, (B, 16, 16)."""
        where = self.classify(self.features(images)).float().squeeze(1)
        return where.flatten(1).logsumexp(1) - 2.0, where


@torch.no_grad()
def face_flaws(images: Tensor) -> Tensor:
    """How likely each face is flawed.

    images: (N, 3, 128, 128) in [-1, 1], pictures of one Zoo animal each.  Returns probabilities, (N,).
    Raises ValueError for pictures of another size: enlarged ones are too soft to be judged.
    """
    check_pictures(images, "pictures", f"N 3 {SIDE} {SIDE}")
    net = _net()
    return torch.cat([net(part.float())[0].sigmoid() for part in images.split(50)])


def is_flawed(images: Tensor) -> Tensor:
    """Whether each face is called flawed: more likely than the threshold chosen on drawings.  As `face_flaws`; (N,) bool."""
    return face_flaws(images) > threshold()


def threshold() -> float:
    """The probability from which a face is called flawed."""
    return json.loads((checked_folder(NAME) / "config.json").read_text(encoding="utf-8"))["threshold"]


@cache
def _net() -> FaceCheck:
    return load(NAME, FaceCheck())
