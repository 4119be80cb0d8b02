"""Checked file: tensors in a safetensors file that carries a checksum of everything in it, so that no flipped bit goes unseen."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from course_lib.zoo.cache import write_whole

CHECKSUM = "sha256"


def write_checked(file: Path, tensors: dict[str, Tensor], facts: dict[str, str], remedy: str) -> None:
    """Write tensors and facts, whole or not at all.  Raises OSError, in one sentence that ends with the remedy."""
    data = save(tensors, facts | {CHECKSUM: _checksum(tensors, facts)})
    write_whole(file, lambda out: out.write(data), remedy)


def read_checked(
    file: Path, unsigned: Callable[[dict], bool] = lambda facts: False
) -> tuple[dict[str, Tensor], dict]:
    """The tensors and the facts.

    unsigned: says of the facts of a file without a checksum whether it is believed all the same.
    Raises ValueError, with the reason in a few words, for a file that is not as it was written.
    """
    try:
        with safe_open(file, "pt") as stored:
            facts = dict(stored.metadata() or {})
            # Copies: Windows can't replace a file that some tensor still maps.
            tensors = {key: stored.get_tensor(key).clone() for key in stored.keys()}
    except Exception as error:  # SafetensorError, OSError and others, as the damage will have it
        raise ValueError(str(error).split("\n")[0] or type(error).__name__) from None
    expected = facts.pop(CHECKSUM, None)
    if expected is None and not unsigned(facts):
        raise ValueError("it was not written by this course")
    if expected is not None and expected != _checksum(tensors, facts):
        raise ValueError("its checksum is wrong")
    return tensors, facts


def _checksum(tensors: dict[str, Tensor], facts: dict[str, str]) -> str:
    total = hashlib.sha256(repr(sorted(facts.items())).encode())
    for key, tensor in sorted(tensors.items()):
        total.update(repr((key, tensor.dtype, tuple(tensor.shape))).encode())
        total.update(tensor.contiguous().reshape(-1).view(torch.uint8).numpy())
    return total.hexdigest()
