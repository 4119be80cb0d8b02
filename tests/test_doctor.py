"""`course doctor`: every need has a line, with its remedy where it is not met, and no check ends the list."""

import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import weights
from course_lib.command import doctor
from course_lib.lessons import kernel, needs
from course_lib.lessons.days import HOME
from tests.test_cli import course


def test_doctor_finds_all_well():
    for check in doctor.CHECKS:
        finding = check()
        assert finding.ok, finding


def test_doctor_gives_a_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "FOLDER", tmp_path)
    monkeypatch.setattr(doctor, "CHECKS", (doctor.check_weights,))
    code, said = course("doctor")
    assert code == 1 and "[FAIL] weights" in said and "→ bring it back with `git checkout" in said


def test_doctor_says_where_the_manifest_is_missing_or_cut(monkeypatch, tmp_path):
    monkeypatch.setattr(weights, "MANIFEST", tmp_path / "manifest.json")
    assert "missing or damaged" in doctor.check_weights().found
    (tmp_path / "manifest.json").write_text('{"mod', encoding="utf-8")
    finding = doctor.check_weights()
    assert not finding.ok and "missing or damaged" in finding.found and "git checkout" in finding.remedy


def test_doctor_goes_on_where_torch_is_broken():
    """As on Windows without Microsoft's runtime, where `import torch` raises OSError."""
    code = """
import sys
class Broken:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "torchvision"):
            raise OSError("[WinError 126] The specified module could not be found")
sys.meta_path.insert(0, Broken())
from course_lib.command import doctor
for check in (doctor.check_torch, doctor.check_weights, doctor.check_gpu):
    print(check())
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    torch_line, weights_line, gpu_line = done.stdout.splitlines()
    assert (
        "WinError 126" in torch_line
        and "Visual C++ Redistributable" in torch_line
        and "torch does not work" in weights_line
        and "torch does not work" in gpu_line
    )


def test_doctor_sees_a_mismatched_pair(monkeypatch):
    import torchvision

    def broken(*_):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(torchvision.ops, "nms", broken)
    finding = doctor.check_torch()
    assert not finding.ok and "matching pair" in finding.remedy


def test_doctor_goes_on_where_a_check_fails(monkeypatch):
    def check_stars():
        raise RuntimeError("no telescope")

    monkeypatch.setattr(doctor, "CHECKS", (check_stars, doctor.check_python))
    code, said = course("doctor")
    assert code == 1 and "[FAIL] stars: RuntimeError: no telescope → delete the folder" in said
    assert "[OK] Python" in said and "1 need is not met." in said


def test_doctor_sees_a_kernel_of_another_python(monkeypatch):
    code = "import sys, runpy; sys.prefix = '/elsewhere'; sys.argv[1:1] = ['-f']; "
    code += "runpy.run_module('ipykernel_launcher', run_name='__main__')"
    other = {**kernel.get_kernel_dict(), "argv": [sys.executable, "-c", code, "{connection_file}"]}
    monkeypatch.setattr(kernel, "get_kernel_dict", lambda: other)
    finding = doctor.check_kernel()
    assert not finding.ok and "another Python, /elsewhere" in finding.found and ".venv" in finding.remedy


def no_home(monkeypatch, nowhere):
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        "os.path.expanduser", lambda path: path
    )  # so it is for a user whom the system does not know


def unwritable_home(monkeypatch, nowhere):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(nowhere))


def unwritable_course(monkeypatch, nowhere):
    monkeypatch.setattr(needs, "HOME", nowhere)


def unwritable_cache(monkeypatch, nowhere):
    monkeypatch.setenv("COURSE_CACHE", str(nowhere))


@pytest.mark.parametrize(
    "spoil, check, commands, found, remedy",
    [
        (no_home, "check_kernel", ["lab", "run 2"], "Your home folder cannot be found", "set HOME to"),
        (unwritable_home, "check_kernel", ["lab", "run 2"], "nowhere cannot be written", "set HOME to"),
        (
            unwritable_course,
            "check_folder",
            ["train zoo-vae", "test", "update"],
            "nowhere",
            "copy the course into",
        ),
        (
            unwritable_cache,
            "check_cache",
            ["train zoo-vae", "bench notebooks"],
            "nowhere cannot be",
            "set COURSE_CACHE",
        ),
    ],
)
def test_doctor_and_commands_say_before_the_work_what_they_lack(
    tmp_path, monkeypatch, spoil, check, commands, found, remedy
):
    (tmp_path / "file").touch()  # inside a file nothing can be written, not even by root
    spoil(monkeypatch, tmp_path / "file" / "nowhere")
    finding = getattr(doctor, check)()
    assert (
        not finding.ok
        and found in finding.found
        and remedy.replace("HOME", home_variable()) in finding.remedy
    )
    for command in commands:
        code, said = course(*command.split())
        assert code == 1 and found in said and finding.remedy in said, said


def home_variable():
    return "USERPROFILE" if sys.platform == "win32" else "HOME"


def test_asking_for_a_folder_leaves_nothing_behind(tmp_path):
    needs.writable(tmp_path / "runs" / "deep", "")
    assert list(tmp_path.iterdir()) == []
    needs.writable(Path("runs"), "")  # relative to where the student is
