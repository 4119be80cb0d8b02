"""The exercises: right answers pass, each wrong one gets its own hint, and nothing a student hands in does harm."""

import inspect
import sys
from importlib import import_module

import pytest
import torch

from course_lib.exercises import (
    attempt,
    gate,
    reveal,
    solution,
    solution_names,
    solution_source,
)
from course_lib.exercises.catalogue import Exercise, Mistake, all_exercises
from course_lib.exercises.engine import _check
from course_lib.exercises.gates import GateError
from course_lib.exercises.progress import read_progress
from course_lib.exercises.quiz import as_html, as_text, quiz, read_quiz
from course_lib.exercises.sandbox import Stumble
from course_lib.lessons.days import HOME

DAYS = [
    import_module(f"tests.wrong_answers.{file.stem}")
    for file in sorted((HOME / "tests" / "wrong_answers").glob("day*.py"))
]
WRONG = [case for day in DAYS for case in day.WRONG]
RIGHT = [case for day in DAYS for case in day.RIGHT]
QUIZZES = sorted({exercise.day for exercise in all_exercises()})


@pytest.mark.parametrize("name", solution_names())
def test_solution_passes(name, capsys):
    written = retyped(name)
    assert attempt(name, written) is written
    assert "correct" in capsys.readouterr().out
    assert read_progress()[name]["state"] == "done"


def retyped(name):
    """The solution, as if a student had typed it."""
    cell: dict = {}
    exec(solution_source(name), cell)
    return cell[name]


@pytest.mark.parametrize("name, answer", RIGHT, ids=lambda x: getattr(x, "__name__", x))
def test_other_right_answers_pass(name, answer, capsys):
    for _ in range(5):
        assert attempt(name, answer) is answer, capsys.readouterr().out


@pytest.mark.parametrize("name, answer, words", WRONG, ids=lambda x: getattr(x, "__name__", ""))
def test_wrong_answer_gets_its_hint(name, answer, words, capsys):
    assert attempt(name, answer) is solution(name)
    out = capsys.readouterr().out
    assert words in out and out.count("\n") == 2, out
    assert name not in read_progress()


def test_every_exercise_has_wrong_answers():
    for name in solution_names():
        assert sum(case[0] == name for case in WRONG) >= 3, name


def stub_dots(conditional, unconditional, scale):
    """Write this."""
    ...


def stub_pass(conditional, unconditional, scale):
    pass


@pytest.mark.parametrize("stub", [stub_dots, stub_pass])
def test_untouched(stub, capsys):
    assert attempt("guide", stub) is solution("guide")
    assert "not started yet" in capsys.readouterr().out


def stop_program(c, u, s):
    sys.exit()


def asks(c, u, s):
    return input("scale?")


def nan(c, u, s):
    return c * float("nan")


def double(c, u, s):
    return (u + s * (c - u)).double()


def other_device(c, u, s):
    return (u + s * (c - u)).to("meta")


def too_many(c, u, s, extra):
    return c


def endless_calls(c, u, s):
    return endless_calls(c, u, s)


def gives_tuple(c, u, s):
    return u, c


def raises(c, u, s):
    raise KeyError("boo")


def not_implemented(c, u, s):
    raise NotImplementedError


HOSTILE = [
    (stop_program, "end the program"), (asks, "input()"),
    (nan, "NaN"), (double, "dtype"), (other_device, "device meta"), (too_many, "TypeError"),
    (endless_calls, "RecursionError"), (gives_tuple, "a tuple"), (raises, "KeyError"), (not_implemented, "NotImplementedError"),
    (None, "function is needed"), (torch.zeros(3), "function is needed"), ("guide", "function is needed"),
    (lambda c, u, s: None, "`return` missing"), (lambda c, u, s: c[:, :, :2], "the shape is"),
]  # fmt: skip


@pytest.mark.parametrize("answer, words", HOSTILE, ids=lambda x: getattr(x, "__name__", None))
def test_survives(answer, words, capsys):
    assert attempt("guide", answer) is solution("guide")
    assert words in capsys.readouterr().out


def test_printing_is_held_back(capsys):
    def chatty(c, u, s):
        print("noise " * 1000)
        return u + s * (c - u)

    assert attempt("guide", chatty) is chatty
    assert "noise" not in capsys.readouterr().out


def test_reveal_shows_the_course_s_own_source(capsys):
    reveal("guide")
    shown = capsys.readouterr().out.strip()
    assert shown == "from torch import Tensor\n\n\n" + inspect.getsource(solution("guide")).strip()
    assert shown == solution_source("guide").strip()
    assert read_progress()["guide"]["state"] == "revealed"


def test_gate(capsys, monkeypatch):
    gate("Water is wet", True, "100%")
    assert capsys.readouterr().out == "✓ Water is wet: 100%\n"
    with pytest.raises(GateError, match="Water is dry: 3%"):
        gate("Water is dry", False, "3%")
    monkeypatch.setenv("COURSE_QUICK", "1")
    gate("Water is dry", False)


@pytest.mark.parametrize("day", QUIZZES)
def test_quiz(day, capsys):
    questions = read_quiz(day)
    assert 4 <= len(questions) <= 6
    assert all(len(q.choices) >= 3 and len(q.reasons) == len(q.choices) for q in questions)
    quiz(day)
    assert questions[0].text in capsys.readouterr().out
    assert "Answers:" in as_text(questions) and as_html(questions).count("<details>") == len(questions) + 1


def test_right_choices_are_spread():
    places = [q.right for day in QUIZZES for q in read_quiz(day)]
    assert len(set(places)) >= 3 and max(places.count(p) for p in set(places)) < 0.6 * len(places)


def test_quiz_form_by_hand(monkeypatch):
    """Press the buttons: a wrong choice gets its reason and holds you; the right one lets you go on."""
    from course_lib.exercises.quiz import _form

    questions = read_quiz("day02")
    title, choices, buttons, answer = _form("day02", questions).children
    check, onward = buttons.children
    check.click()
    assert "Choose an answer" in answer.value
    for i, question in enumerate(questions):
        assert f"Question {i + 1}" in title.value
        choices.index = (question.right + 1) % len(question.choices)
        check.click()
        assert "Not yet" in answer.value and onward.disabled
        choices.index = question.right
        check.click()
        assert "Right" in answer.value
        onward.click()
    assert "0 of 5 right at the first try" in answer.value
    assert read_progress()["quiz day02"]["state"] == "done"


def test_a_mistake_that_agrees_by_chance_gives_no_hint(monkeypatch, capsys):
    # One number of two mistakes can be the same for some inputs: 3 * 1 and 3 ** 1.
    inputs = iter([(3.0, 1.0), (3.0, 2.0)] * 2)

    def total(a, b):
        return a + b

    exercise = Exercise(
        day="day02",
        reference=total,
        make_inputs=lambda g, draw: tuple(map(torch.tensor, next(inputs))),
        mistakes=(
            Mistake(lambda a, b: a * b, "this is the product."),
            Mistake(lambda a, b: a**b, "this is the power."),
        ),
    )
    with pytest.raises(Stumble, match="power"):
        _check(exercise, lambda a, b: a**b)
