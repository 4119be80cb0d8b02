"""Attention, and how words reach the picture: cross-attention (Vaswani et al. 2017; Rombach et al. 2022)."""

from contextlib import contextmanager

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.checks import check_count, check_is, takes


@takes(queries="... N D", keys="... M D", values="... M E")
def attend(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Every query takes a weighted mean of the values; the weights say how well its question fits each key.

    softmax(Q K^T / sqrt(D)) V, softmax over the keys

    queries: (..., N, D).  keys: (..., M, D).  values: (..., M, E).  Returns (..., N, E).
    """
    scores = queries @ keys.transpose(-1, -2) / queries.shape[-1] ** 0.5  # (..., N, M)
    return scores.softmax(dim=-1) @ values


class RecordingProcessor:
    """An attention processor for diffusers that also keeps how much every place looks at every word."""

    def __init__(self):
        self.maps: list[Tensor] = []  # one per call: (B, places, words), mean over the heads

    def __call__(self, attn, hidden_states, encoder_hidden_states=None, attention_mask=None, temb=None):
        text = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        split = lambda x: x.unflatten(-1, (attn.heads, -1)).transpose(1, 2)  # (B, heads, N, D)
        q, k, v = split(attn.to_q(hidden_states)), split(attn.to_k(text)), split(attn.to_v(text))
        if encoder_hidden_states is not None:
            # in single precision: before they are scaled, scores can be larger than half precision can hold (65,504)
            scores = q.float() @ k.float().transpose(-1, -2) * attn.scale
            self.maps.append(scores.softmax(-1).mean(1).detach())
        out = F.scaled_dot_product_attention(q, k, v, scale=attn.scale)
        out = out.transpose(1, 2).flatten(2)
        return attn.to_out[1](attn.to_out[0](out))


@takes(unet=(check_is, "attn_processors", "the U-Net of a pipeline, such as pipe.unet"))
@contextmanager
def recorded_attention(unet):
    """While it lasts, `unet` (a UNet2DConditionModel) records its cross-attention; yields the RecordingProcessor."""
    before, recorder = unet.attn_processors, RecordingProcessor()
    unet.set_attn_processor(recorder)
    try:
        yield recorder
    finally:
        unet.set_attn_processor(before)


@takes(
    recorder=(check_is, "maps", "what `with recorded_attention(pipe.unet) as recorder` gives"),
    places=check_count,
)
def word_maps(recorder: RecordingProcessor, places: int) -> Tensor:
    """Where each word was looked at, mean over all steps and all layers with `places` x `places` places.

    Only the second half of each batch counts: with guidance, that half read the prompt and the first half did not.
    Returns (words, places, places); the words of one place sum to 1.
    """
    fitting = [m.chunk(2)[-1].mean(0) for m in recorder.maps if m.shape[1] == places**2]  # (places^2, words)
    if not fitting:
        sizes = sorted({round(m.shape[1] ** 0.5) for m in recorder.maps})
        raise ValueError(
            f"No attention at {places} x {places} places was recorded; there is some at {sizes}."
        )
    return torch.stack(fitting).mean(0).T.unflatten(1, (places, places))
