"""The sandbox: whatever an answer is or does, one line comes back and the notebook is as it was."""

import _thread
import builtins
import functools
import math
import os
import random
import re
import signal
import sys
import threading
import time
import warnings

import matplotlib
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib.exercises import attempt, gate, quiz, reveal, sandbox, solution, solution_names
from course_lib.exercises.progress import read_progress
from tests.odd_answers import EVERYWHERE, ONCE, SPOILING

FROM_ARGUMENTS = {"update_ema"}  # judged by what it does to its arguments, not by what it returns
WATCHED = (torch, F, torch.Tensor, torch.nn.Module, builtins, math, os, sys, random, time, warnings, np)


def notebook_state() -> dict:
    """What a student's other cells can see, read without the sandbox's own code."""
    return {
        "names": [(owner, name, id(value)) for owner in WATCHED for name, value in sorted(vars(owner).items(), key=lambda x: x[0])
                  if name != "__warningregistry__"],
        "folder": os.getcwd(), "environment": dict(os.environ), "path": list(sys.path), "filters": list(warnings.filters),
        "torch": (torch.is_grad_enabled(), torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled(),
                  torch.get_num_threads(), str(torch._tensor_str.PRINT_OPTS), str(torch.tensor(1 / 3))),
        "streams": (torch.get_rng_state().tolist(), np.random.get_state()[1].tolist(), random.getstate()),
        "recursion": sys.getrecursionlimit(), "look": {k: str(v) for k, v in matplotlib.rcParams.items() if k != "backend"},
        "modules": {"torch", "math", "random"} - set(sys.modules),
    }  # fmt: skip


@pytest.mark.parametrize("name", solution_names())
def test_odd_answers_get_one_hint_and_leave_no_trace(name, capsys):
    """One line and the course's version; no traceback, no message besides, and nothing changed."""
    before, reference, faults = notebook_state(), solution(name), []
    kinds = {**EVERYWHERE, **ONCE} if name in ("guide", "top_k", "replace_head") else EVERYWHERE
    for kind, answer_of in kinds.items():
        back, out, err = attempt(name, answer_of(reference)), *capsys.readouterr()
        refused = "not right yet. Hint: " in out and out.count("\n") == 2 and back is reference
        passed = "correct" in out and out.count("\n") == 1 and (kind in SPOILING or name in FROM_ARGUMENTS)
        if err or not (refused or passed) or len(out) > 1200:
            faults.append((kind, out, err))
    assert not faults
    assert notebook_state() == before


def answer(conditional, unconditional, scale):
    """`guide`, right."""
    return unconditional + scale * (conditional - unconditional)


def patch_tensor():
    torch.Tensor.__add__ = lambda a, b: a


MEDDLING = [
    lambda: os.chdir("/"), lambda: os.environ.update(HOME="nowhere"), lambda: os.environ.clear(), lambda: sys.path.clear(),
    lambda: warnings.simplefilter("error"), lambda: warnings.filters.clear(), lambda: sys.setrecursionlimit(5000),
    lambda: torch.manual_seed(1), lambda: np.random.seed(1), lambda: random.seed(1), lambda: torch.set_grad_enabled(False),
    lambda: torch.set_default_dtype(torch.float64), lambda: torch.use_deterministic_algorithms(True),
    lambda: torch.set_num_threads(torch.get_num_threads() + 1), lambda: torch.set_printoptions(precision=1),
    lambda: matplotlib.rcParams.update({"figure.dpi": 7, "image.cmap": "gray"}), lambda: sys.modules.pop("random", None),
    lambda: setattr(torch, "allclose", lambda *a, **k: True), lambda: setattr(F, "mse_loss", None), patch_tensor,
    lambda: delattr(math, "sqrt"), lambda: setattr(builtins, "len", lambda x: 0), lambda: setattr(builtins, "answer", 42),
    lambda: setattr(torch.nn.Module, "forward", None), lambda: setattr(time, "monotonic", lambda: 0.0), lambda: setattr(sys, "stdout", None),
    lambda: setattr(sys.modules["course_lib.exercises.comparing"], "compare", print), lambda: setattr(os, "getcwd", None),
]  # fmt: skip


@pytest.mark.parametrize("meddle", MEDDLING, ids=range(len(MEDDLING)))
def test_what_an_answer_changes_around_itself_is_put_back(meddle, capsys):
    def meddling(c, u, s):
        right = answer(c, u, s)
        meddle()
        return right

    before = notebook_state()
    assert attempt("guide", meddling) is meddling, capsys.readouterr().out
    assert notebook_state() == before


@pytest.mark.parametrize("meddle", MEDDLING, ids=range(len(MEDDLING)))
def test_a_wrong_answer_cannot_meddle_with_its_check(meddle, capsys):
    def meddling(c, u, s):
        meddle()
        return c

    assert attempt("guide", meddling) is solution("guide")
    assert "not right yet" in capsys.readouterr().out


def sorts_the_names(logits, names, k=5):
    right = solution("top_k")(logits, names, k)
    names.sort()
    return right


def clears_what_is_there(labels, n_per_class, there):
    right = solution("missing_pictures")(labels, n_per_class, there)
    there.clear()
    return right


@pytest.mark.parametrize(
    "name, spoiler", [("top_k", sorts_the_names), ("missing_pictures", clears_what_is_there)]
)
def test_arguments_changed_in_place_are_refused_and_harm_no_later_attempt(name, spoiler, capsys):
    for _ in range(2):
        assert attempt(name, spoiler) is solution(name)
        assert "your function changes" in capsys.readouterr().out
    right = lambda *a, **k: solution(name)(*a, **k)
    assert attempt(name, right) is right


@pytest.mark.parametrize("name", ["guide", "top_k", "drop_labels", "replace_head", "switch_prompt"])
def test_right_at_first_and_then_no_more(name, capsys):
    """An answer that counts its calls: right for the first check, however many calls that takes, and then None."""
    calls = []

    def counting(*a, **k):
        calls.append(a)
        return solution(name)(*a, **k)

    attempt(name, counting)
    enough, left = len(calls) // 2, []

    def tired(*a, **k):
        left.append(a)
        return solution(name)(*a, **k) if len(left) <= enough else None

    capsys.readouterr()
    assert attempt(name, tired) is solution(name)
    assert "called again" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrap", [lambda f: f, functools.partial, lambda f: functools.wraps(f)(lambda *a: f(*a))]
)
def test_the_course_s_own_version_is_not_counted(wrap, capsys):
    assert attempt("guide", wrap(solution("guide"))) is solution("guide")
    assert "course's version" in capsys.readouterr().out and "guide" not in read_progress()


# Time.


def endless(c, u, s):
    while True:
        pass


def deaf(c, u, s):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def tries_again(c, u, s):
    while True:
        try:
            return undefined  # noqa: F821
        except:  # noqa: E722
            continue


def deaf_for_a_while(c, u, s):
    for _ in range(3):
        try:
            endless(c, u, s)
        except BaseException:
            pass
    endless(c, u, s)


def slow(c, u, s):
    time.sleep(0.2)
    return answer(c, u, s)


@pytest.mark.parametrize("never_ends", [endless, deaf, tries_again, deaf_for_a_while, slow])
def test_what_takes_too_long_is_stopped(never_ends, capsys, monkeypatch):
    """No thread goes on: it would burn a processor core until the kernel ends.  The limit is for all calls together."""
    monkeypatch.setattr(sandbox, "TIME_LIMIT", 0.5)
    before = threading.active_count()
    assert attempt("guide", never_ends) is solution("guide")
    out = capsys.readouterr().out
    assert "did not end within 0.5 seconds" in out and "restart" not in out
    assert threads_end(before)


def threads_end(n: int) -> bool:
    """True once no more than n threads are left; those that are done need a moment to leave."""
    return any(threading.active_count() <= n or time.sleep(0.02) for _ in range(100))


def test_the_stop_button_stops_the_answer_too():
    def interrupted(c, u, s):
        _thread.interrupt_main()
        endless(c, u, s)

    before, threads = notebook_state(), threading.active_count()
    heard = signal.signal(
        signal.SIGINT, signal.default_int_handler
    )  # a run in the background would not hear it
    try:
        with pytest.raises(KeyboardInterrupt):
            attempt("guide", interrupted)
    finally:
        signal.signal(signal.SIGINT, heard)
    assert threads_end(threads) and notebook_state() == before


def test_what_cannot_be_stopped_says_to_restart(capsys, monkeypatch):
    monkeypatch.setattr(sandbox, "TIME_LIMIT", 0.1)
    monkeypatch.setattr(sandbox, "_stop", lambda thread, done: False)
    left_behind, awake = [], threading.Event()

    def sleeps(c, u, s):
        left_behind.append(threading.current_thread())
        awake.wait()
        return answer(c, u, s)

    before = notebook_state()
    attempt("guide", sleeps)
    assert "restart the kernel" in capsys.readouterr().out
    os.environ["LATER"] = "mine"  # the notebook goes on
    awake.set()
    left_behind[0].join()
    assert os.environ.pop("LATER") == "mine" and notebook_state() == before


# Hints.


@pytest.mark.parametrize(
    "wrong, told",
    [
        (lambda c, u, s: torch.tensor(s)[0] * c, True),
        (lambda c, u, s: torch.tensor(s)[0, 1] * c, True),
        (lambda c, u, s: c[99], False),
        (lambda c, u, s: torch.arange(3)[7], False),
        (lambda c, u, s: [c][4], False),
    ],
)
def test_nothing_to_look_up_is_said_only_of_a_single_number(wrong, told, capsys):
    attempt("guide", wrong)
    out = capsys.readouterr().out
    assert "IndexError" in out and ("nothing to look up" in out) is told


MISUSES = [
    (lambda: attempt(answer), "named by a word in quotes"), (lambda: attempt(answer, "guide"), "named by a word in quotes"),
    (lambda: attempt("guide"), "Hand in your function beside its name"), (lambda: attempt("guyde", answer), "there are: "),
    (lambda: attempt(None, None), "named by a word in quotes"), (lambda: attempt(["guide"], answer), "this is a list"),
    (lambda: reveal(answer), "named by a word in quotes"), (lambda: reveal("guyde"), "there are: "), (lambda: reveal(3), "this is an int"),
    (lambda: quiz(3), "There is no quiz for 3"), (lambda: quiz("day3"), "quizzes for day00"), (lambda: quiz(None), "day00"),
    (lambda: quiz("../quizzes/day02"), "There is no quiz"), (lambda: quiz("x" * 9999), "There is no quiz"), (lambda: quiz(["day02"]), "There is no quiz"),
    (lambda: gate(True, "Water is wet"), "comes first"), (lambda: gate("Water is wet", "yes"), "one true or false"),
    (lambda: gate("Water is wet", torch.ones(2) > 0), ".all()"), (lambda: gate("Water is wet", np.ones(2) > 0), ".all()"),
    (lambda: gate("Water is wet", torch.ones(2).all), "one true or false"),
]  # fmt: skip


@pytest.mark.parametrize("misuse, words", MISUSES, ids=range(len(MISUSES)))
def test_a_wrong_call_is_answered_in_one_sentence(misuse, words):
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        misuse()
    assert "\n" not in str(caught.value)
