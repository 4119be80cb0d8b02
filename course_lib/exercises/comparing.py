"""Say how an answer differs from what was expected, in words that help."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.exercises.sandbox import Stumble


def compare(got: Any, expected: Tensor, *, rtol: float = 1e-3, atol: float = 1e-4) -> None:
    """Raises Stumble, with what differs, unless `got` is the expected tensor within the tolerance."""
    if expected.ndim == 0:
        got = as_tensor(got, expected.dtype)
        if isinstance(got, int | float):
            raise Stumble("the number that came back is far too large; look for a division by almost zero.")
    got = plain_tensor(got, f"one tensor of shape {_shape(expected)}")
    if got.shape != expected.shape:
        raise Stumble(
            f"the shape is {_shape(got)}, it should be {_shape(expected)}.{_why_this_shape(got, expected)}"
        )
    if got.dtype != expected.dtype:
        raise Stumble(f"the dtype is {got.dtype}, it should be {expected.dtype}.")
    if got.device != expected.device:
        raise Stumble(
            f"the answer is on device {got.device}, its input was on {expected.device}; keep to the input's device."
        )
    if got.isnan().any() or (got.isinf() & ~expected.isinf()).any():
        raise Stumble(
            "there are NaN or infinite numbers in your answer; look for a division by zero or a root of a negative."
        )
    if not torch.allclose(got, expected, rtol=rtol, atol=atol):
        raise Stumble(_difference(got, expected))


def as_tensor(got: Any, dtype: torch.dtype) -> Any:
    """A plain number as a tensor; anything else, and a number that this dtype cannot hold, as it is."""
    if not isinstance(got, int | float):
        return got
    try:
        return torch.tensor(got, dtype=dtype)
    except (OverflowError, RuntimeError, ValueError):
        return got


def is_plain(value: Any) -> bool:
    """True for an ordinary tensor: not sparse, quantized, nested or of another library's kind."""
    if type(value) not in (Tensor, torch.nn.Parameter):
        return False
    return value.layout == torch.strided and not value.is_quantized and not value.is_nested


def plain_tensor(got: Any, wanted: str = "one tensor") -> Tensor:
    """`got`, where it is an ordinary tensor; raises Stumble with what it is instead of what is wanted."""
    if got is None:
        raise Stumble("your function returns None; is the `return` missing?")
    if isinstance(got, np.ndarray | np.generic):
        raise Stumble(
            "your function returns a NumPy array; stay in torch, so that gradients and devices keep working."
        )
    if not isinstance(got, Tensor):
        raise Stumble(f"your function returns {what(got)}; {wanted} is expected.")
    if not is_plain(got):
        raise Stumble(f"your function returns {_special(got)}; an ordinary tensor is expected.")
    if got.requires_grad:
        raise Stumble(
            "your answer has requires_grad=True, but its inputs have not; leave out requires_grad and nn.Parameter."
        )
    return got


def _special(tensor: Tensor) -> str:
    if type(tensor) not in (Tensor, torch.nn.Parameter):
        return f"a tensor of another kind ({type(tensor).__name__})"
    if tensor.is_nested:
        return "a nested tensor"
    return "a quantized tensor" if tensor.is_quantized else f"a tensor of layout {tensor.layout}"


def same(a: Any, b: Any) -> bool:
    """True where two values hold the same, NaN included; networks are taken to be the same."""
    if isinstance(a, Tensor) or isinstance(b, Tensor):
        if not (is_plain(a) and is_plain(b)):
            return False
        alike = (a.shape, a.dtype, a.device) == (b.shape, b.dtype, b.device)
        return alike and (a.device.type == "meta" or torch.equal(a.nan_to_num(), b.nan_to_num()))
    if isinstance(a, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return isinstance(a, torch.nn.Module) or a == b


def _why_this_shape(got: Tensor, expected: Tensor) -> str:
    """What most likely led to a wrong shape; "" where nothing is likely."""
    if got.ndim > 4 or (expected.ndim == 4 and got.ndim == 4 and got.numel() > expected.numel()):
        return " A value per sample, shape (B,), needs .view(-1, 1, 1, 1) before it multiplies pictures."
    if expected.ndim == 0:
        return " Is a .mean() missing?"
    if got.ndim == 0:
        return " Keep one value for each, and do not take a mean or a sum."
    if got.ndim == expected.ndim == 1 and len(got) == len(expected) - 1:
        return " One value is missing: the first one has no neighbour before it, so it must be put back in front."
    if got.ndim == expected.ndim == 2 and got.numel() == expected.numel():
        return " The parts are stacked the wrong way: put them side by side with dim=1."
    if got.ndim == expected.ndim == 2 and got.shape[1] == 2 * expected.shape[1]:
        return " There are twice as many columns as asked for: sines and cosines share them, half each."
    return ""


def _difference(got: Tensor, expected: Tensor) -> str:
    """Words for how two tensors of one shape differ."""
    if expected.dtype == torch.bool:
        wrong = (got != expected).flatten()
        first = int(wrong.int().argmax())
        return f"{int(wrong.sum())} of {len(wrong)} answers differ; number {first}, counted from 0, should be {bool(expected.flatten()[first])}."
    if torch.allclose(got, -expected, rtol=1e-3, atol=1e-4):
        return "the sign is the wrong way round."
    ratio = (got / expected)[expected.abs() > 1e-3]
    steady = len(ratio) > 1 and (ratio - ratio.mean()).abs().max() < 1e-2 * ratio.mean().abs()
    if steady and abs(ratio.mean() - 1) > 0.01:
        return f"every number is {ratio.mean():.2f} times what it should be; is a factor missing, or one too many?"
    if expected.ndim > 1 and len(expected) > 1 and torch.allclose(got[0], expected[0], rtol=1e-3, atol=1e-4):
        return "the first sample of the batch is right, others are not; each sample has its own value, such as its own t."
    place = int((got.float() - expected.float()).abs().flatten().argmax())
    said = ".3f" if expected.is_floating_point() else "d"
    yours, right = (format(x.flatten()[place].item(), said) for x in (got, expected))
    return (
        f"the numbers differ: at one place yours is {yours}, it should be {right}. "
        "Compare your lines with the text, symbol by symbol: roots, signs, and the brackets in each fraction."
    )


def _shape(tensor: Tensor) -> str:
    return "a single number" if tensor.ndim == 0 else str(tuple(tensor.shape))


def what(value: Any) -> str:
    """What a value is, in words for a hint: "a list", "an int", "None"."""
    if value is None or value is Ellipsis:
        return "None" if value is None else "three dots (...)"
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
