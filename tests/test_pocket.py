"""The shipped pocket models: public snippets run with only the path changed, and the judge can be trusted."""

import json

import torch

from course_lib.models import load_clip
from course_lib.pixels import to_bytes
from course_lib.scoring import Judge
from course_lib.weights import FOLDER, manifest, sha256
from course_lib.zoo import ZOO_VERSION, ZooDataset


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


def test_the_judge_knows_new_pictures():
    data = ZooDataset(200, seed=31, split="all")
    images = torch.stack([data[i]["image"] for i in range(200)])
    seen = Judge(*load_clip(device="cpu")).read(images).agreement([data.scene(i) for i in range(200)])
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
    told = {path: total for entry in manifest()["models"].values() for path, total in entry["files"].items()}
    there = [f for f in FOLDER.rglob("*") if f.is_file() and f.suffix in (".safetensors", ".json")]
    there = {f.relative_to(FOLDER).as_posix() for f in there} - {"manifest.json"}
    assert there == set(told)
    assert all(sha256(FOLDER / path) == total for path, total in told.items())


def test_configs_ask_for_single_precision():
    """The files are in half precision to be small; on a CPU half precision is slow, so nothing should stay in it."""
    for folder in ("pocket-clip", "pocket-diffusion/text_encoder"):
        assert json.loads((FOLDER / folder / "config.json").read_text())["dtype"] == "float32"
