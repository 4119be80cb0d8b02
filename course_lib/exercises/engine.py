"""`attempt` and `reveal`: check an answer against the course's own function and say what is wrong with it."""

import copy
import dis
import inspect
import os
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

import torch
from torch import Tensor

from course_lib.exercises.catalogue import Exercise, Mistake, find, solution_source
from course_lib.exercises.comparing import as_tensor, compare, is_plain, same, what
from course_lib.exercises.progress import record
from course_lib.exercises.sandbox import Stumble, call, hint_of

DRAWS = 4  # fresh random inputs per check
MISSING = object()


def attempt(name: str, function: Any = MISSING) -> Callable:
    """Hand in an answer, `add_noise = attempt("add_noise", add_noise)`.  Right: it is recorded and your function comes back.

    Wrong or not started: one line says so, and the course's function comes back, so that the notebook goes on.  A loop that
    never ends is stopped; should the notebook hang all the same, or its kernel end, choose Kernel, Restart.
    Raises ValueError where there is no exercise of that name, or no function beside it.
    """
    exercise = find(name)
    if function is MISSING:
        raise ValueError(f"Hand in your function beside its name: {name} = attempt({name!r}, {name}).")
    if _untouched(function):
        print(f"{name}: not started yet. The course's version is used until you try.")
        return exercise.reference
    if _is_the_course_s(function, exercise.reference):
        print(
            f"{name}: this is the course's version, so it does not count as yours. Run the whole cell, with your own `def`."
        )
        return exercise.reference
    if exercise.prepare:
        exercise.prepare()
    hint = hint_of(lambda: _check(exercise, function))
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


def _check(exercise: Exercise, function: Any) -> None:
    """Raises Stumble, with the hint, unless the function is right, and right again."""
    if not callable(function):
        raise Stumble(
            f"a function is needed, but this is {what(function)}; hand in its name without brackets."
        )
    check = exercise.check or partial(_compare_with_reference, exercise)
    check(function)
    try:
        check(function)
    except Stumble as stumble:
        raise Stumble(
            "right at first, but not when it was called again; a function must not remember earlier calls. "
            f"What went wrong then: {stumble}"
        ) from None


def _compare_with_reference(exercise: Exercise, function: Callable) -> None:
    generator = torch.Generator().manual_seed(int.from_bytes(os.urandom(4), "big"))
    for draw in range(DRAWS):
        inputs = exercise.make_inputs(generator, draw)
        expected = exercise.reference(*copy.deepcopy(inputs))
        given = copy.deepcopy(inputs)
        got = call(function, *given)
        try:
            compare(got, expected)
        except Stumble:
            others = exercise.make_inputs(generator, draw)
            for mistake in exercise.mistakes:
                if not _makes(mistake, got, inputs, expected):
                    continue
                # one number may agree by chance, two hardly
                if _makes(mistake, call(function, *copy.deepcopy(others)), others, expected):
                    raise Stumble(mistake.hint) from None
            if is_plain(got) and not same(got, call(function, *copy.deepcopy(inputs))):
                raise Stumble(
                    "fresh random numbers are drawn; all the noise you need is handed to you."
                ) from None
            raise
        if not same(given, inputs):
            raise Stumble(
                "your function changes its inputs in place; make a new tensor (x = x + y, not x += y)."
            )
        if exercise.learns:
            got = call(function, *(x.clone().requires_grad_() for x in inputs))
            if not isinstance(got, Tensor) or not got.requires_grad:
                raise Stumble(
                    "the numbers are right, but no gradient passes, so nothing can be learned; "
                    "stay with tensors, without .item(), .detach() or .data."
                )


def _makes(mistake: Mistake, got: Any, inputs: tuple, expected: Tensor) -> bool:
    """Whether this mistake gives, for these inputs, the very answer that came."""
    got = as_tensor(got, expected.dtype)
    if not is_plain(got) or got.is_meta:
        return False
    try:
        wrong = torch.as_tensor(mistake.wrong(*copy.deepcopy(inputs)))
    except Exception:  # a mistake may not be possible for these inputs
        return False
    if (got.shape, got.dtype, got.device) != (wrong.shape, wrong.dtype, wrong.device):
        return False
    return torch.allclose(got, wrong, rtol=1e-3, atol=1e-4, equal_nan=True)


def _is_the_course_s(function: Any, reference: Callable) -> bool:
    """True for the library's own function, whether handed back before, imported or wrapped."""
    while isinstance(function, partial) and not (function.args or function.keywords):
        function = function.func
    if type(function) is not FunctionType:
        return False
    try:
        inner = inspect.unwrap(function)
    except ValueError:  # it is wrapped round itself
        return False
    return getattr(inner, "__code__", None) is inspect.unwrap(reference).__code__


def _untouched(function: Any) -> bool:
    """True for a stub: nothing but a docstring and `...` or `pass`."""

    def stub():
        """Nothing here yet."""
        ...

    operations = lambda f: [i.opname for i in dis.get_instructions(f) if i.opname not in ("NOP", "RESUME")]
    if (
        type(function) is not FunctionType
        or function.__name__ == "<lambda>"
        or operations(function) != operations(stub)
    ):
        return False
    returned = [
        i.argval for i in dis.get_instructions(function) if i.opname in ("LOAD_CONST", "RETURN_CONST")
    ]
    return returned in ([None], [Ellipsis])
