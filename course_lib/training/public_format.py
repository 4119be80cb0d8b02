"""Shipped as public code expects it: whoever writes for OpenAI's CLIP or Stable Diffusion changes only the path.

A network is trained in its own way; these functions turn it into what scripts of others rely on, changing no answer.
"""

import json
from copy import deepcopy
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import CLIPModel, CLIPTextModel, CLIPTokenizer
from transformers.image_utils import OPENAI_CLIP_MEAN, OPENAI_CLIP_STD

from course_lib.training.tokenizer import NEW_WORDS, VOCABULARY, build_tokenizer, new_pieces
from course_lib.zoo import ANIMALS


@torch.no_grad()
def expect_openai_pixels(model: CLIPModel) -> None:
    """Fold OpenAI's mean m and spread s into the picture tower, which was trained on p = 2v - 1, v in [0, 1].

    With q = (v - m) / s, p = 2 s q + (2 m - 1): the weights take 2 s, and the rest, the same for every patch, goes into
    the position embeddings, because CLIP's patch embedding has no bias.
    """
    mean, spread = torch.tensor(OPENAI_CLIP_MEAN), torch.tensor(OPENAI_CLIP_STD)
    embeddings = model.vision_model.embeddings
    weight = embeddings.patch_embedding.weight  # (D, 3, P, P)
    rest = torch.einsum("dchw,c->d", weight, 2 * mean - 1)
    weight.mul_(2 * spread[:, None, None])
    embeddings.position_embedding.weight[1:] += rest  # row 0 is the class token's


@torch.no_grad()
def start_new_words(model: CLIPModel | CLIPTextModel) -> None:
    """Give the words behind the Zoo's own a vector to start from: nobody has trained them.

    toy, animal and dog: the mean of the twelve animals.  style: of the media.  The rest: of all pieces that end a word.
    """
    tower, number = getattr(model, "text_model", model), build_tokenizer().get_vocab()
    known = tower.embeddings.token_embedding.weight[:VOCABULARY]
    tower.embeddings.token_embedding = nn.Embedding(len(number), known.shape[1])
    getattr(model.config, "text_config", model.config).vocab_size = len(number)
    table = tower.embeddings.token_embedding.weight
    table[:VOCABULARY] = known
    rows = lambda words: table[[number[f"{word}</w>"] for word in words]]
    ends = [n for piece, n in number.items() if n < VOCABULARY and len(piece) > 5 and piece.endswith("</w>")]
    means = {"animal": rows(name.split()[-1] for name in ANIMALS).mean(0), "word": table[ends].mean(0)}
    means["medium"] = rows(("photo", "watercolor", "oil", "pencil", "digital")).mean(0)
    for first, second in new_pieces():  # in the order of their numbers: both halves are there already
        if number[first + second] >= VOCABULARY:
            table[number[first + second]] = (table[number[first]] + table[number[second]]) / 2
    for word, like in NEW_WORDS.items():
        table[number[f"{word}</w>"]] = means[like]


def save_float(model, folder: Path, *, exact: tuple[str, ...] = (), prefix: str = "") -> None:
    """Write a transformers model in half precision, with a config that loads it in single precision again.

    exact: tensors, by the ends of their names, that stay in single precision.  prefix: stands before every name, for
    transformers 4, whose CLIPTextModel keeps its tower in `text_model`; transformers 5 reads both.
    """
    model.float().save_pretrained(folder)
    file = folder / "model.safetensors"
    tensors = {
        prefix + key: value if key.endswith(exact) else value.half() for key, value in load_file(file).items()
    }
    save_file(tensors, file, {"format": "pt"})
    config = folder / "config.json"
    told = json.loads(config.read_text(encoding="utf-8"))
    for part in (told, told.get("text_config", {}), told.get("vision_config", {})):
        part["dtype"] = "float32"
    config.write_text(json.dumps(told, indent=2, sort_keys=True) + "\n", encoding="utf-8", newline="\n")


def save_tokenizer(folder: Path) -> CLIPTokenizer:
    """Write the tokenizer as one file for transformers 5, and as vocab.json and merges.txt for transformers 4."""
    tokenizer = deepcopy(build_tokenizer())  # a processor will write its name into it
    tokenizer.save_pretrained(folder)
    tokenizer.backend_tokenizer.model.save(str(folder))
    return tokenizer
