"""Files that are written whole or not at all: for whom they can be read, two writers at once, what a kill leaves, full disks."""

import errno
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from course_lib.learning.folder_note import NOTE
from course_lib.learning.image_files import METADATA
from course_lib.pictures.gallery import Settings, save_picture
from course_lib.training.checked_file import write_checked
from course_lib.zoo import cache, write_image_folder
from course_lib.zoo.cache import cache_folder, cached_shard, sweep, write_whole
from tests.test_gallery import picture
from tests.test_synthetic import one_sentence, paint


@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_files_can_be_read_by_whom_the_umask_allows(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        cached_shard(tmp_path / "zoo" / "00000.npy", (2,), lambda: np.zeros(2, np.uint8))
        save_picture(picture(), Settings("a fox"), tmp_path / "gallery")
        paint(tmp_path / "painted", 1)
        write_image_folder(tmp_path / "drawn", ["cat"], 1, "photo")
        write_checked(tmp_path / "run" / "checkpoint.safetensors", {}, {}, "")
    finally:
        os.umask(before)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {
        "00000.npy",
        "00000.crc32",
        NOTE,
        METADATA,
        "zoo.json",
        "00000.png",
    }
    if os.name == "posix":  # elsewhere there are no such rights
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {mode}


def test_two_writers_of_one_file_never_mix(tmp_path):
    """The second begins and ends while the first is still writing."""
    path = tmp_path / "file"

    def first(file):
        file.write(b"1" * 10)
        write_whole(path, lambda other: other.write(b"2" * 5), "")
        assert path.read_bytes() == b"22222"
        file.write(b"1" * 10)

    write_whole(path, first, "")
    assert path.read_bytes() == b"1" * 20 and list(tmp_path.iterdir()) == [path]


def test_on_windows_an_open_shard_cannot_be_replaced(tmp_path, monkeypatch):
    """Another process drew the same shard, was faster, and reads it."""
    path, pixels = tmp_path / "00000.npy", np.arange(4, dtype=np.uint8)

    def make():
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", Path.rename)
            cached_shard(path, (4,), lambda: pixels)
        return pixels

    def in_use(self, target):
        raise PermissionError(13, "Access is denied")

    monkeypatch.setattr(Path, "replace", in_use)
    assert cached_shard(path, (4,), make).tolist() == [0, 1, 2, 3]
    with pytest.raises(OSError, match="Access is denied"):
        cached_shard(tmp_path / "other.npy", (4,), lambda: pixels)


def full(*args):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_each_place_names_its_own_remedy(tmp_path, monkeypatch):
    """COURSE_CACHE moves the cache, and nothing else."""
    places = {
        "cache": lambda folder: cached_shard(folder / "0.npy", (1,), lambda: np.zeros(1, np.uint8)),
        "gallery": lambda folder: save_picture(picture(), Settings("a fox"), folder),
        "painted": lambda folder: paint(folder, 1),
        "drawn": lambda folder: write_image_folder(folder, ["cat"], 1),
    }
    monkeypatch.setattr(Path, "replace", full)
    for name, write in places.items():
        with pytest.raises(OSError) as error:
            write(tmp_path / name)
        one_sentence(error, str(tmp_path / name), "No space left on device")
        assert ("COURSE_CACHE" in str(error.value)) == (name == "cache"), name
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_a_kill_left_is_swept(tmp_path):
    path = tmp_path / "a[1].safetensors"
    for name in ("a[1].safetensors.0a1b2c3d.part", "b.safetensors.0a1b2c3d.part", "a[1].safetensors"):
        (tmp_path / name).write_bytes(b"x")
    sweep(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "a[1].safetensors",
        "b.safetensors.0a1b2c3d.part",
    ]


def test_a_user_without_a_home(monkeypatch):
    def homeless(cls):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", classmethod(homeless))
    for name in ("COURSE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(OSError) as error:
        cache_folder()
    one_sentence(error, "no home folder", "COURSE_CACHE")
    monkeypatch.setattr(cache.sys, "platform", "win32")
    with pytest.raises(OSError, match="no home folder"):
        cache_folder()
