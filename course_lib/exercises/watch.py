"""Run somebody's code without being harmed by it: a time limit, no printing, no input, no trace left behind.

The code runs in a second thread, while the notebook's own thread waits.  Signals would be simpler, but Windows has no
SIGALRM and Jupyter owns the main thread's.  When the time is up, Python's own C function PyThreadState_SetAsyncExc
raises an exception inside the other thread, again and again for a moment, since the code may catch it.  A thread that
hangs inside C (a sleep, a huge matrix) cannot be stopped by anybody: it is left alone, and the notebook goes on.
"""

import builtins
import contextlib
import ctypes
import io
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

SECONDS = 5.0  # for all trials of one answer; the course's own take a few hundredths
PATIENCE = 1.0  # seconds to try to stop an answer that is over its time


class TimeIsUp(BaseException):
    """Raised inside an answer that takes too long.  Not an Exception, so that `except Exception` lets it through."""


@dataclass
class Report:
    """How it went: a value or an error, and what was printed.  `finished` False: out of time."""

    value: object = None
    error: BaseException | None = None
    printed: str = ""
    finished: bool = False
    stopped: bool = True  # False: the thread could not be stopped and is still running


class FirstWords(io.StringIO):
    """Keeps the first characters written to it and drops the rest, so that an endless print fills no memory."""

    limit = 4000

    def write(self, text: str) -> int:
        if self.tell() < self.limit:
            super().write(str(text)[: self.limit])
        return len(text)


def watch(function: Callable[[], object], seconds: float | None = None) -> Report:
    """Call `function()` in a watched thread.  Never raises what it raises; leaves random numbers and streams as found."""
    report, paper = Report(), FirstWords()
    thread = threading.Thread(target=_run, args=(function, report), daemon=True, name="answer")
    with _streams(paper), _random_state(), _defaults():
        thread.start()
        try:
            thread.join(SECONDS if seconds is None else seconds)
        finally:  # also where the person presses "interrupt the kernel"
            report.stopped = _stop(thread)
    report.printed = paper.getvalue()
    return report


def _run(function: Callable[[], object], report: Report) -> None:
    try:
        report.value = function()
        report.finished = True
    except TimeIsUp:
        pass
    except BaseException as error:  # noqa: B036  sys.exit() and KeyboardInterrupt included
        report.error, report.finished = error, True


def _stop(thread: threading.Thread) -> bool:
    end = time.monotonic() + PATIENCE
    while thread.is_alive() and time.monotonic() < end:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TimeIsUp))
        thread.join(0.02)
    return not thread.is_alive()


@contextlib.contextmanager
def _streams(paper: io.StringIO):
    def no_input(prompt=""):
        raise RuntimeError("input() was called, but nobody can answer here: take everything from the arguments.")

    ask, stdin = builtins.input, sys.stdin
    builtins.input, sys.stdin = no_input, io.StringIO()
    try:
        with contextlib.redirect_stdout(paper), contextlib.redirect_stderr(paper):
            yield
    finally:
        builtins.input, sys.stdin = ask, stdin


@contextlib.contextmanager
def _random_state():
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else []
    state, numpy_state = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=devices):
        torch.default_generator.manual_seed(fresh_seed())
        try:
            yield
        finally:
            random.setstate(state)
            np.random.set_state(numpy_state)


@contextlib.contextmanager
def _defaults():
    dtype, limit = torch.get_default_dtype(), sys.getrecursionlimit()
    try:
        yield
    finally:
        torch.set_default_dtype(dtype)
        sys.setrecursionlimit(limit)


def fresh_seed() -> int:
    """A seed from the operating system, so that no random state of the notebook is touched."""
    return random.SystemRandom().getrandbits(62)
