"""What a function takes, said in one line above it and checked at every call."""

import functools
import inspect
from typing import Any

from course_lib.checks.tensors import check_tensor
from course_lib.checks.values import check_word


def takes(**needed):
    """Check a function's arguments at every call: @takes(labels="int N", p=(check_number, 0, 1), prediction=("eps", "v")).

    needed: for each argument a shape as in `check_tensors`, or the words it may be, or a check with what it is called with
    after value and name.  Where None is the default, None is let through.
    """

    def wrap(function):
        signature = inspect.signature(function)
        may_be_none = {name for name, parameter in signature.parameters.items() if parameter.default is None}

        @functools.wraps(function)
        def checked(*args, **kwargs):
            try:
                given = signature.bind(*args, **kwargs).arguments
            except TypeError:  # an argument too many or too few: Python says it best
                return function(*args, **kwargs)
            sizes: dict[str, tuple] = {}
            for name in [name for name in needed if name in given]:
                if given[name] is not None or name not in may_be_none:
                    _check(given[name], name, needed[name], sizes)
            return function(*args, **kwargs)

        return checked

    return wrap


def _check(value: Any, name: str, need: Any, sizes: dict[str, tuple]) -> None:
    if isinstance(need, str):
        check_tensor(value, name, need, sizes)
    elif callable(need):
        need(value, name)
    elif callable(need[0]):
        need[0](value, name, *need[1:])
    else:
        check_word(name, value, need)
