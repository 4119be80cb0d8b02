"""What an exercise is, and the checks every answer goes through.  The exercises themselves: day02.py, day03.py ..."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Inputs = dict[str, Any]  # argument name -> value, in the order of the arguments


@dataclass(frozen=True)
class Mistake:
    """A mistake people really make: `wrong` computes what they compute, `hint` leads on from there."""

    wrong: Callable
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One function for the student to write.  Its reference is the library's own function."""

    reference: Callable
    day: str
    draw: Callable[[torch.Generator, int], Inputs] | None = None  # fresh inputs for the i-th trial
    mistakes: tuple[Mistake, ...] = ()
    parts: tuple[str, ...] = ()  # the inputs in which the answer is a weighted sum
    where: Callable[[Inputs, int], str] | None = None  # names the case: "at t = 312"
    clues: tuple[Callable[[Inputs, Tensor], str | None], ...] = ()  # ask these when no mistake fits
    tolerance: float = 1e-4
    check: Callable[["Answer", torch.Generator], None] | None = None  # where comparing two outputs is not fair

    @property
    def name(self) -> str:
        return self.reference.__name__


class Wrong(Exception):
    """Raised by a check.  Its text is the hint."""


def demand(fine: bool, hint: str) -> None:
    """Raises Wrong(hint) unless `fine`."""
    if not fine:
        raise Wrong(hint)


class Answer:
    """The student's function.  It is called on copies, so that a change of its inputs is seen and does no harm."""

    def __init__(self, function: Callable):
        self.function = function
        try:
            self.signature = inspect.signature(function)
        except (TypeError, ValueError):  # some built-in functions have none
            self.signature = None

    def __call__(self, inputs: Inputs, **optional):
        """Call by position.  `optional` are passed by name, only those the function takes."""
        copies = {name: _copy(value) for name, value in inputs.items()}
        optional = {name: value for name, value in optional.items() if self.takes(name, len(inputs))}
        self._demand_arguments(inputs, optional)
        value = self.function(*copies.values(), **optional)
        for name, before in inputs.items():
            demand(
                not isinstance(before, Tensor) or _same(before, copies[name]),
                f"Your function changes its input `{name}`. The caller still needs it as it was. "
                "Make a new tensor instead: `y = x * 2`, not `x *= 2`, `x.mul_(2)` or `x[...] = 2`.",
            )
        return value

    def takes(self, name: str, used: int = 0) -> bool:
        """Can `name` be given by keyword, after `used` arguments by position?"""
        if self.signature is None:
            return False
        parameters = list(self.signature.parameters.values())
        named = [p.name for i, p in enumerate(parameters) if p.kind is p.KEYWORD_ONLY or (
            p.kind is p.POSITIONAL_OR_KEYWORD and i >= used)]  # fmt: skip
        return name in named or any(p.kind is p.VAR_KEYWORD for p in parameters)

    def _demand_arguments(self, inputs: Inputs, optional: dict) -> None:
        if self.signature is None:
            return
        try:
            self.signature.bind(*inputs.values(), **optional)
        except TypeError:
            raise Wrong(
                f"Your function takes {_arguments(self.signature)}, but it is called with "
                f"({', '.join(inputs)}). Keep the first line of the exercise as it was."
            ) from None


def demand_tensor(value, shape, dtype=torch.float32, device="cpu", what="Your function returns") -> Tensor:
    """The value as a plain tensor, or Wrong with what it is instead."""
    if not isinstance(value, Tensor):
        raise Wrong(f"{what} {describe(value)}")
    demand(value.layout is torch.strided, f"{what} a {value.layout} tensor; an ordinary (dense) tensor is needed.")
    demand(
        value.shape == torch.Size(shape),
        f"{what} a tensor of shape {tuple(value.shape)}; it must be {tuple(shape)}.{_shape_clue(value, shape)}",
    )
    demand(
        value.device.type == torch.device(device).type,
        f"{what} a tensor on the device {str(value.device)!r}; the inputs are on {str(device)!r}. "
        "Stay where the inputs are: make new tensors with `device=x.device` or `torch.zeros_like(x)`.",
    )
    demand(
        value.dtype == dtype,
        f"{what} numbers of type {_name(value.dtype)}; {_name(dtype)} is needed.{_type_clue(value.dtype, dtype)}",
    )
    return value.detach().as_subclass(Tensor)


def describe(value) -> str:
    """What came back instead of a tensor, and what to do about it.  Ends a sentence that starts 'It returns'."""
    if value is None:
        return "nothing (None). Is a `return` missing at the end?"
    if value is ...:
        return "`...`. Put your own formula in its place."
    if isinstance(value, tuple | list):
        comma = " A comma at the end of the line makes a tuple." if isinstance(value, tuple) else ""
        return f"a {type(value).__name__} of {len(value)} things; return one tensor.{comma}"
    if type(value).__module__ == "numpy":
        return f"a NumPy {type(value).__name__}; stay with torch: `torch.sqrt`, not `np.sqrt`, and no `.numpy()`."
    if isinstance(value, bool | int | float | complex):
        return f"a Python number ({value!r:.20}); return a tensor. `.item()` or `float()` leave torch."
    if inspect.isgenerator(value):
        return "a generator. Use `return` in place of `yield`."
    if inspect.iscoroutine(value):
        value.close()
        return "a coroutine. Write `def`, not `async def`."
    if callable(value):
        return f"a function or class ({type(value).__name__}). Are the brackets of a call missing?"
    return f"something of type {type(value).__name__}; return a tensor."


def _shape_clue(value: Tensor, shape) -> str:
    if value.numel() == torch.Size(shape).numel():
        return " The number of entries is right, only their arrangement is not."
    if value.ndim == 0:
        return " Something has shrunk it to one number (`.mean()`, `.sum()`, an index too many)."
    if value.ndim > len(shape):
        return " Two shapes were broadcast against each other: print the shapes of both factors."
    return ""


def _type_clue(got, wanted) -> str:
    if got == torch.float64:
        return " The numbers became float64 on the way: look for `.double()`, `float64` or a NumPy array."
    if wanted == torch.int64:
        return " Labels are whole numbers: multiplying by a mask of floats, or `.float()`, changes their type."
    if got == torch.bool:
        return " A comparison (`<`, `==`) gives True and False; use it to choose, for example with `torch.where`."
    return ""


def _arguments(signature: inspect.Signature) -> str:
    return f"({', '.join(signature.parameters)})" if signature.parameters else "no arguments"


def _copy(value):
    return value.clone() if isinstance(value, Tensor) else value


def _same(a: Tensor, b: Tensor) -> bool:
    if a.shape != b.shape or a.dtype != b.dtype or a.device != b.device:
        return False
    with torch.no_grad():
        return torch.allclose(a, b, rtol=0, atol=0, equal_nan=True) and a.requires_grad == b.requires_grad


def _name(dtype) -> str:
    return str(dtype).removeprefix("torch.")
