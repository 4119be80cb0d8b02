"""What a CLIP sees in pictures of the Zoo: animal, medium and place, by comparing with every possible caption."""

from dataclasses import dataclass
from itertools import product

import torch
from torch import Tensor, nn

from course_lib.checks import advise, check_count, check_is, check_pictures, check_texts, check_word, takes
from course_lib.words.clip import zero_shot
from course_lib.words.prompt_words import left_out
from course_lib.zoo import ANIMALS, FLAWS, MEDIA, PLACES, Scene, caption, random_scene

FIELDS = {"animal": ANIMALS, "medium": MEDIA, "place": PLACES}
COMPOSITIONS = tuple(product(ANIMALS, MEDIA, PLACES))  # 480 of them


@dataclass(frozen=True)
class Reading:
    """How probable each word is for each picture, among the words of the Zoo."""

    animal: Tensor  # (N, 12), rows sum to 1
    medium: Tensor  # (N, 5)
    place: Tensor  # (N, 8)

    @takes(field=tuple(FIELDS), names=check_texts)
    def agrees(self, field: str, names: list[str]) -> Tensor:
        """Which pictures show what was asked for.  names: N words of `field`.  Returns (N,) bool.

        Raises ValueError for a word the Zoo does not have, or another number of words than of pictures.
        """
        p = getattr(self, field)
        if len(names) != len(p):
            raise ValueError(f"{len(names)} names for {len(p)} pictures; give one name for each.")
        for name in names:
            check_word(field, name, FIELDS[field])
        return p.argmax(1) == torch.tensor([FIELDS[field].index(name) for name in names])

    def agreement(self, scenes: list[Scene]) -> dict[str, float]:
        """The part of the pictures that show the scene's animal, medium, place, and all three."""
        right = {f: self.agrees(f, [getattr(scene, f) for scene in scenes]) for f in FIELDS}
        right["all three"] = right["animal"] & right["medium"] & right["place"]
        return {name: hits.float().mean().item() for name, hits in right.items()}


class Judge:
    """A CLIP with the Zoo's 480 captions already read.

    clip: CLIPModel.  processor: CLIPProcessor, both from `course_lib.models.load_clip`.
    """

    @takes(
        clip=(check_is, "get_text_features", "a CLIPModel, the first of what load_clip() gives"),
        processor=(check_is, "tokenizer", "a CLIPProcessor, the second of what load_clip() gives"),
    )
    def __init__(self, clip, processor):
        self.clip, self.processor = clip, processor
        self.plain = [
            caption(random_scene(0, animal=animal, medium=medium, place=place))
            for animal, medium, place in COMPOSITIONS
        ]
        self.captions = self.text_features(self.plain)  # (480, D)

    @takes(texts=check_texts)
    @torch.no_grad()
    def text_features(self, texts: list[str]) -> Tensor:
        """(N, D) on the CPU, each of length 1.  Warns of texts that are too long to be read to their end.

        Raises ValueError for anything but a list of texts.
        """
        self._warn_of_long(texts)
        batch = self.processor(text=texts, padding=True, truncation=True, return_tensors="pt")
        found = self.clip.get_text_features(**batch.to(self.clip.device))
        return _normalised(found)

    def _warn_of_long(self, texts: list[str]) -> None:
        tokenizer = self.processor.tokenizer
        places = tokenizer.model_max_length
        # a token is a byte or more, so short texts need no second look
        long = [text for text in texts if len(text.encode()) > places - 2 and left_out(tokenizer, text)]
        if long:
            advise(
                f"{len(long)} of {len(texts)} texts are longer than the {places} tokens that this judge reads, such as "
                f"{long[0][:40]!r}…: texts that differ only at the end look the same to it, so say them in fewer words."
            )

    @takes(images=check_pictures)
    @torch.no_grad()
    def image_features(self, images: Tensor) -> Tensor:
        """images: (N, 3, H, W) in [-1, 1].  Returns (N, D) on the CPU, each of length 1.

        Raises ValueError for another shape, type or range; warns of pictures that look like [0, 1].
        """
        parts = []
        for part in images.split(64):
            pixels = self.processor(
                images=list(part.float().cpu().clamp(-1, 1) / 2 + 0.5), return_tensors="pt", do_rescale=False
            )["pixel_values"]
            parts.append(_normalised(self.clip.get_image_features(pixel_values=pixels.to(self.clip.device))))
        return torch.cat(parts)

    def read(self, images: Tensor) -> Reading:
        """What each picture shows: the probabilities of the 480 captions, summed over the other two fields."""
        p = zero_shot(self.image_features(images), self.captions, self.clip.logit_scale.exp().item())
        p = p.unflatten(1, (len(ANIMALS), len(MEDIA), len(PLACES)))
        return Reading(animal=p.sum((2, 3)), medium=p.sum((1, 3)), place=p.sum((1, 2)))

    def flaws(self, images: Tensor) -> dict[str, Tensor]:
        """Which pictures show which flaw: (N,) bool per flaw.

        Each picture's most probable caption is compared with the same caption and one flaw behind it.
        """
        features = self.image_features(images)
        best = (features @ self.captions.T).argmax(1).tolist()
        endings = ["", *(f", {flaw}" for flaw in FLAWS)]
        asked = sorted(set(best))
        texts = self.text_features([self.plain[i] + ending for i in asked for ending in endings])
        texts = texts.unflatten(0, (len(asked), len(endings)))[[asked.index(i) for i in best]]  # (N, 5, D)
        found = torch.einsum("nd,nkd->nk", features, texts).argmax(1)
        return {flaw: found == k + 1 for k, flaw in enumerate(FLAWS)}


class JudgeFeatures(nn.Module):
    """The judge's picture features as torchmetrics wants them: (N, 3, H, W) in [-1, 1] to (N, D)."""

    def __init__(self, judge: Judge):
        super().__init__()
        self.judge, self.num_features = judge, judge.captions.shape[1]

    def forward(self, images: Tensor) -> Tensor:
        return self.judge.image_features(images)


def _normalised(found) -> Tensor:
    # transformers 5 wraps the features in an output object; earlier versions return the tensor.
    features = found if isinstance(found, Tensor) else found.pooler_output
    return torch.nn.functional.normalize(features.float(), dim=-1).cpu()


@takes(image_features="N D", text_features="N D")
def clip_score(image_features: Tensor, text_features: Tensor) -> Tensor:
    """CLIPScore of pairs (Hessel et al. 2021, arXiv 2104.08718): how well each picture fits its own sentence.

    score_i = 2.5 * max(cos(image_i, text_i), 0)

    torchmetrics writes 100 in place of 2.5, and cuts off below 0 only after the mean.  Scores of two different CLIPs
    cannot be compared.  image_features, text_features: (N, D), row i belongs to row i.  Returns (N,), each in [0, 2.5].
    """
    cosines = torch.nn.functional.cosine_similarity(image_features, text_features, dim=1)  # (N,)
    return 2.5 * cosines.clamp(min=0)


@takes(scores="P S", n=check_count)
def best_of(scores: Tensor, n: int) -> Tensor:
    """Best of n: in every group of n pictures, which one scores highest?

    scores: (P, S), S pictures of each of P prompts; columns 0 to n - 1 are the first group, the next n the second.
    Returns (P, S // n) int64, the column of each group's winner: `scores.gather(1, winners)` are their scores.
    Raises ValueError where groups of n do not fill the row.
    """
    if scores.shape[1] % n:
        raise ValueError(
            f"{scores.shape[1]} pictures cannot be split into groups of {n}; n must divide them."
        )
    winners = scores.unflatten(1, (-1, n)).argmax(dim=2)  # (P, S / n), counted inside each group
    return winners + torch.arange(0, scores.shape[1], n, device=scores.device)
