"""Stand-ins for the full-size models: a hub cache of the right layout, ids and revisions, with tiny random weights."""

from hashlib import sha256
from pathlib import Path

import torch
from torch import nn

from course_lib import models
from course_lib.hub import Source

SIDE = 128  # pixels of a picture; not the pocket model's 64


def snapshot(hub: Path, source: Source) -> Path:
    """The folder in which a hub cache keeps this revision."""
    folder = hub / f"models--{source.repo.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True, exist_ok=True)
    (folder / "refs" / "main").write_text(source.revision, encoding="utf-8")
    return folder / "snapshots" / source.revision


def save_stable_diffusion(hub: Path) -> None:
    """Stable Diffusion 1.5's parts with its blocks and its scheduler, in single and in half precision."""
    from diffusers import AutoencoderKL, PNDMScheduler, StableDiffusionPipeline, UNet2DConditionModel
    from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPTextModel

    from course_lib.training.contrastive import new_clip
    from course_lib.training.tokenizer import build_tokenizer

    torch.manual_seed(1)
    clip = new_clip(width=32, image_layers=1, text_layers=1, projection=16).config
    pipe = StableDiffusionPipeline(
        vae=AutoencoderKL(down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
                          block_out_channels=(8,) * 4, norm_num_groups=4, latent_channels=4, sample_size=SIDE),
        unet=UNet2DConditionModel(sample_size=SIDE // 8, block_out_channels=(8,) * 4, layers_per_block=1,
                                  cross_attention_dim=32, attention_head_dim=2, norm_num_groups=4),
        text_encoder=CLIPTextModel(clip.text_config), tokenizer=build_tokenizer(),
        scheduler=PNDMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1,
                                skip_prk_steps=True),
        safety_checker=StableDiffusionSafetyChecker(CLIPConfig(text_config=clip.text_config.to_dict(),
                                                               vision_config=clip.vision_config.to_dict(), projection_dim=16)),
        feature_extractor=CLIPImageProcessor(size={"shortest_edge": 64}, crop_size=64),
    )  # fmt: skip
    pipe.scheduler.register_to_config(clip_sample=False)  # for other schedulers that are made from this one
    with torch.no_grad():
        for name in ("concept_embeds_weights", "special_care_embeds_weights"):
            getattr(pipe.safety_checker, name).fill_(10.0)  # a cosine above 10: nothing is ever blackened
    pipe.save_pretrained(snapshot(hub, models.STABLE_DIFFUSION))
    pipe.to(torch.float16).save_pretrained(snapshot(hub, models.STABLE_DIFFUSION), variant="fp16")


def small_judge():
    """A Judge with an untrained CLIP, small and always the same."""
    from transformers import CLIPImageProcessor, CLIPProcessor

    from course_lib.measuring.scoring import Judge
    from course_lib.training.contrastive import new_clip
    from course_lib.training.tokenizer import build_tokenizer

    torch.manual_seed(0)
    pixels = CLIPImageProcessor(
        size={"shortest_edge": 64}, crop_size=64, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    clip = new_clip(width=32, image_layers=1, text_layers=1, projection=16).eval()
    return Judge(clip, CLIPProcessor(pixels, build_tokenizer()))


def save_clip(hub: Path) -> None:
    """CLIP ViT-B/32's preprocessing and patches, 224 pixels in 7 x 7."""
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor

    from course_lib.training.contrastive import new_clip
    from course_lib.training.tokenizer import build_tokenizer

    torch.manual_seed(2)
    small = new_clip(width=32, image_layers=2, text_layers=1).config
    vision = small.vision_config.to_dict() | {"image_size": 224, "patch_size": 32}
    clip = CLIPModel(
        CLIPConfig(text_config=small.text_config.to_dict(), vision_config=vision, projection_dim=24)
    )
    clip.save_pretrained(snapshot(hub, models.CLIP))
    CLIPProcessor(CLIPImageProcessor(), build_tokenizer()).save_pretrained(snapshot(hub, models.CLIP))


def thin_resnet50() -> nn.Module:
    """torchvision's ResNet with one thin block in each stage: 224 pixels in, 512 features and 1000 classes out."""
    from torchvision.models.resnet import Bottleneck, ResNet

    class Thin(Bottleneck):
        """A block whose middle has a sixteenth of the channels, also where a network is made anew from its blocks."""

        expansion = (
            1  # of the channels at a block's end; 4 in ResNet-50, which would take minutes on a processor
        )

        def __init__(self, inplanes, planes, stride, downsample, groups, base_width, *others):
            super().__init__(inplanes, planes, stride, downsample, groups, base_width // 16, *others)

    return ResNet(Thin, [1, 1, 1, 1])


def save_resnet(torch_home: Path) -> Path:
    """A file in torch's cache, under the name of the weights that the full tier loads.  Returns it."""
    from torchvision.models import ResNet50_Weights

    torch.manual_seed(3)
    file = torch_home / "hub" / "checkpoints" / Path(ResNet50_Weights.IMAGENET1K_V2.url).name
    file.parent.mkdir(parents=True)
    torch.save(thin_resnet50().state_dict(), file)
    return file


def fingerprint(weights: torch.Tensor) -> str:
    """A checksum of some weights, to tell whose they are."""
    return sha256(weights.detach().cpu().contiguous().numpy().tobytes()).hexdigest()[:12]
