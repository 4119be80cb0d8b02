"""The shipped pocket models: public snippets run with only the path changed, what they paint is what was asked for, and
the judge can be trusted."""

import json

import diffusers
import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.measuring.scoring import Judge
from course_lib.models import load_clip, load_resnet, load_text_to_image
from course_lib.pictures.pixels import to_bytes, to_model_range
from course_lib.weights import FOLDER, manifest, sha256, shipped
from course_lib.zoo import ANIMALS, ZOO_VERSION, ZooDataset, random_scene
from course_lib.zoo.draw import SIDE

HOME = FOLDER / "pocket-diffusion"
FOX = "a watercolor painting of a red fox in the snow"
FOX_SCENE = random_scene(0, animal="red fox", medium="watercolor painting", place="in the snow")
SCHEDULERS = (
    "DDPMScheduler", "DDIMScheduler", "EulerDiscreteScheduler", "HeunDiscreteScheduler", "DPMSolverMultistepScheduler",
)  # fmt: skip


@pytest.fixture(scope="module")
def pipe():
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(HOME)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="module")
def judge():
    return Judge(*load_clip(device="cpu"))


def foxes(judge, pictures) -> float:
    """The part of the pictures (PIL) that show a red fox."""
    tensors = torch.stack([torch.from_numpy(np.array(picture)).movedim(-1, 0) for picture in pictures])
    return judge.read(to_model_range(tensors)).agreement([FOX_SCENE] * len(pictures))["animal"]


def chance(n: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(k) for k in range(n)]


def test_a_public_text_to_image_snippet(pipe, judge):
    images = pipe(
        FOX, negative_prompt="blurry, low quality", guidance_scale=7.5, num_inference_steps=25,
        num_images_per_prompt=2, generator=torch.Generator().manual_seed(0),
    ).images  # fmt: skip
    assert [i.size for i in images] == [(SIDE, SIDE)] * 2 and foxes(judge, images) == 1


def test_a_public_lcm_snippet(judge):
    """And the LoRA is not passed over in silence: without it, four such steps paint something else."""
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(HOME)
    pipe.set_progress_bar_config(disable=True)
    pipe.scheduler = diffusers.LCMScheduler.from_config(pipe.scheduler.config)
    paint = lambda: pipe(
        [FOX] * 4, num_inference_steps=4, guidance_scale=1.0, generator=chance(4), output_type="np"
    )
    without = paint().images
    pipe.load_lora_weights(FOLDER / "pocket-lcm-lora")
    images = paint().images
    assert abs(images - without).mean() > 0.02
    assert foxes(judge, [Image.fromarray((255 * image).round().astype("uint8")) for image in images]) == 1


def test_the_same_seed_paints_the_same_picture(pipe):
    one, two, other = (
        pipe(FOX, num_inference_steps=3, generator=torch.Generator().manual_seed(seed)).images[0].tobytes()
        for seed in (5, 5, 6)
    )
    assert one == two != other


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_of_day_04(pipe, judge, name):
    before = pipe.scheduler
    pipe.scheduler = getattr(diffusers, name).from_config(before.config)
    try:
        images = pipe([FOX] * 4, guidance_scale=4.0, num_inference_steps=25, generator=chance(4)).images
    finally:
        pipe.scheduler = before
    assert foxes(judge, images) >= 0.75


@pytest.mark.parametrize("kind", ["Img2Img", "Inpaint"])
def test_img2img_and_inpainting_from_the_same_folder(judge, kind):
    start, _ = picture(3, animal="cat", medium="photo")
    mask = {"mask_image": Image.new("L", (SIDE, SIDE), 255), "height": SIDE, "width": SIDE}
    other = getattr(diffusers, f"StableDiffusion{kind}Pipeline").from_pretrained(HOME)
    other.set_progress_bar_config(disable=True)
    images = other(
        [FOX] * 4, image=start, strength=0.95, guidance_scale=4.0, num_inference_steps=20, generator=chance(4),
        **(mask if kind == "Inpaint" else {}),
    ).images  # fmt: skip
    assert [i.size for i in images] == [(SIDE, SIDE)] * 4 and foxes(judge, images) >= 0.75


def test_the_scheduler_ends_in_pure_noise(pipe):
    told = json.loads((HOME / "scheduler" / "scheduler_config.json").read_text(encoding="utf-8"))
    assert (
        told["rescale_betas_zero_snr"]
        and told["prediction_type"] == "v_prediction"
        and told["steps_offset"] == 1
    )
    assert pipe.scheduler.alphas_cumprod[-1].item() < 1e-6


def test_no_text_is_refused(pipe):
    for prompt in ("", "붉은 여우", "a dragon 🐉 " * 60):
        assert pipe(prompt, num_inference_steps=1).images[0].size == (SIDE, SIDE)


def test_the_loader_s_pipeline_computes_in_single_precision():
    loaded = load_text_to_image("pocket", device="cpu")
    assert {part.dtype for part in (loaded.unet, loaded.vae, loaded.text_encoder)} == {torch.float32}


def test_pocket_models_open_without_progress_bars(capfd):
    from transformers.utils.logging import is_progress_bar_enabled

    load_text_to_image("pocket", device="cpu")
    load_clip("pocket", device="cpu")
    assert capfd.readouterr().err == "" and is_progress_bar_enabled()


def test_the_resnet_knows_new_photos():
    model, transforms, classes = load_resnet(device="cpu")
    assert classes == list(ANIMALS)
    data = ZooDataset(60, seed=44, medium="photo")
    images = torch.stack([data[i]["image"] for i in range(60)]) / 2 + 0.5
    with torch.no_grad():
        guess = model(transforms(images)).argmax(1)
    assert (
        guess == torch.tensor([classes.index(data[i]["animal"]) for i in range(60)])
    ).float().mean() >= 0.95


def picture(seed: int, **fixed):
    """One new picture of the Zoo as PIL image, and as a tensor in [-1, 1]."""
    from torchvision.transforms.v2.functional import to_pil_image

    image = ZooDataset(1, seed=seed, **fixed)[0]["image"]
    return to_pil_image(to_bytes(image)), image


def test_a_public_clip_snippet():
    from transformers import CLIPModel, CLIPProcessor

    model = CLIPModel.from_pretrained(FOLDER / "pocket-clip")
    processor = CLIPProcessor.from_pretrained(FOLDER / "pocket-clip")
    image, tensor = picture(5, animal="owl", medium="photo")
    texts = ["a photo of an owl", "a photo of a cat", "a photo of a frog"]
    inputs = processor(text=texts, images=image, return_tensors="pt", padding=True)
    with torch.no_grad():
        p = model(**inputs).logits_per_image.softmax(dim=1)
        same = model.get_image_features(
            **processor(images=tensor / 2 + 0.5, do_rescale=False, return_tensors="pt")
        )
        whole = model.get_image_features(pixel_values=inputs["pixel_values"])
    assert p[0, 0] > 0.9
    # A file's bytes and the course's tensors are prepared alike.
    vector = lambda found: found if isinstance(found, torch.Tensor) else found.pooler_output
    assert torch.allclose(vector(same), vector(whole), atol=0.05)


def test_the_judge_knows_new_pictures(judge):
    data = ZooDataset(200, seed=31, split="all")
    images = torch.stack([data[i]["image"] for i in range(200)])
    seen = judge.read(images).agreement([data.scene(i) for i in range(200)])
    assert min(seen["animal"], seen["medium"], seen["place"]) >= 0.98 and seen["all three"] >= 0.97


def test_the_weights_fit_and_were_made_for_this_zoo():
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 60e6
    assert not [f for f in files if f.suffix in (".bin", ".pt", ".pth", ".ckpt", ".pkl")]
    for name, entry in manifest()["models"].items():
        assert entry.get("zoo_version", ZOO_VERSION) == ZOO_VERSION, (
            f"{name} learned another Zoo: train it again"
        )


def test_every_weights_file_is_in_the_manifest():
    told = shipped()
    there = [f for f in FOLDER.rglob("*") if f.is_file() and f.suffix in (".safetensors", ".json", ".txt")]
    there = {f.relative_to(FOLDER).as_posix() for f in there} - {"manifest.json"}
    assert there == set(told)
    assert all(sha256(FOLDER / path) == total for path, total in told.items())


def test_configs_ask_for_single_precision():
    """The files are in half precision to be small; on a CPU half precision is slow, so nothing should stay in it."""
    for folder in ("pocket-clip", "pocket-diffusion/text_encoder"):
        assert json.loads((FOLDER / folder / "config.json").read_text(encoding="utf-8"))["dtype"] == "float32"


def test_configs_name_no_folder_of_the_machine_that_trained():
    """diffusers writes into a config from where a model was loaded."""
    for file in FOLDER.rglob("*.json"):
        assert "_name_or_path" not in file.read_text(encoding="utf-8"), file
