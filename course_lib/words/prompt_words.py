"""The words of a prompt as the tokenizer reads them: which fit in, where one stands, and what a user should know.

A prompt has `tokenizer.model_max_length` places (77 in Stable Diffusion), of which the marks of beginning and end take two.
"""

import unicodedata

from torch import Tensor

from course_lib.checks import check_callable, check_is, check_number, check_text, takes


@takes(tokenizer=check_callable, prompt=check_text)
def left_out(tokenizer, prompt: str) -> str:
    """The end of the prompt that does not fit into the tokenizer's places; "" where all of it fits.

    Of `tokenizer.model_max_length` places (77) two go to the marks of beginning and end.
    """
    ids = tokenizer(prompt, verbose=False)["input_ids"][1:-1]  # without the two marks
    return tokenizer.decode(ids[tokenizer.model_max_length - 2 :])


@takes(tokenizer=check_callable, prompt=check_text, word=check_text)
def word_position(tokenizer, prompt: str, word: str) -> int:
    """Where a word stands among the prompt's tokens; 0 is the mark of the beginning.

    Raises ValueError where the part of the prompt that is read does not hold the word, or the tokenizer spells it in
    several tokens.
    """
    ids, wanted = tokenizer(prompt, truncation=True)["input_ids"], tokenizer(word)["input_ids"][1:-1]
    if len(wanted) != 1:
        pieces = " + ".join(tokenizer.decode([token]) for token in wanted) or "nothing"
        raise ValueError(
            f"{word!r} is not one token but {len(wanted)} ({pieces}); choose a word that is one token."
        )
    if wanted[0] not in ids:
        cut = " that is read" if left_out(tokenizer, prompt) else ""
        raise ValueError(f"{word!r} is not in the prompt{cut}, {prompt!r}; choose one of its words.")
    return ids.index(wanted[0])


@takes(
    pipe=(check_is, "tokenizer", "a pipeline, as load_text_to_image() gives"),
    prompt=check_text,
    guidance=(check_number, 0),
)
def check_prompt(pipe, prompt: str, negative: str | Tensor = "", guidance: float = 7.5) -> list[str]:
    """What a user should know before painting: one sentence for each thing that is not as they may think; often none.

    All of it is legal, so nothing is refused but what is no text (ValueError).
    """
    found = []
    if not prompt.strip():
        found.append("The prompt is empty, so the model paints whatever it likes: say what you want to see.")
    for name, text in (
        ("prompt", prompt),
        ("negative prompt", "" if isinstance(negative, Tensor) else negative),
    ):
        strange = _other_script(check_text(text, f"the {name}"))
        if strange:
            found.append(
                f"This model was taught English words only, so it cannot read {strange!r} in the {name}: say it in English."
            )
        cut = left_out(pipe.tokenizer, text)
        if cut:
            room = pipe.tokenizer.model_max_length - 2
            found.append(
                f"Only {room} tokens fit, so the end of the {name} was cut off, {cut!r}: say it in fewer words."
            )
    if guidance <= 1 and (isinstance(negative, Tensor) or negative.strip()):
        found.append(f"At guidance {guidance:g} the negative prompt is ignored: choose a guidance above 1.")
    return found


def _other_script(text: str) -> str:
    """The words that are written in another script than Latin, such as Korean."""
    latin = lambda letter: not letter.isalpha() or unicodedata.name(letter, "LATIN").startswith("LATIN")
    return " ".join(word for word in text.split() if not all(map(latin, word)))
