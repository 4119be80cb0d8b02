"""Day 07: what a prompt leaves out, an interval for a mean, the negative prompt, a louder word and a switched prompt."""

from functools import cache
from types import SimpleNamespace

import torch
from torch import nn

from course_lib.exercises.catalogue import Exercise, Mistake
from course_lib.exercises.comparing import plain_tensor, same, what
from course_lib.exercises.sandbox import Stumble, call
from course_lib.measuring.intervals import confidence_interval
from course_lib.words.prompt_words import left_out
from course_lib.words.prompting import guided_noise, scale_word, switch_prompt

PLACES, WIDTH = 6, 3  # of the small embeddings here


TEXT = "a dragon, a cat and an owl, in the snow by the sea on a tree branch over a moonlit forest"  # more tokens than words


def _tokenizer(room: int):
    """The pocket model's tokenizer, with room for another number of tokens."""
    from transformers import CLIPTokenizer

    from course_lib.weights import FOLDER

    tokenizer = CLIPTokenizer.from_pretrained(
        FOLDER / "pocket-diffusion" / "tokenizer", model_max_length=room
    )
    tokenizer.deprecation_warnings["sequence-length-is-longer-than-the-specified-maximum"] = (
        True  # it is meant here
    )
    return tokenizer


PROMPTS = ((12, TEXT), (18, TEXT), (77, ", ".join([TEXT] * 6)), (60, TEXT))


@cache
def _judges() -> list:
    """One tokenizer for each of the prompts, out of the student's reach."""
    return [_tokenizer(room) for room, _ in PROMPTS]


def _check_left_out(function) -> None:
    for (room, text), tokenizer in zip(PROMPTS, _judges()):
        got = call(function, _tokenizer(room), text)
        if got is None:
            raise Stumble("your function returns None; is the `return` missing?")
        if type(got) is not str:
            raise Stumble(
                f"your function returns {what(got)}; turn numbers back into words with tokenizer.decode(...)."
            )
        ids = tokenizer(text)["input_ids"]
        if got.strip() != tokenizer.decode(ids[room - 1 : -1]).strip():
            raise Stumble(_why_not_left_out(got.strip(), tokenizer, text, ids, room))


def _why_not_left_out(got: str, tokenizer, text: str, ids: list[int], room: int) -> str:
    """What went wrong.  got: the student's text.  ids: of the whole text, with both marks.  room: the places there are."""
    plain = ids[1:-1]
    ends = {tokenizer.decode(plain[n:]).strip(): n for n in reversed(range(len(plain) + 1))}
    words = [" ".join(text.split()[n:]) for n in (room - 2, room - 1, room)]
    bare = got.removeprefix(tokenizer.bos_token).removesuffix(tokenizer.eos_token).strip()
    if any(bare == tokenizer.decode(plain[:n]).strip() for n in range(room - 3, room + 1)) and bare:
        return "this is what fits in; return what comes after it."
    if bare != got:
        return "a mark is among the words: take the first and the last number away, [1:-1], before you cut."
    if got and (got in words or got in [text[n:].strip() for n in (room - 2, room - 1, room)]):
        return (
            "words or letters are counted here; ask the tokenizer, which cuts some words into several tokens."
        )
    if ends.get(got, 0) in (75, 76, 77) or (room < 75 and not got):
        return (
            "75 or 77 is written out, but another tokenizer has other room: ask tokenizer.model_max_length."
        )
    if got in ends and ends[got] > room - 2:
        return "too little is left out: the two marks take a place each, so two tokens fewer fit."
    if got in ends:
        return "more is returned than was cut off: of all places only two go to the marks."
    expected = tokenizer.decode(plain[room - 2 :]).strip()
    return f"with {room} places your function returns {got[:50]!r}, it should be {expected[:50]!r}."


def _values(g, draw):
    n = 5 + draw  # few, so that N and N - 1 differ; not 4, where N is twice its root
    return 20 * torch.rand(n, generator=g) ** 3, (1.5, 3.0, 2.3, 1.96)[draw]


class _UNet(nn.Module):
    """A stand-in: an uneven function of latents, time and text, which counts that they are equally many."""

    def __init__(self, g):
        super().__init__()
        self.turn = torch.randn(PLACES * WIDTH, generator=g)

    def forward(self, sample, timestep, encoder_hidden_states=None, return_dict=True, **_):
        text = encoder_hidden_states
        if text is None:
            raise ValueError("the U-Net needs three things: latents, t and embeddings")
        if len(sample) != len(text):
            raise ValueError(
                f"the U-Net got {len(sample)} latents, but {len(text)} texts; give it as many of both"
            )
        said = torch.sin(text.flatten(1) @ self.turn).view(-1, 1, 1, 1)
        out = torch.sin(sample * (2 + said) + said + 0.01 * timestep)
        return SimpleNamespace(sample=out) if return_dict else (out,)


def _guided(g, draw):
    prompt, other = (torch.randn(1 + draw % 2, PLACES, WIDTH, generator=g) for _ in range(2))
    latents = torch.randn(1 + draw % 2, 4, 5, 5, generator=g)
    return _UNet(g), latents, torch.tensor(100 + 200 * draw), prompt, other, (7.5, 2.0, 4.0, 3.0)[draw]


def _ask(unet, latents, t, text):
    return unet(latents, t, text).sample


def _word(g, draw):
    return torch.randn(2, PLACES, WIDTH, generator=g), 2 + draw % 3, (2.0, 0.5, 0.0, -1.5)[draw]


def _scaled(z, part, weight):
    z = z.clone()
    z[part] = z[part] * weight
    return z


def _check_switch(function) -> None:
    first, second = torch.randn(2, 1, PLACES, WIDTH)
    for steps, at in ((16, 0.25), (8, 0.75), (8, 0.5), (8, 0.0), (8, 1.0)):
        got = [call(function, step, steps, at, first.clone(), second.clone()) for step in range(steps)]
        if any(z is None for z in got):
            raise Stumble("your function returns None at some steps; is a `return` missing?")
        for z in got:
            plain_tensor(z, "one of the embeddings themselves, first or second,")
        who = "".join("1" if same(z, first) else "2" if same(z, second) else "?" for z in got)
        n = int(at * steps)
        if who != "1" * n + "2" * (steps - n):
            raise Stumble(_why_not_switched(who, n, steps, at))


def _why_not_switched(who: str, n: int, steps: int, at: float) -> str:
    """What went wrong.  who: which prompt each step got, as "1122".  n: how many steps belong to the first."""
    if "?" in who:
        return "the two are mixed; at each step only one of them counts, as it is."
    if who == "2" * n + "1" * (steps - n):
        return "first and second are swapped."
    if who == "1" * steps:
        return "the second prompt never gets its turn; look at `step`."
    if who == "2" * steps:
        return "the first prompt never gets its turn; look at `step`."
    if who == "1" + "2" * (steps - 1):
        return "step counts whole steps, and `at` is a part of them: compare with at * steps."
    count = "steps count from 0, so with 4 steps for the first it gets 0, 1, 2 and 3."
    if who == "1" * (n + 1) + "2" * (steps - n - 1):
        return f"the first prompt gets one step too many: {count}"
    if who == "1" * (n - 1) + "2" * (steps - n + 1):
        return f"the first prompt gets one step too few: {count}"
    if who == "1" * (steps - n) + "2" * n:
        return "`at` is the part that the first prompt gets, counted from the beginning."
    return (
        f"with {steps} steps and at = {at:g} the steps get {who}; it should be {'1' * n + '2' * (steps - n)}."
    )


EXERCISES = [
    Exercise(day="day07", reference=left_out, check=_check_left_out, prepare=_judges),
    Exercise(
        day="day07",
        reference=confidence_interval,
        make_inputs=_values,
        mistakes=(
            Mistake(lambda x, f: _ends(x, f * x.std()), "this is how far single values spread; the mean of N of them is surer by the square root of N."),
            Mistake(lambda x, f: _ends(x, f * x.std() / len(x)), "divide by the square root of N, not by N."),
            Mistake(lambda x, f: _ends(x, f * x.std(correction=0) / len(x) ** 0.5), "the standard deviation divides by N - 1, not by N; x.std() does it so by itself."),
            Mistake(lambda x, f: _ends(x, f * x.std(correction=0) / (len(x) ** 0.5 - 1)), "N - 1 belongs into the standard deviation, and x.std() has it there by itself; divide by the square root of N."),
            Mistake(lambda x, f: _ends(x, f * x.std() / (len(x) - 1) ** 0.5), "N - 1 belongs into the standard deviation, and x.std() has it there by itself; divide by the square root of N."),
            Mistake(lambda x, f: _ends(x, f * x.var() / len(x) ** 0.5), "this takes the variance; the standard deviation is its square root, x.std()."),
            Mistake(lambda x, f: _ends(x, 1.96 * x.std() / len(x) ** 0.5), "1.96 is written out, but few values need more: multiply by `factor`."),
            Mistake(lambda x, f: _ends(x, 2 * x.std() / len(x) ** 0.5), "2 is written out, but few values need more: multiply by `factor`."),
            Mistake(lambda x, f: _ends(x, x.std() / len(x) ** 0.5), "factor is not used: the margin is factor times std / sqrt(N)."),
            Mistake(lambda x, f: _ends(x, f * x.std() / len(x) ** 0.5 / 2), "the margin is taken half; it goes as far to each side."),
            Mistake(lambda x, f: _ends(x * 0, 1) * f * x.std() / len(x) ** 0.5, "these are the margins; add them to the mean."),
            Mistake(lambda x, f: _ends(x, f * x.std() / len(x) ** 0.5).flip(0), "the ends are swapped: the lower one comes first."),
            Mistake(lambda x, f: _ends(x, f * x.std() / len(x) ** 0.5) - x.mean() + x.median(), "the median stands in the middle; take the mean."),
            Mistake(lambda x, f: torch.stack([x.min(), x.max()]), "these are the least and the greatest value; the interval is about the mean."),
            Mistake(lambda x, f: f * x.std() / len(x) ** 0.5, "this is the margin; return the two ends, mean minus margin and mean plus margin."),
        ),
    ),
    Exercise(
        day="day07",
        reference=guided_noise,
        make_inputs=_guided,
        mistakes=(
            Mistake(lambda u, x, t, p, o, s: guided_noise(u, x, t, o, p, s), "prompt and other are swapped: this goes away from the prompt. The half of the answer that comes first belongs to the text that went in first."),
            Mistake(lambda u, x, t, p, o, s: _ask(u, x, t, p) - s * _ask(u, x, t, o), "the other text is only taken away; start from its answer, and go from there towards the prompt's."),
            Mistake(lambda u, x, t, p, o, s: _ask(u, x, t, p) + s * (_ask(u, x, t, p) - _ask(u, x, t, o)), "this starts from the prompt's answer, so it goes one step too far (Ho and Salimans count so); here scale 1 must be off: start from the other text's answer."),
            Mistake(lambda u, x, t, p, o, s: s * (_ask(u, x, t, p) - _ask(u, x, t, o)), "the start is missing: add the answer to the other text."),
            Mistake(lambda u, x, t, p, o, s: _ask(u, x, t, o) + s * _ask(u, x, t, p), "the way is the difference of the two answers, scale times (prompt's minus other's)."),
            Mistake(lambda u, x, t, p, o, s: _ask(u, x, t, p), "only the prompt was asked for; ask for the other text too, and go on in the direction from its answer."),
            Mistake(lambda u, x, t, p, o, s: _ask(u, x, t, o + s * (p - o)), "this mixes the embeddings before the U-Net; mix its two answers."),
            Mistake(lambda u, x, t, p, o, s: _ask(u, x, t, p - o), "this takes one text from the other before the U-Net; ask for each, and mix the two answers."),
            Mistake(lambda u, x, t, p, o, s: u(torch.cat([x, x]), t, torch.cat([o, p])).sample, "these are the two answers; take them apart with .chunk(2), and put them together by the formula."),
        ),
    ),
    Exercise(
        day="day07",
        reference=scale_word,
        make_inputs=_word,
        mistakes=(
            Mistake(lambda z, i, w: z * w, "every word was scaled; only the one at `position` is meant."),
            Mistake(lambda z, i, w: _scaled(z, (slice(None), slice(None), i % WIDTH), w), "this scales one number of every word; the words are the middle axis: [:, position]."),
            Mistake(lambda z, i, w: _scaled(z, i % len(z), w), "this scales one whole prompt of the batch; the words are the second axis: [:, position]."),
            Mistake(lambda z, i, w: _scaled(z, (0, i), w), "only the first prompt of the batch was changed; do it for all: [:, position]."),
            Mistake(lambda z, i, w: _scaled(z, (slice(None), slice(i, None)), w), "all words from there on were scaled; only the one at `position` is meant."),
            Mistake(lambda z, i, w: _scaled(z, (slice(None), slice(None, i)), w), "the words before it were scaled; only the one at `position` is meant."),
            Mistake(lambda z, i, w: _scaled(z, (slice(None), i - 1), w), "the word before it was scaled; positions count from 0, as Python does."),
            Mistake(lambda z, i, w: _scaled(z, (slice(None), i + 1), w), "the word after it was scaled; positions count from 0, as Python does."),
            Mistake(lambda z, i, w: torch.cat([z[:, :i], z[:, i : i + 1] + w, z[:, i + 1 :]], 1), "the weight was added; multiply by it."),
            Mistake(lambda z, i, w: torch.cat([z[:, :i], z[:, i : i + 1] * 0 + w, z[:, i + 1 :]], 1), "the word was replaced by the weight; multiply its vector by it."),
            Mistake(lambda z, i, w: z[:, i] * w, "only the word came back; return the whole prompt, with this word changed in a copy."),
        ),
    ),
    Exercise(day="day07", reference=switch_prompt, check=_check_switch),
]  # fmt: skip


def _ends(x, margin):
    return torch.stack([x.mean() - margin, x.mean() + margin])
