"""`attempt` and `reveal`: check an answer against the course's own function and say what is wrong with it."""

import copy
import dis
import inspect
import os
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from course_lib.exercises.catalogue import Exercise, find, solution_source
from course_lib.exercises.comparing import compare, what
from course_lib.exercises.progress import record
from course_lib.exercises.sandbox import Stumble, call, same_random_state

DRAWS = 4  # fresh random inputs per attempt


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
                    f"a function is needed, but this is {what(function)}; hand in its name without brackets."
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
