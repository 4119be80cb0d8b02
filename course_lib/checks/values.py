"""Checks of numbers, words and objects."""

import sys
import warnings
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

HUGE = 1e300  # beyond it, and for NaN, arithmetic ends


def check_number(
    value: Any, name: str, low: float | None = None, high: float | None = None, *,
    above: float | None = None, below: float | None = None, hint: str = "",
) -> None:  # fmt: skip
    """A finite number from `low` to `high`, or above and below others; a tensor of one number counts.  hint: what is usual."""
    number = value.item() if getattr(value, "shape", None) in ((), (1,)) else value
    fits = isinstance(number, Real) and not isinstance(number, bool) and abs(number) < HUGE
    fits = fits and (low is None or number >= low) and (high is None or number <= high)
    if not (fits and (above is None or number > above) and (below is None or number < below)):
        ends = f" from {low} to {high}" if None not in (low, high) else ""
        ends = ends or " and".join(
            f" {word}" for word, end in (
                (f"above {above}", above), (f"{low} or more", low), (f"below {below}", below), (f"{high} or less", high),
            ) if end is not None
        )  # fmt: skip
        raise ValueError(sentence(name, value, f"a{'' if ends else ' finite'} number{ends}", hint))


def check_count(value: Any, name: str, least: int = 1, most: int | None = None, *, hint: str = "") -> None:
    """A whole number from `least` to `most`.  hint: what is usual, or what to do."""
    number = value.item() if getattr(value, "shape", None) == () else value
    fits = isinstance(number, Integral) and not isinstance(number, bool) and number >= least
    if not fits or (most is not None and number > most):
        ends = f", {least} or more" if most is None else f" from {least} to {most}"
        raise ValueError(sentence(name, value, f"a whole number{ends}", hint))


def check_word(what: str, word: Any, words: Sequence[str]) -> None:
    """One of `words`; the nearest one is suggested."""
    if isinstance(word, str) and word in words:
        return
    near = get_close_matches(str(word).lower(), words, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"Unknown {what}: {_short(word)}.{hint} Choose one of: {', '.join(words)}.")


def check_text(text: Any, what: str) -> str:
    """Returns the text.  Raises ValueError for anything else."""
    if not isinstance(text, str):
        raise ValueError(sentence(what, text, "text in quotation marks"))
    return text


def check_texts(texts: Any, what: str, at_least: int = 1) -> list[str]:
    """Returns texts, one or more, as a list.  Raises ValueError for anything else, a single text too."""
    if isinstance(texts, str) or not isinstance(texts, Sequence) or len(texts) < at_least:
        raise ValueError(sentence(what, texts, "a list of texts, such as ['a cat', 'an owl']"))
    return [check_text(text, f"text {place} of {what}") for place, text in enumerate(texts)]


def check_is(value: Any, name: str, kind: type | str, example: str) -> None:
    """An object of a class, or one that has an attribute of that name.  example: what it is, in words."""
    fits = hasattr(value, kind) if isinstance(kind, str) else isinstance(value, kind)
    if not fits or isinstance(value, type):
        raise ValueError(sentence(name, value, example))


def check_numbers(values: Any, name: str, finite: bool = True) -> None:
    """Numbers in a row, one or more: a list, a tensor (N,) or an array.  finite: none of them NaN."""
    plain = values.tolist() if hasattr(values, "tolist") else values
    if isinstance(plain, str) or not isinstance(plain, Sequence) or not len(plain):
        raise ValueError(sentence(name, values, "a list of numbers, 1 or more"))
    for place, number in enumerate(plain):
        if finite or number == number:  # NaN differs from itself
            check_number(number, f"number {place} of {name}")


def check_named(values: Any, name: str, check: Callable, *more) -> None:
    """A dict of one or more names, whose values pass a check."""
    if not isinstance(values, dict) or not values:
        raise ValueError(sentence(name, values, "a dict that is not empty, {name: what belongs to it}"))
    for key, value in values.items():
        check(value, f"{name}[{key!r}]", *more)


def check_as_many(found: int, wanted: int, what: str, of: str) -> None:
    """As many of one as of the other."""
    if found != wanted:
        raise ValueError(f"There are {found} {what} for {wanted} {of}; give one for each.")


def check_network(value: Any, name: str = "model") -> None:
    """A network of torch."""
    check_is(value, name, "parameters", "a network, such as UNet() or what load_resnet gives first")


def check_callable(value: Any, name: str) -> None:
    """A function, or anything else that can be called; not a class, whose brackets were forgotten."""
    if not callable(value) or isinstance(value, type):
        raise ValueError(sentence(name, value, "something to call, such as a function or a network"))


def check_rng(value: Any, name: str = "rng") -> None:
    """A seed, a list of them, or numpy's source of random numbers."""
    if not hasattr(value, "integers"):
        for number in value if isinstance(value, (list, tuple)) and value else [value]:
            check_count(number, name, 0, hint="it may be a numpy Generator too")


def check_generator(generator: Any, name: str = "generator") -> None:
    """A source of random numbers."""
    from torch import Generator

    check_is(generator, name, Generator, "a torch.Generator, such as torch.Generator().manual_seed(0)")


def advise(sentence: str) -> None:
    """Warn of something legal that is hardly meant; the warning points at the student's own line."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").split(".")[0] in (
        "course_lib",
        "torch",
        "contextlib",
    ):
        level, frame = level + 1, frame.f_back
    warnings.warn(sentence, stacklevel=level)


def told(value: Any) -> str:
    """What came, in a few words: "a list of 3", "the text 'ten'", "a tensor of shape (2, 3)", 1.5."""
    if isinstance(value, str):
        return f"the text {_short(value)}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        kind = "tensor" if type(value).__module__.startswith("torch") else "numpy array"
        return f"a {kind} of shape {tuple(value.shape)}" if value.shape else f"a {kind} of {value}"
    if isinstance(value, (list, tuple, dict, set)):
        return f"a {type(value).__name__} of {len(value)}"
    if value is None or isinstance(value, (bool, Real)):
        return _short(value)
    return f"a {type(value).__name__}" if not isinstance(value, type) else f"the class {value.__name__}"


def _short(value: Any) -> str:
    words = repr(value)
    return words if len(words) <= 60 else words[:59] + "…"


def sentence(name: str, value: Any, needed: str, hint: str = "") -> str:
    """The one sentence: what came, what was expected, what to do."""
    return f"{name} is {told(value)}, but must be {needed}{'; ' if hint else ''}{hint}."
