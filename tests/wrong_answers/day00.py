"""Wrong answers of day 00 as students write them, each with words of the hint it must get."""

import torch


def range_from_zero(pixels):
    return pixels / 255


def range_not_stretched(pixels):
    return pixels / 255 - 1


def range_by_128(pixels):
    return pixels.float() / 128 - 1


def range_upside_down(pixels):
    return 1 - pixels / 127.5


def range_not_shifted(pixels):
    return pixels / 127.5


def range_run_over(pixels):
    return (pixels * 2 - 255) / 255


def range_run_over_later(pixels):
    return pixels * 2 / 255 - 1


def range_in_bytes(pixels):
    return (pixels - 127) // 127


def bytes_not_clamped(images):
    return ((images + 1) * 127.5).round().to(torch.uint8)


def bytes_not_rounded(images):
    return ((images.clamp(-1, 1) + 1) * 127.5).byte()


def bytes_from_zero(images):
    return (images.clamp(0, 1) * 255).round().to(torch.uint8)


def bytes_still_float(images):
    return ((images.clamp(-1, 1) + 1) * 127.5).round()


def bytes_not_shifted(images):
    return (images.clamp(-1, 1) * 127.5).round().to(torch.uint8)


def bytes_not_stretched(images):
    return images.clamp(-1, 1).round().to(torch.uint8)


def bytes_twice_as_bright(images):
    return ((images.clamp(-1, 1) + 1) * 255).round().to(torch.uint8)


def colour_of_everything(images):
    return images.mean()


def colour_mixed(images):
    return images.mean(dim=1)


def colour_rows_left(images):
    return images.mean(dim=-1)


def colour_of_the_mean_picture(images):
    return images.mean(dim=0)


def colour_of_the_batch(images):
    return images.mean(dim=(0, 2, 3))


def colour_summed(images):
    return images.sum(dim=(2, 3))


WRONG = [
    ("to_model_range", range_from_zero, "from 0 to 1"),
    ("to_model_range", range_not_stretched, "from -1 to 0"),
    ("to_model_range", range_by_128, "127.5"),
    ("to_model_range", range_upside_down, "black and white are swapped"),
    ("to_model_range", range_not_shifted, "take 1 away"),
    ("to_model_range", range_run_over, "pixels.float()"),
    ("to_model_range", range_run_over_later, "pixels.float()"),
    ("to_model_range", range_in_bytes, "dtype"),
    ("to_bytes", bytes_not_clamped, "cut off first"),
    ("to_bytes", bytes_not_rounded, "round before"),
    ("to_bytes", bytes_from_zero, "begins at -1"),
    ("to_bytes", bytes_still_float, "whole numbers"),
    ("to_bytes", bytes_not_shifted, "add 1 before"),
    ("to_bytes", bytes_not_stretched, "after you cut off"),
    ("to_bytes", bytes_twice_as_bright, "from 0 to 2"),
    ("mean_colour", colour_of_everything, "average over the axes 2 and 3 only"),
    ("mean_colour", colour_mixed, "axis 1 holds the colours"),
    ("mean_colour", colour_rows_left, "one axis is left over"),
    ("mean_colour", colour_of_the_mean_picture, "axis 0 holds the pictures"),
    ("mean_colour", colour_of_the_batch, "leave axis 0 out"),
    ("mean_colour", colour_summed, "take the mean"),
]


def range_in_two_steps(pixels):
    x = pixels / 255
    return x * 2 - 1


def bytes_by_half(images):
    x = (images + 1) / 2
    return (x.clamp(0, 1) * 255).round().type(torch.uint8)


def colour_by_flatten(images):
    return images.flatten(2).mean(-1)


RIGHT = [
    ("to_model_range", range_in_two_steps),
    ("to_bytes", bytes_by_half),
    ("mean_colour", colour_by_flatten),
]
