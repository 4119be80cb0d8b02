"""Checks of tensors: their shapes, their types, and the range of pictures."""

from typing import TYPE_CHECKING, Any

from course_lib.checks.values import advise, told

if TYPE_CHECKING:  # the command line and the Zoo's drawings do not wait for torch
    from torch import Tensor

KINDS = {
    "float": "floats, as {}.float() gives",
    "logit": "floats, as {}.float() gives",  # -infinity is one too: it says "never"
    "int": "whole numbers, as {}.long() gives",
    "bool": "True or False",
}


def check_tensors(needed: str, **tensors: "Tensor") -> None:
    """check_tensors("N 3 H W, int N", images=images, labels=labels): the shape and the type of each tensor.

    needed: for each tensor its dimensions, a number or a letter; a letter is one size in all of them, "..." is any number of
    dimensions, the same in all.  In front "int", "bool" or "logit" (floats, -infinity too); else floats, every one finite.
    Raises ValueError for anything else, for tensors that do not fit each other, and for empty ones.
    """
    sizes: dict[str, tuple] = {}
    for (name, tensor), words in zip(tensors.items(), needed.split(","), strict=True):
        check_tensor(tensor, name, words, sizes)


def check_pictures(
    pictures: "Tensor", name: str = "pictures", shape: str = "N 3 H W", low: int = -1, at_least: int = 1
) -> None:
    """A batch of `at_least` so many pictures, floats from `low` (-1 or 0) to 1.  Raises ValueError with the way to mend it.

    Warns of pictures that should be in [-1, 1] and look like [0, 1]: none goes below 0.  They are not refused, for very
    pale pictures look so too; of 2,048 pictures of the Zoo none does.
    """
    if str(getattr(pictures, "dtype", "")) == "torch.uint8":
        raise ValueError(
            f"{name} is of type uint8, but must be floats in [{low}, 1]: {_into_range(name, low, 0, 255)}."
        )
    check_tensors(shape, **{name: pictures})
    if len(pictures) < at_least:
        raise ValueError(
            f"{name} holds {len(pictures)} picture, but {at_least} or more are needed: paint or load some first."
        )
    least, most = pictures.min().item(), pictures.max().item()
    came = f"The pixels of {name} run from {least:.2f} to {most:.2f}"
    if least < low - 1e-3 or most > 1 + 1e-3:
        raise ValueError(f"{came}; they must lie in [{low}, 1]: {_into_range(name, low, least, most)}.")
    if low == -1 and 0 <= least < most:
        advise(
            f"{came}, as in [0, 1], but [-1, 1] is needed: unless they are so pale, {_into_range(name, -1, 0, 1)}."
        )


def check_tensor(tensor: Any, name: str, words: str, sizes: dict[str, tuple]) -> None:
    """words: as for `check_tensors`.  sizes: {letter: (its size, the first tensor that has it)}; this one's are added."""
    from torch import Tensor

    kind, *shape = words.split() if words.split()[0] in KINDS else ("float", *words.split())
    if not isinstance(tensor, Tensor):
        ways = {
            "list": f"torch.stack({name}) joins tensors",
            "ndarray": f"torch.from_numpy({name}) makes one",
        }
        way = ways.get(type(tensor).__name__, "look where it comes from")
        raise ValueError(f"{name} is {told(tensor)}, but must be a tensor of shape {_tuple(shape)}: {way}.")
    _check_shape(tensor, name, shape, sizes)
    _check_kind(tensor, name, kind)


def _check_shape(tensor: "Tensor", name: str, shape: list[str], sizes: dict[str, tuple]) -> None:
    came: list = list(tensor.shape)
    if "..." in shape:
        at, left = shape.index("..."), len(came) - len(shape) + 1
        came[at : at + max(left, 0)] = [tuple(came[at : at + left])] if left >= 0 else []
    if len(came) != len(shape) or any(w.isdigit() and size != int(w) for w, size in zip(shape, came)):
        alone = len(came) == 3 and len(shape) == 4
        hint = f"; a single one becomes a batch with {name}[None]" if alone else ""
        raise ValueError(f"{name} has shape {tuple(tensor.shape)}; it must be {_tuple(shape)}{hint}.")
    if not tensor.numel():
        raise ValueError(f"{name} is empty, of shape {tuple(tensor.shape)}: give 1 or more.")
    for word, size in zip(shape, came):
        known, other = sizes.setdefault(word, (size, name))
        if size != known and not word.isdigit():
            raise ValueError(
                f"{name} has shape {tuple(tensor.shape)} and does not fit {other}: {word} is {size} here and {known} there; "
                f"{name} must be {_tuple(shape)}."
            )


def _check_kind(tensor: "Tensor", name: str, kind: str) -> None:
    import torch

    floats, dtype = tensor.is_floating_point(), str(tensor.dtype).removeprefix("torch.")
    whole = not (floats or tensor.is_complex() or tensor.dtype == torch.bool)
    if not {"float": floats, "logit": floats, "int": whole, "bool": tensor.dtype == torch.bool}[kind]:
        raise ValueError(f"{name} is of type {dtype}, but must be {KINDS[kind].format(name)}.")
    fine = tensor.isfinite() | (tensor.isneginf() if kind == "logit" else False)
    if floats and not fine.all():
        bad = int((~fine).sum())
        raise ValueError(
            f"{name} holds NaN or infinity in {bad} of {tensor.numel()} places: look for a division by 0 or a training that "
            "ran away."
        )


def _tuple(words: list[str]) -> str:
    return f"({', '.join(words)}{',' if len(words) == 1 else ''})"


def _into_range(name: str, low: int, least: float, most: float) -> str:
    if most > 2 and least >= -1e-3:
        return f"bytes become right with {name} / {'127.5 - 1' if low else '255'}"
    if low == -1 and least >= 0:
        return f"{name} * 2 - 1 brings them there"
    if low == 0 and -1.001 <= least and most <= 1.001:
        return f"{name} / 2 + 0.5 brings them there"
    return f"{name}.clamp({low}, 1) cuts off the rest"
