"""Shared by all tests: nobody's progress file or cache is touched, and no test reaches the network."""

import pytest

from course_lib.lessons import site
from tests.notebooks.offline import cut_network

cut_network()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Side by side, the tests of a file stay together and share what it loads; a whole notebook may run anywhere."""
    for item in items:
        if "built" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("site"))  # it is built once
        elif not item.get_closest_marker("notebook"):
            item.add_marker(pytest.mark.xdist_group(item.path.name))


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))


@pytest.fixture(scope="session")
def built():
    """The folder of the finished site with its slides, built with warnings as errors where it is stale."""
    return site.build_site()


@pytest.fixture(scope="module")
def judge():
    """An untrained judge, small and always the same."""
    import torch
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
