"""Public code runs on the shipped folders, with only the path changed; few steps, since test_pocket looks at the pictures.

The tests called `old` hold what transformers 4.57 and diffusers 0.35 read, file by file, without those libraries.
"""

import json

import diffusers
import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file
from torchvision.models import ResNet
from torchvision.models.resnet import BasicBlock

from course_lib.models import load_clip, load_resnet
from course_lib.training import public_format
from course_lib.training.contrastive import new_clip
from course_lib.training.tokenizer import NEW_WORDS, VOCABULARY, build_tokenizer
from course_lib.training.words import EXTRAS
from course_lib.weights import FOLDER
from course_lib.zoo import ANIMALS, FLAWS, caption, random_scene

HOME, CLIP = FOLDER / "pocket-diffusion", FOLDER / "pocket-clip"
FOX = "a watercolor painting of a red fox in the snow"


@pytest.fixture(scope="module")
def pipe():
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(HOME)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="module")
def picture(pipe):
    return pipe(FOX, num_inference_steps=2).images[0]


def mask_of(picture):
    return Image.fromarray(np.uint8(np.arange(picture.width)[None].repeat(picture.height, 0) > 64) * 255)


TASKS = [
    ("StableDiffusionPipeline", "AutoPipelineForText2Image", {}),
    ("StableDiffusionImg2ImgPipeline", "AutoPipelineForImage2Image", {"image": True}),
    ("StableDiffusionInpaintPipeline", "AutoPipelineForInpainting", {"image": True, "mask_image": True}),
]


@pytest.mark.parametrize("kind, auto, needs", TASKS, ids=lambda x: x if isinstance(x, str) else "")
def test_a_task_opens_by_its_own_name_and_by_itself(pipe, picture, kind, auto, needs):
    given = {"image": picture, "mask_image": mask_of(picture)}
    parts = {name: part for name, part in pipe.components.items() if name != "image_encoder"}
    ways = (
        getattr(diffusers, kind).from_pretrained(HOME, safety_checker=None, feature_extractor=None),
        getattr(diffusers, auto).from_pretrained(HOME),
        getattr(diffusers, auto).from_pipe(pipe),
        getattr(diffusers, kind)(**parts, requires_safety_checker=False),
    )
    seen = []
    for way in ways:
        way.set_progress_bar_config(disable=True)
        assert type(way).__name__ == kind
        chance = torch.Generator().manual_seed(0)
        out = way(FOX, num_inference_steps=2, generator=chance, **{name: given[name] for name in needs})
        seen.append(np.array(out.images[0]))
    assert seen[0].shape == (128, 128, 3) and all((one == seen[0]).all() for one in seen)


PARTS = [
    ("vae", diffusers.AutoencoderKL), ("unet", diffusers.UNet2DConditionModel), ("scheduler", diffusers.PNDMScheduler),
    ("scheduler", diffusers.UniPCMultistepScheduler), ("text_encoder", transformers.CLIPTextModel),
    ("tokenizer", transformers.CLIPTokenizer), ("tokenizer", transformers.AutoTokenizer),
]  # fmt: skip


@pytest.mark.parametrize("folder, kind", PARTS, ids=lambda x: getattr(x, "__name__", x))
def test_each_part_opens_alone(pipe, folder, kind):
    part = kind.from_pretrained(str(HOME), subfolder=folder)
    if isinstance(part, torch.nn.Module):
        whole = getattr(pipe, folder).state_dict()
        assert all(torch.equal(value, whole[key]) for key, value in part.state_dict().items())


def test_a_saved_pipeline_opens_again_and_paints_the_same(pipe, tmp_path):
    pipe.save_pretrained(tmp_path, safe_serialization=True)
    again = diffusers.DiffusionPipeline.from_pretrained(tmp_path)
    paint = lambda p: (
        p(FOX, num_inference_steps=1, generator=torch.Generator().manual_seed(0), output_type="np").images
    )
    assert (paint(pipe) == paint(again)).all()


def test_a_loop_with_the_numbers_of_stable_diffusion_in_it(pipe):
    """The latents' size by //8 and the factor 0.18215, both written into many public scripts."""
    ids = pipe.tokenizer(
        [FOX, ""], padding="max_length", max_length=pipe.tokenizer.model_max_length, truncation=True,
        return_tensors="pt",
    ).input_ids  # fmt: skip
    with torch.no_grad():
        words = pipe.text_encoder(ids)[0]
        latents = torch.randn((1, pipe.unet.config.in_channels, 128 // 8, 128 // 8))
        noise = pipe.unet(torch.cat([latents] * 2), 999, encoder_hidden_states=words).sample
        image = pipe.vae.decode(1 / 0.18215 * latents).sample
        back = pipe.vae.encode(image).latent_dist.sample() * 0.18215
    assert noise.shape == (2, 4, 16, 16) and image.shape == (1, 3, 128, 128) and back.shape == latents.shape
    assert pipe.vae.config.scaling_factor == 0.18215 and pipe.vae_scale_factor == 8


def test_a_controlnet_made_of_the_unet(pipe, picture):
    control = diffusers.ControlNetModel.from_unet(pipe.unet)
    parts = {name: part for name, part in pipe.components.items() if name != "image_encoder"}
    guided = diffusers.StableDiffusionControlNetPipeline(
        **parts, controlnet=control, requires_safety_checker=False
    )
    guided.set_progress_bar_config(disable=True)
    paint = lambda p, **more: (
        p(
            FOX, num_inference_steps=1, generator=torch.Generator().manual_seed(0), output_type="np", **more
        ).images
    )
    # Untrained, it adds zeros.
    assert np.allclose(paint(guided, image=picture), paint(pipe), atol=1e-4)


def test_towers_with_projection_give_the_features_of_the_whole(picture):
    whole, processor = load_clip(device="cpu")
    inputs = processor(text=[FOX], images=picture, return_tensors="pt")
    text = transformers.CLIPTextModelWithProjection.from_pretrained(CLIP)
    image = transformers.CLIPVisionModelWithProjection.from_pretrained(CLIP)
    assert text.dtype == image.dtype == torch.float32
    with torch.no_grad():
        out = whole(**inputs)
        of_text = text(input_ids=inputs.input_ids).text_embeds
        of_image = image(pixel_values=inputs.pixel_values).image_embeds
    unit = torch.nn.functional.normalize
    assert torch.allclose(unit(of_text), out.text_embeds, atol=1e-5)
    assert torch.allclose(unit(of_image), out.image_embeds, atol=1e-5)


def test_the_judge_takes_pixels_as_openais_clip_does():
    pixels = transformers.CLIPImageProcessor.from_pretrained(CLIP)
    assert pixels.image_mean == transformers.CLIPImageProcessor().image_mean
    assert pixels.image_std == transformers.CLIPImageProcessor().image_std


def test_folding_openais_pixels_changes_no_feature():
    torch.manual_seed(0)
    model = new_clip(width=32, image_layers=1, text_layers=1).eval()
    v = torch.rand(2, 3, 64, 64)
    mean, std = (
        torch.tensor(x)[:, None, None]
        for x in (public_format.OPENAI_CLIP_MEAN, public_format.OPENAI_CLIP_STD)
    )
    with torch.no_grad():
        before = model.vision_model(2 * v - 1).pooler_output
        public_format.expect_openai_pixels(model)
        after = model.vision_model((v - mean) / std).pooler_output
    assert torch.allclose(before, after, atol=1e-5)


# What scripts of textual inversion and DreamBooth ask for.
@pytest.mark.parametrize("word", NEW_WORDS)
def test_a_public_word_is_one_token_behind_all_others(pipe, word):
    (number,) = pipe.tokenizer.encode(word, add_special_tokens=False)
    assert VOCABULARY <= number < len(pipe.tokenizer) == pipe.text_encoder.config.vocab_size
    assert pipe.tokenizer(word.upper()).input_ids == [VOCABULARY - 2, number, VOCABULARY - 1]


def test_a_toy_starts_as_any_animal(pipe):
    rows = pipe.text_encoder.get_input_embeddings().weight
    of = lambda *words: rows[[pipe.tokenizer(word).input_ids[1] for word in words]]
    mean = of(*(animal.split()[-1] for animal in ANIMALS)).mean(0)
    assert torch.allclose(of("toy", "animal", "dog"), mean.expand(3, -1), atol=1e-3) and mean.norm() > 0.05


def test_the_zoos_own_words_are_cut_as_before():
    rng = np.random.default_rng(5)
    texts = (
        [caption(random_scene(rng), rng) for _ in range(2000)] + list(EXTRAS) + list(FLAWS) + list(ANIMALS)
    )
    assert max(number for ids in build_tokenizer()(texts).input_ids for number in ids) == VOCABULARY - 1


def test_textual_inversion_starts_from_a_word():
    tokenizer = transformers.CLIPTokenizer.from_pretrained(HOME, subfolder="tokenizer")
    encoder = transformers.CLIPTextModel.from_pretrained(HOME, subfolder="text_encoder")
    assert tokenizer.add_tokens(["<cat-toy>"]) == 1
    (start,) = tokenizer.encode("toy", add_special_tokens=False)
    encoder.resize_token_embeddings(len(tokenizer))
    table = encoder.get_input_embeddings().weight.data
    table[tokenizer.convert_tokens_to_ids("<cat-toy>")] = table[start].clone()
    assert len(tokenizer("a photo of a <cat-toy>").input_ids) == 7


def test_old_transformers_finds_every_weight_of_the_text_encoder():
    keys = set(load_file(HOME / "text_encoder" / "model.safetensors"))
    assert keys and all(key.startswith("text_model.") for key in keys)
    kept = {key.removeprefix("text_model.") for key in keys}
    model = transformers.CLIPTextModel.from_pretrained(HOME, subfolder="text_encoder")
    assert kept == {key.removeprefix("text_model.") for key in model.state_dict()}


@pytest.mark.parametrize("folder", [HOME / "tokenizer", CLIP], ids=lambda folder: folder.name)
def test_old_transformers_cuts_words_by_two_files(folder):
    told = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    assert json.loads((folder / "vocab.json").read_text(encoding="utf-8")) == told["vocab"]
    version, *merges = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
    assert version.startswith("#version") and merges == [" ".join(pair) for pair in told["merges"]]


def test_old_transformers_finds_the_preprocessing():
    told = json.loads((CLIP / "preprocessor_config.json").read_text(encoding="utf-8"))
    assert told["image_processor_type"] == "CLIPImageProcessor" and told["crop_size"] == {
        "height": 64,
        "width": 64,
    }


def test_the_resnet_names_what_timm_builds():
    """What timm and the image-classification pipeline of transformers read; the course itself does not need timm."""
    told = json.loads((FOLDER / "pocket-resnet" / "config.json").read_text(encoding="utf-8"))
    _, _, classes = load_resnet(device="cpu")
    assert told["architecture"] == "resnet18" and told["label_names"] == classes == list(ANIMALS)
    assert told["num_classes"] == told["pretrained_cfg"]["num_classes"] == len(ANIMALS)
    assert told["pretrained_cfg"]["mean"] == told["pretrained_cfg"]["std"] == [0.5] * 3
    model = ResNet(BasicBlock, told["model_args"]["layers"], num_classes=told["num_classes"])
    assert model.fc.in_features == told["num_features"]
    assert set(model.state_dict()) == set(load_file(FOLDER / "pocket-resnet" / "model.safetensors"))
