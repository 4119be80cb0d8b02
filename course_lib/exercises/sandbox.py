"""Run a student's function safely: whatever it does, the notebook goes on.

It runs in a thread, not in a process of its own.  So two things cannot be held: work that never comes back to Python, such
as `sum(range(10**13))`, and a program that ends itself with `os._exit`.  Then: Kernel, Restart.
"""

import builtins
import contextlib
import ctypes
import functools
import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from course_lib.exercises.explaining import explain, message_of
from course_lib.exercises.surroundings import Surroundings

TIME_LIMIT = 10.0  # seconds for all calls of one attempt; every exercise's solution needs well under one


class Stumble(Exception):
    """An answer that is not right yet.  Its text is the hint."""


class _TimeLimit(BaseException):
    """Thrown into an answer that does not end."""


def call(function: Callable, *args, **kwargs) -> Any:
    """function(*args, **kwargs), with everything around it put back, so that it cannot reach its own check.

    Raises Stumble with a hint where the function raises or exits.
    """
    try:
        return function(*args, **kwargs)
    except _TimeLimit:
        raise
    except BaseException as error:  # SystemExit and KeyboardInterrupt too: they must not end the notebook
        raise Stumble(explain(error)) from None
    finally:
        before = getattr(threading.current_thread(), "before", None)
        if before:
            before.put_back()


def hint_of(check: Callable[[], None]) -> str:
    """Run a check, within the time limit and with its printing held back.  The hint it stumbles over; "" where it passes.

    Ctrl+C (in a notebook: the stop button) ends the check and goes on to the caller.
    """
    hints: list[str] = []
    done = threading.Event()  # thread.is_alive() is wrong once Ctrl+C broke off a join (Python 3.11)

    def work():
        disarm = functools.partial(_disarm, threading.get_ident(), None)
        try:
            check()
            hints.append("")
        except BaseException as error:
            disarm()
            hints.append(_hint(error))
        done.set()

    thread = threading.Thread(target=work, daemon=True)
    end = time.monotonic() + TIME_LIMIT
    with _quiet():
        before = thread.before = Surroundings()
        try:
            thread.start()
            while not done.is_set() and time.monotonic() < end:
                done.wait(0.05)  # in pieces, because Windows hears Ctrl+C only between two of them
        finally:
            stopped = done.is_set() or _stop(thread, done)
            thread.before = None  # one that is left behind must not put back old things later
            before.put_back_all()
    if not stopped:
        return f"{_hint(_TimeLimit())} It is still running and cannot be stopped: restart the kernel."
    return " ".join(hints[0].split()) if hints else _hint(_TimeLimit())


def _hint(error: BaseException) -> str:
    if isinstance(error, Stumble):
        return str(error)
    if isinstance(error, _TimeLimit):
        return f"your function did not end within {TIME_LIMIT:g} seconds; look for a loop that never stops."
    said = f"{type(error).__name__}: {message_of(error)[:200]}"
    return f"the check cannot go on with what your function returns or changes ({said}); keep to what the text asks for."


# Both are PyThreadState_SetAsyncExc, which raises an exception in another thread or takes a waiting one back.  They return
# None, so that the first can be an exception's __init__.
_SET = ("PyThreadState_SetAsyncExc", ctypes.pythonapi)
_throw = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.py_object)(_SET)
_disarm = ctypes.PYFUNCTYPE(None, ctypes.c_ulong, ctypes.c_void_p)(_SET)


def _stop(thread: threading.Thread, done: threading.Event) -> bool:
    """Throw _TimeLimit into a running thread until it is done; True where it is.

    A few polite ones first, which `finally` and `with` clean up after.  Then one that throws itself again as often as it is
    caught, so that `while True: try ... except: pass` ends as well.  What hangs below Python is left behind after 2 seconds.
    """
    insistent = type("_Insistent", (_TimeLimit,), {})
    insistent.__init__ = staticmethod(functools.partial(_throw, thread.ident, insistent))
    for error in [_TimeLimit] * 5 + [insistent] * 15:
        _throw(thread.ident, error)
        if done.wait(0.1):
            break
    return done.is_set()


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
