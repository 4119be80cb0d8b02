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
    if isinstance(error, NotImplementedError):
        return "it still raises NotImplementedError; replace that line by your answer."
    if isinstance(error, RecursionError):
        return "your function calls itself without end (RecursionError)."
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return "your function tries to end the program; it only needs to return a value."
    lines = [f for f in traceback.extract_tb(error.__traceback__) if not f.filename.startswith(__file__)]
    where = f" Your line: `{lines[0].line}`." if lines and lines[0].line else ""
    text = str(error).strip().splitlines()
    return f"your function stopped with {type(error).__name__}: {text[0][:200] if text else 'no message'}.{where}"


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
