"""The course's own CLIP tokenizer: byte-pair encoding learned on the Zoo's captions (Sennrich et al. 2016).

Words of the captions become one token each.  Any other word, in any script, is spelled out in smaller pieces, down to
single bytes, so nothing a user types is refused.

Behind them stand words that the Zoo never uses and that public scripts need as one token, to start a new word from
(textual inversion) or to name a class (DreamBooth).
"""

from collections import Counter
from functools import lru_cache

import numpy as np
from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from course_lib.training.words import EXTRAS
from course_lib.zoo import FLAWS, caption, random_scene

VOCABULARY, MAX_LENGTH = 1024, 77
END = "</w>"
# Each with the kind of words whose mean its vector starts from.
NEW_WORDS = {"toy": "animal", "animal": "animal", "dog": "animal", "style": "medium"} | dict.fromkeys(
    ("person", "man", "woman", "object", "sks"), "word"
)


@lru_cache(maxsize=1)
def build_tokenizer() -> CLIPTokenizer:
    """The tokenizer, learned anew in a second or two; the same on every machine."""
    letters, merges = _letters(), _merges()
    vocabulary = letters + ["".join(pair) for pair in merges] + ["<|startoftext|>", "<|endoftext|>"]
    vocabulary += ["".join(pair) for pair in new_pieces()]  # behind: the numbers before them stay
    numbers = {piece: number for number, piece in enumerate(dict.fromkeys(vocabulary))}
    return CLIPTokenizer(vocab=numbers, merges=merges + new_pieces(), model_max_length=MAX_LENGTH)


@lru_cache(maxsize=1)
def new_pieces() -> list[tuple[str, str]]:
    """The merges that make each of NEW_WORDS one token, to be applied after all others."""
    found: list[tuple[str, str]] = []
    for word in NEW_WORDS:
        pieces = (*word[:-1], word[-1] + END)
        for pair in [*_merges(), *found]:
            pieces = _join(pieces, pair)
        while len(pieces) > 1:
            found.append(pieces[-2:])  # from the end: few other words share an ending
            pieces = (*pieces[:-2], "".join(pieces[-2:]))
    return found


def _letters() -> list[str]:
    letters = sorted(ByteLevel.alphabet())  # 256, one for every byte
    return letters + [letter + END for letter in letters]


@lru_cache(maxsize=1)
def _merges() -> list[tuple[str, str]]:
    return _learn_merges(_count_words(), VOCABULARY - len(_letters()) - 2)


def _count_words() -> Counter:
    """How often each word stands in 4,000 captions and in the list of extras; words as tuples of pieces."""
    rng = np.random.default_rng(0)
    texts = [caption(random_scene(rng), rng) for _ in range(4000)] + list(FLAWS) * 50 + list(EXTRAS) * 20
    words = Counter(word for text in texts for word in text.lower().replace(",", " , ").split())
    return Counter({(*word[:-1], word[-1] + END): count for word, count in words.items()})


def _learn_merges(words: Counter, number: int) -> list[tuple[str, str]]:
    """Join the most frequent pair of neighbours, again and again; ties go to the first in the alphabet."""
    merges = []
    while len(merges) < number:
        pairs = Counter()
        for word, count in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += count
        if not pairs:
            break  # every word is one piece
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        words = Counter({_join(word, best): count for word, count in words.items()})
    return merges


def _join(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    joined, i = [], 0
    while i < len(word):
        if word[i : i + 2] == pair:
            joined.append(word[i] + word[i + 1])
            i += 2
        else:
            joined.append(word[i])
            i += 1
    return tuple(joined)
