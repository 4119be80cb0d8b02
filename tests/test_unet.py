"""The U-Net and its parts equal diffusers' own, with the same weights."""

import pytest
import torch
from diffusers import UNet2DModel
from diffusers.models.attention_processor import Attention
from diffusers.models.embeddings import get_timestep_embedding
from diffusers.models.resnet import ResnetBlock2D

from course_lib.diffusion.unet import ResBlock, SelfAttention, UNet, UNetConfig, timestep_embedding


@pytest.mark.parametrize("dim", [8, 32])
def test_timestep_embedding(dim):
    t = torch.tensor([0, 1, 17, 500, 999])
    expected = get_timestep_embedding(t, dim, flip_sin_to_cos=False, downscale_freq_shift=0)
    torch.testing.assert_close(timestep_embedding(t, dim), expected, rtol=1e-4, atol=1e-4)


def test_odd_embedding():
    with pytest.raises(ValueError, match="dim = 7; .* must be even"):
        timestep_embedding(torch.tensor([1]), 7)


@pytest.mark.parametrize("c_in, c_out", [(16, 16), (16, 32)])
def test_res_block(c_in, c_out):
    block = ResBlock(c_in, c_out, 24)
    theirs = ResnetBlock2D(in_channels=c_in, out_channels=c_out, temb_channels=24, groups=8, eps=1e-5)
    theirs.load_state_dict(block.state_dict())
    x, time = torch.randn(2, c_in, 8, 8), torch.randn(2, 24)
    torch.testing.assert_close(block(x, time), theirs(x, time), rtol=1e-4, atol=1e-5)


def test_self_attention():
    block = SelfAttention(32)
    theirs = Attention(
        32, heads=4, dim_head=8, norm_num_groups=8, bias=True, residual_connection=True, eps=1e-5
    )
    theirs.load_state_dict({k.replace("to_out", "to_out.0"): v for k, v in block.state_dict().items()})
    x = torch.randn(2, 32, 4, 4)
    torch.testing.assert_close(block(x), theirs(x), rtol=1e-4, atol=1e-5)


def as_diffusers(name: str, levels: int) -> str:
    """Our parameter's name in diffusers' UNet2DModel."""
    part, _, rest = name.partition(".")
    number, _, tail = rest.partition(".")
    fixed = {
        "middle1": f"mid_block.resnets.0.{rest}", "middle2": f"mid_block.resnets.1.{rest}",
        "attention": f"mid_block.attentions.0.{rest}".replace("to_out", "to_out.0"),
        "conv_in": name, "conv_out": name, "norm_out": f"conv_norm_out.{rest}", "label_embedding": f"class_embedding.{rest}",
        "time_mlp": f"time_embedding.linear_{ {'0': 1, '2': 2}.get(number)}.{tail}",
        "down": f"down_blocks.{number}.resnets.0.{tail}", "shrink": f"down_blocks.{number}.downsamplers.0.conv.{tail}",
        "up1": f"up_blocks.{number}.resnets.0.{tail}", "up2": f"up_blocks.{number}.resnets.1.{tail}",
        "grow": f"up_blocks.{number}.upsamplers.0.conv.{tail}",
    }  # fmt: skip
    return fixed[part]


def test_the_whole_u_net():
    config = UNetConfig(channels=(8, 16, 24))
    model = UNet(config)
    theirs = UNet2DModel(
        sample_size=16, in_channels=1, out_channels=1, block_out_channels=config.channels, layers_per_block=1,
        down_block_types=("DownBlock2D",) * 3, up_block_types=("UpBlock2D",) * 3, norm_num_groups=8, norm_eps=1e-5,
        attention_head_dim=8, flip_sin_to_cos=False, freq_shift=0, num_class_embeds=11, downsample_padding=1,
    )  # fmt: skip
    theirs.load_state_dict({as_diffusers(name, 3): value for name, value in model.state_dict().items()})
    x, t, y = torch.randn(3, 1, 16, 16), torch.tensor([0, 400, 999]), torch.tensor([0, 7, 10])
    torch.testing.assert_close(model(x, t, y), theirs(x, t, class_labels=y).sample, rtol=1e-3, atol=1e-4)


def test_no_label_is_the_last_label():
    model, x, t = UNet(), torch.randn(2, 1, 16, 16), torch.tensor([3, 4])
    torch.testing.assert_close(model(x, t), model(x, t, torch.tensor([10, 10])))


@pytest.mark.parametrize("shape", [(2, 1, 15, 16), (2, 3, 16, 16), (16, 16)])
def test_wrong_shape(shape):
    with pytest.raises(
        ValueError, match=r"it needs \(B, 1, H, W\) with H and W multiples of 4|it must be \(N, C, H, W\)"
    ):
        UNet()(torch.zeros(shape), torch.zeros(2, dtype=torch.int64))
