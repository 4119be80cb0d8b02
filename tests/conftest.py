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
            item.add_marker("slow")
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
    from tests.stand_ins import small_judge

    return small_judge()
