"""Is this what the function needs?  One line above it answers a wrong argument in one sentence.

Every check raises ValueError and says what came, what was expected, and what to do.  Only public functions check, once, where
a student's values come in; what lies below may rely on it.
"""

from course_lib.checks.arguments import takes
from course_lib.checks.tensors import check_pictures, check_tensors
from course_lib.checks.values import (
    advise,
    check_as_many,
    check_callable,
    check_count,
    check_generator,
    check_is,
    check_named,
    check_network,
    check_number,
    check_numbers,
    check_rng,
    check_text,
    check_texts,
    check_word,
    told,
)

__all__ = [
    "advise", "check_as_many", "check_callable", "check_count", "check_generator", "check_is", "check_named", "check_network",
    "check_number", "check_numbers", "check_pictures", "check_rng", "check_tensors", "check_text", "check_texts", "check_word",
    "takes", "told",
]  # fmt: skip
