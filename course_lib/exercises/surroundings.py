"""Put back what a student's function changes around itself, so that it reaches neither its check nor the notebook.

Put back: names in torch, math, random, numpy, os, sys, time, builtins and this course that were replaced, deleted or added;
loaded modules; the working folder, environment and import path; warning filters; torch's and matplotlib's settings;
the recursion limit; and the streams of random numbers.
Not put back: what is inside objects that everybody shares (a list or a class of another library changed in place), open
figures, files, processes and threads of its own.  Only restarting the kernel undoes those.
"""

import builtins
import contextlib
import dataclasses
import math
import os
import random
import sys
import time
import warnings
from collections.abc import MutableMapping
from operator import is_
from types import ModuleType
from typing import Any

import numpy as np
import torch
from torch import nn

OWNERS = (
    torch, torch.linalg, nn, nn.functional, torch.Tensor, nn.Module, nn.Linear,
    builtins, math, np, os, random, sys, time, warnings,
)  # fmt: skip


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # the working folder was deleted
        return ""


def _go_to(folder: str) -> None:
    with contextlib.suppress(OSError):
        os.chdir(folder)


def _refill(mapping: MutableMapping, kept: dict) -> None:
    for name in set(mapping) - set(kept):
        del mapping[name]
    mapping.update({name: value for name, value in kept.items() if mapping.get(name) != value})


def _filter_warnings(kept: list) -> None:
    warnings.resetwarnings()  # says that the filters have changed
    warnings.filters[:] = kept


def _look() -> dict[str, Any]:
    """matplotlib's settings, where it is loaded, except for the backend, which it may choose at its first figure."""
    params = getattr(sys.modules.get("matplotlib"), "rcParams", {})
    return {name: value for name, value in dict.items(params) if not name.startswith("backend")}


# (read, write) of each setting; bound here, so that a patched torch cannot keep them from being put back
SETTINGS = (
    (_folder, _go_to),
    (lambda: dict(os.environ), lambda kept: _refill(os.environ, kept)),
    (lambda: list(sys.path), lambda kept: sys.path.__setitem__(slice(None), kept)),
    (lambda: list(warnings.filters), _filter_warnings),
    (_look, lambda kept: dict.update(sys.modules["matplotlib"].rcParams, kept)),
    (sys.getrecursionlimit, sys.setrecursionlimit),
    (torch.is_grad_enabled, torch.set_grad_enabled),
    (torch.get_default_dtype, torch.set_default_dtype),
    (torch.get_deterministic_debug_mode, torch.set_deterministic_debug_mode),
    (torch.get_num_threads, torch.set_num_threads),
    (
        lambda: dataclasses.asdict(torch._tensor_str.PRINT_OPTS),
        lambda kept, write=torch.set_printoptions: write(**kept),
    ),
)
STREAMS = (
    (torch.get_rng_state, torch.set_rng_state),
    (np.random.get_state, np.random.set_state),
    (random.getstate, random.setstate),
)


class Surroundings:
    """What stands around a student's function at this moment."""

    def __init__(self):
        ours = [m for name, m in list(sys.modules.items()) if name.startswith("course_lib")]
        owners = (*OWNERS, *(m for m in ours if isinstance(m, ModuleType)))
        self.names = [(owner, dict(vars(owner))) for owner in owners]
        self.settings = [(read, write, read()) for read, write in SETTINGS]
        self.streams = [(write, read()) for read, write in STREAMS]
        self.modules = dict(sys.modules)

    def put_back(self) -> None:
        """Names and settings become again what they were."""
        for owner, kept in self.names:
            _restore(owner, kept)
        for read, write, kept in self.settings:
            if read() != kept:
                write(kept)

    def put_back_all(self) -> None:
        """So do loaded modules, and the next random number is the one that would have come."""
        self.put_back()
        sys.modules.update({k: m for k, m in self.modules.items() if sys.modules.get(k) is not m})
        for write, kept in self.streams:
            write(kept)


def _restore(owner: Any, kept: dict[str, Any]) -> None:
    """Give a module or class its names back; a module loaded meanwhile stays."""
    now = vars(owner)
    if len(now) == len(kept) and all(map(is_, map(now.get, kept), kept.values())):
        return  # nearly always, and quickly told
    for name in [name for name, value in kept.items() if now.get(name, kept) is not value]:
        setattr(owner, name, kept[name])
    for name in [name for name in now if name not in kept]:
        if not isinstance(now[name], ModuleType):
            delattr(owner, name)
