"""Day 00: a picture is a tensor; its range, its type and its axes."""

import torch

from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.pictures.pixels import mean_colour, to_bytes, to_model_range


def _bytes(g, draw):
    pixels = torch.randint(0, 256, (2, 3, 4, 5), generator=g, dtype=torch.uint8)
    pixels[0, 0, 0, :2] = torch.tensor([0, 255])
    return (pixels,)


def _images(g, draw):
    images = torch.rand(2, 3, 4, 5, generator=g) * 2.4 - 1.2  # networks do not keep to the range
    images[0, 0, 0, :2] = torch.tensor([-1.0, 1.0])
    return (images,)


def _batch(g, draw):
    return (torch.rand(2 + draw, 3, 4, 5, generator=g) * 2 - 1,)


EXERCISES = [
    Exercise(
        day="day00",
        reference=to_model_range,
        make_inputs=_bytes,
        mistakes=(
            Mistake(lambda p: p.float() / 255, "this runs from 0 to 1; it should run from -1 to 1."),
            Mistake(lambda p: p.float() / 255 - 1, "this runs from -1 to 0: stretch it to twice the width before you take 1 away."),
            Mistake(lambda p: p.float() / 128 - 1, "white should become exactly 1: 255 / 2 is 127.5."),
            Mistake(lambda p: p.float() / 127 - 1, "white should become exactly 1: 255 / 2 is 127.5."),
            Mistake(lambda p: (p.float() - 127.5) / 255, "this runs from -0.5 to 0.5: divide by 127.5."),
            Mistake(lambda p: p.float() / 127.5, "this runs from 0 to 2: take 1 away."),
            Mistake(lambda p: (p * 2 - 255) / 255, "a byte holds 0 to 255 only, so larger numbers run over: begin with pixels.float()."),
            Mistake(lambda p: p * 2 / 255 - 1, "a byte holds 0 to 255 only, so larger numbers run over: begin with pixels.float()."),
            Mistake(lambda p: p.float() - 127.5, "now divide by 127.5, so that white becomes 1."),
            Mistake(lambda p: 1 - p.float() / 127.5, "black and white are swapped: 0 should become -1."),
            Mistake(lambda p: (p.float() / 127.5 - 1).round(), "do not round: the numbers between -1 and 1 are wanted."),
        ),
    ),
    Exercise(
        day="day00",
        reference=to_bytes,
        make_inputs=_images,
        mistakes=(
            Mistake(lambda x: ((x + 1) * 127.5).round().to(torch.uint8), "numbers outside -1 to 1 must be cut off first (clamp), or bytes run over: 256 becomes 0."),
            Mistake(lambda x: ((x.clamp(-1, 1) + 1) * 127.5).to(torch.uint8), "round before you turn the numbers into bytes: the type alone cuts the decimals off."),
            Mistake(lambda x: (x.clamp(0, 1) * 255).round().to(torch.uint8), "the range begins at -1, not at 0: add 1 and take the half."),
            Mistake(lambda x: (x.clamp(-1, 1) * 255).round().to(torch.uint8), "-1 should become 0: add 1 first, then multiply by 127.5."),
            Mistake(lambda x: ((x.clamp(-1, 1) + 1) * 255).round().to(torch.uint8), "after adding 1 the numbers run from 0 to 2, so multiply by 127.5."),
            Mistake(lambda x: (x.clamp(-1, 1) * 127.5).round().to(torch.uint8), "-1 should become 0: add 1 before you multiply by 127.5."),
            Mistake(lambda x: x.clamp(-1, 1).round().to(torch.uint8), "stretch -1 ... 1 to 0 ... 255 after you cut off and before you round."),
            Mistake(lambda x: ((x.clamp(-1, 1) + 1) * 127.5).round(), "bytes are whole numbers: end with .to(torch.uint8)."),
        ),
    ),
    Exercise(
        day="day00",
        reference=mean_colour,
        make_inputs=_batch,
        mistakes=(
            Mistake(lambda x: x.mean(), "one number came out for everything: average over the axes 2 and 3 only, dim=(2, 3)."),
            Mistake(lambda x: x.mean(1), "axis 1 holds the colours; keep it, and average over height and width, dim=(2, 3)."),
            Mistake(lambda x: x.mean((1, 2, 3)), "the colours are mixed together: leave axis 1 out, dim=(2, 3)."),
            Mistake(lambda x: x.mean(0), "axis 0 holds the pictures; keep it, and average over height and width, dim=(2, 3)."),
            Mistake(lambda x: x.mean((0, 2, 3)), "the pictures are mixed together: leave axis 0 out, dim=(2, 3)."),
            Mistake(lambda x: x.sum((2, 3)), "this is the sum; take the mean."),
            Mistake(lambda x: x.mean(2), "one axis is left over: average over both height and width, dim=(2, 3)."),
            Mistake(lambda x: x.mean(3), "one axis is left over: average over both height and width, dim=(2, 3)."),
            Mistake(lambda x: x.mean((2, 3), keepdim=True), "the two axes are still there with length 1: leave keepdim out."),
            Mistake(lambda x: x.amax((2, 3)), "this is the brightest value; take the mean."),
        ),
    ),
]  # fmt: skip
