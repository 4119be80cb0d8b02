"""`attempt` and `reveal`: check an answer against the course's own function and say what is wrong with it."""

import ast
import copy
import dis
import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from course_lib.exercises.progress import record
from course_lib.exercises.sandbox import Stumble, call, same_random_state

DRAWS = 4  # fresh random inputs per attempt


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: what it computes, and the hint that helps."""

    wrong: Callable
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One function for the student to write.  Its solution is the course's own function, `reference`."""

    day: str
    reference: Callable
    make_inputs: Callable[[torch.Generator, int], tuple] | None = (
        None  # (generator, draw number) -> arguments
    )
    mistakes: tuple[Mistake, ...] = ()
    check: Callable[[Callable], None] | None = None  # own check, for functions that draw random numbers
    learns: bool = False  # True where the answer is trained through, so gradients must pass

    @property
    def name(self) -> str:
        return self.reference.__name__


def all_exercises() -> list[Exercise]:
    """Every exercise of the course, in the order of the days."""
    days = sorted(file.stem for file in Path(__file__).parent.glob("day[0-9][0-9].py"))
    modules = (import_module(f"course_lib.exercises.{day}") for day in days)
    return [exercise for module in modules for exercise in module.EXERCISES]


def find(name: str) -> Exercise:
    """The exercise of that name.  Raises ValueError, listing the names, where there is none."""
    exercises = {e.name: e for e in all_exercises()}
    if name not in exercises:
        raise ValueError(f"There is no exercise {name!r}; there are: {', '.join(exercises)}.")
    return exercises[name]


def attempt(name: str, function: Any) -> Callable:
    """Hand in an answer.  Right: it is recorded and your own function comes back.

    Wrong or not started: one line says so, and the course's function comes back, so that the notebook goes on.
    """
    exercise = find(name)
    if _untouched(function):
        print(f"{name}: not started yet. The course's version is used until you try.")
        return exercise.reference
    if function is exercise.reference:
        print(
            f"{name}: this is the course's version, handed back before. Run the whole cell, with your own `def`."
        )
        return function
    with same_random_state():
        try:
            if not callable(function):
                raise Stumble(
                    f"a function is needed, but this is {_what(function)}; hand in its name without brackets."
                )
            (exercise.check or _compare_with_reference(exercise))(function)
            hint = ""
        except Stumble as stumble:
            hint = str(stumble)
    if hint:
        print(
            f"{name}: not right yet. Hint: {hint}\n"
            f"The course's version is used until you try again. The solution: reveal({name!r})"
        )
        return exercise.reference
    record(name, "done")
    print(f"{name}: correct. Your own version is used from here on.")
    return function


def reveal(name: str) -> None:
    """Show the solution: the course's own source, with the imports that it needs in a cell of its own."""
    source = solution_source(name)
    record(name, "revealed")
    try:
        from IPython import get_ipython
        from IPython.display import Code, display
    except ImportError:
        get_ipython = lambda: None
    if get_ipython():
        display(Code(source, language="python"))
    else:
        print(source)


def solution_source(name: str) -> str:
    """The course's own source of an exercise's solution, with the imports that it needs in a cell of its own."""
    reference = find(name).reference
    return _imports(reference) + inspect.getsource(reference)


def _imports(function: Callable) -> str:
    """The import lines for the names that a function takes from its module; "" where there are none."""
    function = inspect.unwrap(function)
    tree = ast.parse(inspect.getsource(function))
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    lines = []
    for name, value in ((name, function.__globals__.get(name)) for name in sorted(used)):
        if inspect.ismodule(value):
            lines.append(f"import {value.__name__}" + (f" as {name}" if value.__name__ != name else ""))
        elif inspect.isclass(value) or inspect.isroutine(value):
            lines.append(f"from {value.__module__} import {name}")
    return "\n".join(lines) + "\n\n\n" if lines else ""


def solution(name: str) -> Callable:
    """The course's own function for an exercise."""
    return find(name).reference


def solution_names(day: str | None = None) -> list[str]:
    """The names of all exercises, or of one day's ("day02")."""
    return [e.name for e in all_exercises() if day in (None, e.day)]


def compare(got: Any, expected: Tensor, *, rtol: float = 1e-3, atol: float = 1e-4) -> None:
    """Raises Stumble, with what differs, unless `got` is the expected tensor within the tolerance."""
    if got is None:
        raise Stumble("your function returns None; is the `return` missing?")
    if isinstance(got, int | float) and expected.ndim == 0:
        got = torch.tensor(got, dtype=expected.dtype)
    if isinstance(got, np.ndarray | np.generic):
        raise Stumble(
            "your function returns a NumPy array; stay in torch, so that gradients and devices keep working."
        )
    if not isinstance(got, Tensor):
        raise Stumble(
            f"your function returns {_what(got)}; one tensor of shape {_shape(expected)} is expected."
        )
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
        raise Stumble(_difference(got.detach(), expected))


def _compare_with_reference(exercise: Exercise) -> Callable[[Callable], None]:
    def check(function: Callable) -> None:
        generator = torch.Generator().manual_seed(int.from_bytes(os.urandom(4), "big"))
        for draw in range(DRAWS):
            inputs = exercise.make_inputs(generator, draw)
            expected = exercise.reference(*copy.deepcopy(inputs))
            given = copy.deepcopy(inputs)
            got = call(function, *given)
            try:
                compare(got, expected)
            except Stumble:
                known = _known_mistake(exercise, got, inputs, expected)
                if known:
                    raise Stumble(known) from None
                if isinstance(got, Tensor) and not _same(got, call(function, *copy.deepcopy(inputs))):
                    raise Stumble(
                        "fresh random numbers are drawn; all the noise you need is handed to you."
                    ) from None
                raise
            if not _same(given, inputs):
                raise Stumble(
                    "your function changes its inputs in place; make a new tensor (x = x + y, not x += y)."
                )
            if exercise.learns:
                leaves = tuple(x.clone().requires_grad_() for x in inputs)
                got = call(function, *leaves)
                if not isinstance(got, Tensor) or not got.requires_grad:
                    raise Stumble(
                        "the numbers are right, but no gradient passes, so nothing can be learned; "
                        "stay with tensors, without .item(), .detach() or .data."
                    )

    return check


def _known_mistake(exercise: Exercise, got: Any, inputs: tuple, expected: Tensor) -> str:
    """The hint of the first known mistake that gives this very answer and not the right one."""
    if isinstance(got, int | float):
        got = torch.tensor(got, dtype=expected.dtype)
    for mistake in exercise.mistakes:
        try:
            wrong = torch.as_tensor(mistake.wrong(*copy.deepcopy(inputs)))
        except Exception:  # a mistake may not be possible for these inputs
            continue
        alike = isinstance(got, Tensor) and (got.shape, got.dtype, got.device) == (
            wrong.shape,
            wrong.dtype,
            wrong.device,
        )
        if alike:
            if torch.allclose(got, wrong, rtol=1e-3, atol=1e-4, equal_nan=True):
                return mistake.hint
    return ""


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


def _untouched(function: Any) -> bool:
    """True for a stub: nothing but a docstring and `...` or `pass`."""

    def stub():
        """Nothing here yet."""
        ...

    operations = lambda f: [i.opname for i in dis.get_instructions(f) if i.opname not in ("NOP", "RESUME")]
    if (
        not inspect.isfunction(function)
        or function.__name__ == "<lambda>"
        or operations(function) != operations(stub)
    ):
        return False
    returned = [
        i.argval for i in dis.get_instructions(function) if i.opname in ("LOAD_CONST", "RETURN_CONST")
    ]
    return returned in ([None], [Ellipsis])


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        alike = isinstance(b, Tensor) and (a.shape, a.device) == (b.shape, b.device)
        return alike and (a.device.type == "meta" or torch.equal(a.nan_to_num(), b.nan_to_num()))
    if isinstance(a, tuple):
        return all(_same(x, y) for x, y in zip(a, b))
    return True


def _shape(tensor: Tensor) -> str:
    return "a single number" if tensor.ndim == 0 else str(tuple(tensor.shape))


def _what(value: Any) -> str:
    if value is None or value is Ellipsis:
        return "None" if value is None else "three dots (...)"
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
