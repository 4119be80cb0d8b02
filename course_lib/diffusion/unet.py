"""A small U-Net that reads a noisy picture, a time step and a label.

The layout is that of diffusers' `UNet2DModel` with one ResNet block per level and attention in the middle, so the
same weights give the same output in both (see tests/test_unet.py).  U-Net: Ronneberger et al. 2015.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.checks import check_is, check_tensors


@dataclass(frozen=True)
class UNetConfig:
    """Everything that fixes the network's shape."""

    channels: tuple[int, ...] = (16, 32, 64)  # per level, the highest resolution first; multiples of `groups`
    image_channels: int = 1
    num_classes: int = 10  # label `num_classes` means "no label"
    groups: int = 8  # group normalisation: groups of channels
    head_dim: int = 8  # attention: channels per head


def timestep_embedding(t: Tensor, dim: int, max_period: float = 10000.0) -> Tensor:
    """Sinusoidal time embedding (Vaswani et al. 2017; DDPM): slow and fast clock hands for each step.

    frequency_i = max_period^(-i / (dim/2)), i = 0 ... dim/2 - 1.   embedding = [sin(t frequency), cos(t frequency)]

    t: (B,).  dim: even.  Returns (B, dim) float32, sines first.  Raises ValueError where dim is odd.
    """
    if dim % 2:
        raise ValueError(f"dim = {dim}; half the numbers are sines and half cosines, so it must be even.")
    half = dim // 2
    frequency = torch.exp(-math.log(max_period) * torch.arange(half, device=t.device) / half)  # (dim/2,)
    angle = t.float()[:, None] * frequency  # (B, dim/2)
    return torch.cat([angle.sin(), angle.cos()], dim=1)  # (B, dim)


class ResBlock(nn.Module):
    """Two convolutions and a shortcut; the time embedding is added in between (diffusers: `ResnetBlock2D`)."""

    def __init__(self, c_in: int, c_out: int, c_time: int, groups: int = 8):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, c_in)
        self.conv1 = nn.Conv2d(c_in, c_out, 3, padding=1)
        self.time_emb_proj = nn.Linear(c_time, c_out)
        self.norm2 = nn.GroupNorm(groups, c_out)
        self.conv2 = nn.Conv2d(c_out, c_out, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(c_in, c_out, 1) if c_in != c_out else nn.Identity()

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        """x: (B, c_in, H, W).  time: (B, c_time).  Returns (B, c_out, H, W)."""
        h = self.conv1(F.silu(self.norm1(x)))  # (B, c_out, H, W)
        h = h + self.time_emb_proj(F.silu(time))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return self.conv_shortcut(x) + h


class SelfAttention(nn.Module):
    """Every place of the picture looks at every other (Vaswani et al. 2017; diffusers: `Attention`)."""

    def __init__(self, channels: int, head_dim: int = 8, groups: int = 8):
        super().__init__()
        self.heads = channels // head_dim
        self.group_norm = nn.GroupNorm(groups, channels)
        self.to_q = nn.Linear(channels, channels)
        self.to_k = nn.Linear(channels, channels)
        self.to_v = nn.Linear(channels, channels)
        self.to_out = nn.Linear(channels, channels)

    def forward(self, x: Tensor) -> Tensor:
        """x: (B, C, H, W).  Returns the same shape."""
        B, C, H, W = x.shape
        h = self.group_norm(x).flatten(2).transpose(1, 2)  # (B, HW, C)
        split = lambda y: y.view(B, H * W, self.heads, -1).transpose(1, 2)  # (B, heads, HW, head_dim)
        h = F.scaled_dot_product_attention(split(self.to_q(h)), split(self.to_k(h)), split(self.to_v(h)))
        h = self.to_out(h.transpose(1, 2).reshape(B, H * W, C))  # (B, HW, C)
        return x + h.transpose(1, 2).view(B, C, H, W)


class UNet(nn.Module):
    """Down to small and wide, through the middle, and up again; skips carry the detail across by concatenation."""

    def __init__(self, config: UNetConfig = UNetConfig()):
        super().__init__()
        check_is(config, "config", UNetConfig, "a UNetConfig, such as UNetConfig(channels=(16, 32, 64))")
        self.config = config
        C, g = config.channels, config.groups
        c_time = 4 * C[0]
        self.time_mlp = nn.Sequential(nn.Linear(C[0], c_time), nn.SiLU(), nn.Linear(c_time, c_time))
        self.label_embedding = nn.Embedding(config.num_classes + 1, c_time)  # the last one: no label
        self.conv_in = nn.Conv2d(config.image_channels, C[0], 3, padding=1)
        self.down = nn.ModuleList(ResBlock(a, b, c_time, g) for a, b in zip((C[0], *C[:-1]), C))
        self.shrink = nn.ModuleList(nn.Conv2d(c, c, 3, stride=2, padding=1) for c in C[:-1])
        self.middle1 = ResBlock(C[-1], C[-1], c_time, g)
        self.attention = SelfAttention(C[-1], config.head_dim, g)
        self.middle2 = ResBlock(C[-1], C[-1], c_time, g)
        # Going up, each level takes two skips: its own block's output, then what came into that block.
        wide, own, came_in = C[::-1], (C[-1], *C[::-1][:-1]), (*C[::-1][1:], C[0])
        self.up1 = nn.ModuleList(ResBlock(a + c, c, c_time, g) for a, c in zip(own, wide))
        self.up2 = nn.ModuleList(ResBlock(c + a, c, c_time, g) for a, c in zip(came_in, wide))
        self.grow = nn.ModuleList(nn.Conv2d(c, c, 3, padding=1) for c in wide[:-1])
        self.norm_out = nn.GroupNorm(g, C[0])
        self.conv_out = nn.Conv2d(C[0], config.image_channels, 3, padding=1)

    def forward(self, x: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        """x: (B, C, H, W), H and W multiples of 2^(levels - 1).  t: (B,) int64.  labels: (B,) int64, None = no label.

        Returns the network's guess (eps, x0 or v, whatever it was trained for), the shape of x.
        """
        self._check(x, t, labels)
        if labels is None:
            labels = torch.full_like(t, self.config.num_classes)
        time = self.time_mlp(timestep_embedding(t, self.config.channels[0]))  # (B, c_time)
        time = time + self.label_embedding(labels)
        x = self.conv_in(x)
        skips = [x]
        for i, block in enumerate(self.down):
            x = block(x, time)
            skips.append(x)
            if i < len(self.shrink):
                x = self.shrink[i](x)  # half the height and width
                skips.append(x)
        x = self.middle2(self.attention(self.middle1(x, time)), time)
        for i, (first, second) in enumerate(zip(self.up1, self.up2)):
            x = first(torch.cat([x, skips.pop()], dim=1), time)
            x = second(torch.cat([x, skips.pop()], dim=1), time)
            if i < len(self.grow):
                x = self.grow[i](F.interpolate(x, scale_factor=2.0))  # twice the height and width
        return self.conv_out(F.silu(self.norm_out(x)))

    def _check(self, x: Tensor, t: Tensor, labels: Tensor | None) -> None:
        check_tensors("N C H W, int N, int N", x=x, t=t, labels=t if labels is None else labels)
        most = self.config.num_classes
        if labels is not None and not (0 <= labels.min() and labels.max() <= most):
            raise ValueError(
                f"The labels run from {labels.min()} to {labels.max()}; they must be from 0 to {most}, and {most} is no label."
            )
        step = 2 ** (len(self.config.channels) - 1)
        wanted = self.config.image_channels
        if x.shape[1] != wanted or x.shape[2] % step or x.shape[3] % step:
            raise ValueError(
                f"The U-Net got a tensor of shape {tuple(x.shape)}; it needs (B, {wanted}, H, W) "
                f"with H and W multiples of {step}."
            )
