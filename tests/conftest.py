"""Shared by all tests: nobody's progress file or cache is touched, and no test reaches the network."""

import pytest

from tests.notebooks.offline import cut_network

cut_network()


@pytest.fixture(autouse=True)
def own_progress(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
