"""start.py: one clear sentence for every way the set-up can fail, and no work where none is needed."""

import importlib.util
import subprocess
import sys
from types import SimpleNamespace

import pytest

from course_lib.lessons.days import HOME


@pytest.fixture
def start(tmp_path, monkeypatch):
    """start.py as a module whose home is an empty folder; no command is really run."""
    spec = importlib.util.spec_from_file_location("start", HOME / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HOME", tmp_path)
    monkeypatch.setattr(module, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(module, "BIN", tmp_path / ".venv" / module.BIN.name)
    monkeypatch.setattr(module, "STAMP", tmp_path / ".venv" / "course-ready.txt")
    for name in ("requirements.lock", "pyproject.toml"):
        (tmp_path / name).write_bytes((HOME / name).read_bytes())
    return module


def sentence(capsys) -> str:
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_old_python(start, monkeypatch, capsys):
    monkeypatch.setattr(start.sys, "version_info", (3, 9, 1))
    with pytest.raises(SystemExit):
        start.main()
    assert (
        sentence(capsys)
        == "This is Python 3.9; the course needs 3.11 or newer: install it, then run start.py with it."
    )


def test_too_little_disk(start, monkeypatch, capsys):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    with pytest.raises(SystemExit):
        start.install()
    assert "The disk has 1.0 GB free; the course needs" in sentence(capsys)


def test_no_venv_module(start, monkeypatch, capsys):
    monkeypatch.setattr(
        start.subprocess,
        "run",
        lambda *a, **k: subprocess.CompletedProcess(a, 1, "", "ensurepip is not available"),
    )
    with pytest.raises(SystemExit):
        start.make_environment()
    assert "sudo apt install python3-venv" in sentence(capsys)


def test_half_made_environment_is_made_again(start, monkeypatch, capsys):
    (start.VENV / "lib").mkdir(parents=True)
    monkeypatch.setattr(start.subprocess, "run", lambda *a, **k: subprocess.CompletedProcess(a, 0, "", ""))
    start.make_environment()
    assert "half-made" in capsys.readouterr().out and not start.VENV.exists()


@pytest.mark.parametrize("said, words", [
    ("No space left on device (os error 28)", "The disk is full"),
    ("Hash mismatch for torch", "hash differs"),
    ("error sending request: dns error", "check the network"),
])  # fmt: skip
def test_failed_installation(start, capsys, said, words):
    with pytest.raises(SystemExit):
        start.run(sys.executable, "-c", f"import sys; sys.exit({said!r})")
    assert words in sentence(capsys)


def test_unwritable_folder(start, monkeypatch, capsys):
    def refuse():
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(start, "make_environment", refuse)
    with pytest.raises(SystemExit):
        start.install()
    assert "could not be written" in sentence(capsys)


def test_nothing_is_installed_twice_and_a_new_lock_is_seen(start, monkeypatch):
    start.BIN.mkdir(parents=True)
    (start.BIN / ("course" + start.EXE)).touch()
    monkeypatch.setattr(start, "python_works", lambda: True)
    assert not start.ready()
    start.STAMP.write_text(start.wanted())
    assert start.ready()
    (start.HOME / "requirements.lock").write_text("changed")
    assert not start.ready()


def test_cpu_lock_has_no_gpu_packages(start):
    start.VENV.mkdir()
    slim = start.without_gpu_packages(HOME / "requirements.lock").read_text()
    assert (
        "nvidia" not in slim
        and "\ntorch==" not in slim
        and "\ntorchmetrics==" in slim
        and "\nnumpy==" in slim
    )


def test_arguments_and_exit_code_are_handed_on(start, monkeypatch):
    seen = []
    monkeypatch.setattr(start, "ready", lambda: True)
    monkeypatch.setattr(start.subprocess, "call", lambda command: seen.append(command) or 7)
    monkeypatch.setattr(start.sys, "argv", ["start.py", "run", "3"])
    assert start.main() == 7 and seen[0][1:] == ["run", "3"]
