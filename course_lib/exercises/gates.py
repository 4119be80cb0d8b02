"""Gates: what the prose claims, a cell checks."""

import os


class GateError(AssertionError):
    """A claim of the notebook does not hold in this run."""


def gate(claim: str, holds: bool, shown: str = "") -> None:
    """Print one steady line where the claim holds; raise GateError where it does not.

    shown: the number behind it, rounded so that it is the same on another machine; may be empty.
    With COURSE_QUICK=1 (training budgets cut, to test the machinery only) nothing is claimed and nothing fails.
    """
    value = f": {shown}" if shown else ""
    if os.environ.get("COURSE_QUICK") == "1":
        print(f"(quick run, not checked) {claim}")
    elif holds:
        print(f"✓ {claim}{value}")
    else:
        raise GateError(
            f"This does not hold in this run: {claim}{value}. Did you change a knob, or leave out a cell? "
            "Then it may well be so, and you can go on. If not, run the notebook from the top; if it stays, report it."
        )
