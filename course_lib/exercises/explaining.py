"""Say what an error in a student's function means: torch's and Python's most frequent messages, in words that help."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial


@dataclass(frozen=True)
class Slip:
    """An error in a student's function, and where it happened."""

    error: BaseException
    text: str  # the error's own message
    line: str = ""  # the student's line that raised
    arguments: tuple[str, ...] = ()  # the names of their function's arguments

    def says(self, *parts: str) -> bool:
        """True where the error's message holds all of these parts."""
        return all(part in self.text for part in parts)

    def has(self, *names: str) -> bool:
        """True where the student's function has arguments of all these names."""
        return set(names) <= set(self.arguments)

    def misses(self, name: str) -> bool:
        """True where a name was used that does not exist."""
        return isinstance(self.error, NameError) and getattr(self.error, "name", None) == name


def explain(error: BaseException) -> str:
    """The hint for an error that came out of a student's function; `error` was caught one frame above that function."""
    text = message_of(error)
    if isinstance(error, NotImplementedError) and not text:
        return "it still raises NotImplementedError; replace that line by your answer."
    if isinstance(error, RecursionError):
        return "your function calls itself without end (RecursionError)."
    if isinstance(error, SystemExit | KeyboardInterrupt):
        return "your function tries to end the program; it only needs to return a value."
    slip = _locate(error, text)
    known = next((f" {words}" for test, words in KNOWN if test(slip)), "")
    known = known.replace("FIRST", (*slip.arguments, "x0")[0])
    where = f" Your line: `{slip.line}`." if slip.line else ""
    first = text.strip().split("\n")[0][:200].rstrip(".:") or "no message"
    return f"your function stopped with {type(error).__name__}: {first}.{known}{where}"


def message_of(error: BaseException) -> str:
    """An error's own message; "" where it has none or cannot say it."""
    try:
        return str(error)
    except Exception:  # an exception of the student's own may not be able to say what it is
        return ""


def _locate(error: BaseException, text: str) -> Slip:
    inside = error.__traceback__.tb_next if error.__traceback__ else None
    if inside is None:  # it was not even entered: a wrong number of arguments
        return Slip(error, text)
    code = inside.tb_frame.f_code
    line = traceback.extract_tb(inside, limit=1)[0].line or ""
    return Slip(error, text, line, code.co_varnames[: code.co_argcount])


def _sizes(slip: Slip) -> bool:
    return slip.says("must match the size of tensor")


def _per_sample(slip: Slip) -> bool:
    return _sizes(slip) and (slip.has("alpha_bar") or slip.has("t"))


def _lookup_in_a_number(slip: Slip) -> bool:
    """An index on a tensor without axes; not one that is merely too large for axis 0."""
    asked = slip.says("too many indices for tensor of dimension 0") or slip.says("0-dim tensor")
    return isinstance(slip.error, IndexError) and asked


def _too_large_on_axis_0(slip: Slip) -> bool:
    return isinstance(slip.error, IndexError) and slip.says("out of bounds for dimension 0")


def _is(kind: type | tuple[type, ...], *parts: str) -> Callable[[Slip], bool]:
    return lambda slip: isinstance(slip.error, kind) and slip.says(*parts)


def _misses(name: str) -> Callable[[Slip], bool]:
    return partial(Slip.misses, name=name)


# The first that fits is told, so what is special to one exercise stands before what is general.
# FIRST stands for the name of the function's first argument.
KNOWN: tuple[tuple[Callable[[Slip], bool], str], ...] = (
    (lambda s: isinstance(s.error, RuntimeError) and ".T" in s.line and "@" in s.line,
     ".T turns the whole shape round, the batch too: write x.transpose(-1, -2)."),
    (lambda s: _sizes(s) and s.has("std"),
     "One number per channel, shape (3,), must be reshaped with .view(-1, 1, 1) before it meets pictures."),
    (lambda s: _sizes(s) and s.has("right", "wrong"),
     "`right` has shape (N,); make it a column, right[:, None], to compare it with every column of `wrong`."),
    (lambda s: s.says("mat1 and mat2") and s.has("features_a"),
     "torch.cov wants one picture per column: torch.cov(x.T)."),
    (lambda s: _sizes(s) and s.has("gradients"),
     "A weight per channel, shape (B, C), needs two more axes before it meets maps: keepdim=True in the mean."),
    (lambda s: s.says("torch.return_types"),
     ".max(dim=1) returns two tensors, the values and where they are: take .values."),
    (_per_sample,
     "torch lines shapes up from the last axis. A value per sample, such as alpha_bar[t] of shape (B,), must be reshaped "
     "with .view(-1, 1, 1, 1) wherever it meets pictures; a column is made with [:, None]."),
    (_sizes,
     "torch lines shapes up from the last axis. For the product of two tables write @; * multiplies number by number. "
     "A column is made with [:, None]."),
    (lambda s: s.says("zero-dimensional tensor"),
     "A single number has no axis to join along: cut a piece of length one, such as x[:1], not x[0]."),
    (lambda s: s.says("must be Tensor, not float"),
     "This function of torch wants a tensor; for a plain number write number ** 0.5, or torch.tensor(number)."),
    (_misses("sqrt"), "Write x.sqrt(), torch.sqrt(x) or x ** 0.5."),
    (_misses("T"), "T only stands for a size: it is len(alpha_bar)."),
    (_misses("B"), "B only stands for a size: it is len(FIRST)."),
    (_is((IndexError, ValueError), "this schedule has steps"),
     "How many steps there are is len(alpha_bar); do not write 1000."),
    (lambda s: _too_large_on_axis_0(s) and s.has("embeddings", "position"),
     "z[position] picks a prompt of the batch; the words are the middle axis: z[:, position]."),
    (_lookup_in_a_number, "It is one number already; there is nothing to look up in it."),
    (_is(TypeError, "object is not callable"), "If you mean a product, write * for times."),
    (lambda s: s.says("could not infer output dtype", "Bool"),
     "True and False have no mean: make numbers of them first, with .float()."),
    (lambda s: s.says("expected one of:"), "It was given something of a wrong type; a condition looks like `coin < p`."),
    (lambda s: any(map(s.says, ("not iterable", "has no attribute 'mul_'", "has no attribute 'lerp_'"))),
     "A network is not a tensor: go through its .parameters()."),
)  # fmt: skip
