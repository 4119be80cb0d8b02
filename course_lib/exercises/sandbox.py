"""Run a student's function safely: whatever it does, the notebook goes on."""

import builtins
import contextlib
import ctypes
import io
import random
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

TIME_LIMIT = 5.0  # seconds; every exercise's solution needs a few milliseconds


class Stumble(Exception):
    """An answer that is not right yet.  Its text is the hint."""


class _TimeLimit(BaseException):
    """Thrown into an answer that never ends."""


def call(function, *args, **kwargs) -> Any:
    """function(*args, **kwargs), within the time limit and with its printing held back.

    Raises Stumble with a hint where the function raises, exits, or does not end.
    """
    outcome: dict[str, Any] = {}

    def work():
        try:
            outcome["value"] = function(*args, **kwargs)
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: they must not end the notebook
            outcome["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    with _quiet():
        thread.start()
        thread.join(TIME_LIMIT)
        if thread.is_alive():
            _interrupt(thread)
            raise Stumble(
                f"your function did not end within {TIME_LIMIT:.0f} seconds; look for a loop that never stops."
            )
    if "error" in outcome:
        raise Stumble(_explain(outcome["error"])) from None
    return outcome["value"]


def _interrupt(thread: threading.Thread) -> None:
    """Throw _TimeLimit into the thread until it stops.

    One that hangs below Python, or catches everything for ever, is left behind after 2 seconds.
    """
    patience, usual = time.monotonic() + 2, sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        while thread.is_alive() and time.monotonic() < patience:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(thread.ident), ctypes.py_object(_TimeLimit)
            )
            time.sleep(0)
    finally:
        sys.setswitchinterval(usual)


def _explain(error: BaseException) -> str:
    if isinstance(error, NotImplementedError) and not str(error):
        return "it still raises NotImplementedError; replace that line by your answer."
    if isinstance(error, RecursionError):
        return "your function calls itself without end (RecursionError)."
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return "your function tries to end the program; it only needs to return a value."
    frames = [f for f, _ in traceback.walk_tb(error.__traceback__) if f.f_code.co_filename != __file__]
    lines = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(__file__)]
    arguments = frames[0].f_code.co_varnames[: frames[0].f_code.co_argcount] if frames else ()
    known = _known_error(error, lines[0].line if lines else "", arguments)
    where = f" Your line: `{lines[0].line}`." if lines and lines[0].line else ""
    text = str(error).strip().splitlines()
    return f"your function stopped with {type(error).__name__}: {text[0][:200].rstrip('.:') if text else 'no message'}.{known}{where}"


def _known_error(error: BaseException, line: str, arguments: tuple[str, ...]) -> str:
    """What torch's and Python's most frequent messages mean here, with a space in front; "" for the others.

    line: the student's line that raised.  arguments: the names of their function's arguments.
    """
    text = str(error)
    if ".T" in line and isinstance(error, RuntimeError) and "@" in line:
        return " .T turns the whole shape round, the batch too: write x.transpose(-1, -2)."
    if "must match the size of tensor" in text and "std" in arguments:
        return " One number per channel, shape (3,), must be reshaped with .view(-1, 1, 1) before it meets pictures."
    if "must match the size of tensor" in text and {"right", "wrong"} <= set(arguments):
        return " `right` has shape (N,); make it a column, right[:, None], to compare it with every column of `wrong`."
    if "mat1 and mat2" in text and "features_a" in arguments:
        return " torch.cov wants one picture per column: torch.cov(x.T)."
    if "must match the size of tensor" in text and "gradients" in arguments:
        return " A weight per channel, shape (B, C), needs two more axes before it meets maps: keepdim=True in the mean."

    if "torch.return_types" in text:
        return " .max(dim=1) returns two tensors, the values and where they are: take .values."
    if "must match the size of tensor" in text:
        per_sample = (
            "A value per sample, such as alpha_bar[t] of shape (B,), must be reshaped with .view(-1, 1, 1, 1) wherever it "
            "meets pictures; a"
        )
        tables = "For the product of two tables write @; * multiplies number by number. A"
        kind = per_sample if "alpha_bar" in arguments or "t" in arguments else tables
        return f" torch lines shapes up from the last axis. {kind} column is made with [:, None]."
    if "zero-dimensional tensor" in text:
        return (
            " A single number has no axis to join along: cut a piece of length one, such as x[:1], not x[0]."
        )
    if "must be Tensor, not float" in text:
        return " This function of torch wants a tensor; for a plain number write number ** 0.5, or torch.tensor(number)."
    if isinstance(error, NameError) and "'sqrt'" in text:
        return " Write x.sqrt(), torch.sqrt(x) or x ** 0.5."
    if isinstance(error, NameError) and text.split("'")[1] in ("T", "B"):
        letter = text.split("'")[1]
        owner = "alpha_bar" if letter == "T" else (*arguments, "x0")[0]
        return f" {letter} only stands for a size: it is len({owner})."
    if isinstance(error, IndexError | ValueError) and "this schedule has steps" in text:
        return " How many steps there are is len(alpha_bar); do not write 1000."
    if (
        isinstance(error, IndexError)
        and "dimension 0" in text
        and {"embeddings", "position"} <= set(arguments)
    ):
        return " z[position] picks a prompt of the batch; the words are the middle axis: z[:, position]."
    if isinstance(error, IndexError) and ("dimension 0" in text or "0-dim tensor" in text):
        return " It is one number already; there is nothing to look up in it."
    if isinstance(error, TypeError) and "object is not callable" in text:
        return " If you mean a product, write * for times."
    if "could not infer output dtype" in text and "Bool" in text:
        return " True and False have no mean: make numbers of them first, with .float()."
    if "expected one of:" in text:
        return " It was given something of a wrong type; a condition looks like `coin < p`."
    if "not iterable" in text or "has no attribute 'mul_'" in text or "has no attribute 'lerp_'" in text:
        return " A network is not a tensor: go through its .parameters()."
    return ""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back printing; there is nobody to answer input()."""

    def no_input(*_):
        raise RuntimeError("input() cannot be used in an exercise")

    real_input, real_stdin = builtins.input, sys.stdin
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        builtins.input, sys.stdin = no_input, io.StringIO()
        try:
            yield
        finally:
            builtins.input, sys.stdin = real_input, real_stdin


@contextlib.contextmanager
def same_random_state() -> Iterator[None]:
    """Leave the random streams and torch's settings of the notebook as they were."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()
    settings = torch.is_grad_enabled(), torch.get_default_dtype()
    try:
        yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])
        random.setstate(states[2])
        torch.set_grad_enabled(settings[0])
        torch.set_default_dtype(settings[1])
