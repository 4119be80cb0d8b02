"""Answers that nobody expects: each makes, of an exercise's own solution, a function that is wrong in an odd way."""

import asyncio
import contextlib
import math
import random
import sys
import types
from unittest import mock

import numpy as np
import torch
from torch import Tensor, nn


class OddTensor(Tensor):
    """A tensor whose every operation raises."""

    @classmethod
    def __torch_function__(cls, *_, **__):
        raise ValueError("this tensor can do nothing")


class Mute(Exception):
    """An exception that cannot say what it is."""

    def __str__(self):
        raise RuntimeError("no words")


class Liar:
    """An object that raises whatever it is asked."""

    def __getattr__(self, name):
        raise KeyError(name)

    def __iter__(self):
        raise OSError("not today")

    def __eq__(self, other):
        raise ArithmeticError("incomparable")

    def __bool__(self):
        raise ValueError("neither true nor false")

    def __float__(self):
        raise OverflowError("no number")

    __hash__ = None


class Disguised:
    """An object that pretends to be a tensor."""

    __class__ = Tensor


def returns(value):
    """Always this value, whatever the question."""
    return lambda reference: lambda *a, **k: value() if callable(value) else value


def turns(change):
    """The right answer, changed."""
    return lambda reference: lambda *a, **k: change(reference(*a, **k))


def raises(error):
    def answer_of(reference):
        def answer(*a, **k):
            raise error() if callable(error) else error

        return answer

    return answer_of


def spoils(change):
    """The right answer, after something was done to the arguments."""

    def answer_of(reference):
        def answer(*a, **k):
            right = reference(*a, **k)
            for argument in a:
                with contextlib.suppress(
                    TypeError, AttributeError, RuntimeError, KeyError, IndexError, ValueError
                ):
                    change(argument)
            return right

        return answer

    return answer_of


def right_for_a_while(reference):
    calls = []

    def answer(*a, **k):
        calls.append(a)
        return reference(*a, **k) if len(calls) < 2 else None

    return answer


def _self_containing():
    endless = []
    endless.append(endless)
    return endless


def _lose_parts(argument):
    for name in list(vars(argument).get("_modules", vars(argument))):
        delattr(argument, name)


SHAPED = torch.zeros(3)
NETWORK = nn.Linear(2, 2)
EXPLODING = types.GeneratorType  # a class as an answer

# What comes back, whatever was asked.
ANY_RESULT = {
    "None": returns(None), "text": returns("0.5"), "dots": returns(...),
    "bool": returns(True), "300": returns(300), "huge": returns(10**400), "inf": returns(math.inf), "nan": returns(math.nan), "float64": returns(np.float64(2)), "array": returns(np.zeros(3)),
    "objects": returns(np.array([None, "x"], dtype=object)), "list": returns([1, 2]), "empty": returns([]), "set": returns({1}), "pairs": returns([("fox", None), ("dog", Liar()), ("cat", 10**400)]),
    "self": returns(_self_containing), "generator": returns(lambda: (x for x in range(3))), "endless": returns(lambda: iter(int, 1)), "map": returns(lambda: map(int, "12")),
    "class": returns(lambda: dict), "module": returns(math), "function": returns(lambda: len), "mock": returns(mock.MagicMock()),
    "liar": returns(lambda: Liar()), "disguised": returns(lambda: Disguised()), "coroutine": returns(lambda: asyncio.sleep(0)), "network": returns(lambda: NETWORK),
    "no shape": returns(torch.tensor(3.0)), "empty tensor": returns(torch.zeros(0)), "shape": returns(SHAPED),
    "bools": returns(torch.ones(3, dtype=torch.bool)), "complex tensor": returns(torch.zeros(3, dtype=torch.complex64)),
    "sparse": returns(torch.eye(3).to_sparse()), "csr": returns(lambda: torch.eye(3).to_sparse_csr()),
    "quantized": returns(lambda: torch.quantize_per_tensor(SHAPED, 0.1, 0, torch.quint8)),
    "nested": returns(lambda: torch.nested.nested_tensor([SHAPED, torch.zeros(2)])),
    "jagged": returns(lambda: torch.nested.nested_tensor([SHAPED, torch.zeros(2)], layout=torch.jagged)),
    "meta": returns(torch.zeros(3, device="meta")), "odd tensor": returns(lambda: SHAPED.as_subclass(OddTensor)),
    "list of tensors": returns([SHAPED, None]),
}  # fmt: skip

# The right answer, in a form that is not asked for.
CHANGED = {
    "double": turns(lambda x: x.double() if x.dtype == torch.float32 else x.float()), "half": turns(lambda x: x.half()),
    "int8": turns(lambda x: x.to(torch.int8)), "as complex": turns(lambda x: torch.complex(x, x)),
    "to sparse": turns(lambda x: x.to_sparse()), "to meta": turns(lambda x: x.to("meta")), "one more axis": turns(lambda x: x[None]),
    "as list": turns(lambda x: [x]), "as dict": turns(lambda x: {"x": x}), "in a lambda": turns(lambda x: lambda: x),
    "as subclass": turns(lambda x: x.as_subclass(OddTensor)), "learning": turns(lambda x: (x.float() * 1).requires_grad_()),
    "nan inside": turns(lambda x: x * math.nan), "as array": turns(lambda x: x.numpy()), "as text": turns(lambda x: [str(x)]),
    "quantize": turns(lambda x: torch.quantize_per_tensor(x, 0.1, 0, torch.qint8)), "wrapped": turns(lambda x: Liar()),
}  # fmt: skip

RAISING = {
    "no name": raises(NameError("x")), "name 'T'": raises(NameError("name 'T'")), "mute": raises(Mute), "group": raises(ExceptionGroup("a", [ValueError()])),
    "stop": raises(StopIteration), "generator exit": raises(GeneratorExit), "interrupt": raises(KeyboardInterrupt), "exit": raises(SystemExit(3)),
    "memory": raises(MemoryError), "many lines": raises(ValueError("a\nb\nc" * 100)), "markup": raises(ValueError("[/bold] \x1b[31m \r\n")),
    "a class": raises(lambda: type("Odd\nName", (BaseException,), {})()), "unicode": raises(UnicodeDecodeError("utf-8", b"x", 0, 1, "bad")),
    "dimension 0": raises(IndexError("dimension 0")), "stumble": raises(ImportError()), "no trace": raises(ValueError("x").with_traceback(None)),
    "assertion": raises(AssertionError), "not an error": raises(lambda: 5), "recursion": raises(RecursionError),
}  # fmt: skip

# What is handed in is no function of the right kind.
NO_ANSWER = {
    "nothing": lambda reference: None, "a tensor": lambda reference: SHAPED, "its name": lambda reference: reference.__name__,
    "the class list": lambda reference: list, "a type": lambda reference: EXPLODING, "a module": lambda reference: math,
    "print": lambda reference: print, "a mock": lambda reference: mock.MagicMock(), "an object": lambda reference: Liar(),
    "disguise": lambda reference: Disguised(), "a network": lambda reference: NETWORK, "no arguments": lambda reference: lambda: None,
    "many arguments": lambda reference: lambda a, b, c, d, e, f, g, h, i: None, "a called one": lambda reference: [reference],
    "right once": right_for_a_while, "async": lambda reference: asyncio.sleep, "random": lambda reference: lambda *a, **k: random.random(),
}  # fmt: skip

# Right, but for what is done to the arguments.  Harmless where the argument is a copy, a fault where it is meant to stay.
SPOILING = {
    "clear": spoils(lambda x: x.clear()), "sort": spoils(lambda x: x.sort()), "in place": spoils(lambda x: x.add_(1)),
    "learn": spoils(lambda x: x.requires_grad_()), "lose parts": spoils(_lose_parts),
    "no head": spoils(lambda x: delattr(x, "fc")), "data": spoils(lambda x: setattr(x, "data", x.to("meta").data)),
    "room": spoils(lambda x: setattr(x, "model_max_length", 5)), "eos": spoils(lambda x: setattr(x, "eos_token", "owl")),
    "forward": spoils(lambda x: setattr(x, "forward", lambda *_: sys.exit())), "call": spoils(lambda x: setattr(x, "__class__", Liar)),
}  # fmt: skip

EVERYWHERE = {**ANY_RESULT, **CHANGED, **SPOILING}  # for each exercise
ONCE = {**RAISING, **NO_ANSWER}  # before an exercise's own check begins
