"""The command `course`: what it says, what it refuses, and that a student's work is never overwritten."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from course_lib import weights
from course_lib.command import doctor
from course_lib.command.cli import app
from course_lib.lessons.days import HOME, check_tier, find_notebook
from course_lib.lessons.run import LessonFailed, run_notebook


def course(*arguments):
    """The exit code, and what was said, on one line."""
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def lesson(tmp_path):
    """A small lesson in a folder of its own; give it the source of its cells."""

    def make(*sources):
        cells = [
            new_markdown_cell("## 1. The first question"),
            new_code_cell("SEED = 0", metadata={"tags": ["parameters"]}),
        ]
        cells += [new_code_cell(source) for source in sources]
        path = tmp_path / "day42_lesson.ipynb"
        kernel = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}
        nbformat.write(new_notebook(cells=cells, metadata=kernel), path)
        return path

    return make


@pytest.mark.parametrize("name", ["3", "03", "day03", "day03_toy_ddpm", "day03_toy_ddpm.ipynb"])
def test_a_day_has_many_names(name):
    assert find_notebook(name).stem == "day03_toy_ddpm"


@pytest.mark.parametrize("command", ["run", "lab"])
def test_unknown_day(command):
    code, said = course(command, "day99")
    assert code == 1 and "'day99' is not a day of the course; the days here are day00, day02, day03" in said


def test_unknown_tier():
    code, said = course("run", "2", "--tier", "huge")
    assert code == 1 and "'huge' is not a tier; choose pocket or full." in said
    with pytest.raises(ValueError):
        check_tier("")


def test_unwritable_out_folder(tmp_path):
    (tmp_path / "file").touch()
    code, said = course("run", "2", "--out", str(tmp_path / "file" / "runs"))
    assert code == 1 and "cannot be written" in said and "choose another with --out" in said


def test_run_hands_parameters_on(lesson, tmp_path):
    out = run_notebook(lesson("print(SEED)"), tmp_path / "out", parameters={"SEED": 7}, progress=False)
    assert "7\n" in out.read_text(encoding="utf-8")


def test_a_failing_cell_names_day_section_and_error(lesson, tmp_path):
    with pytest.raises(
        LessonFailed, match="day42, section “1. The first question”: ZeroDivisionError: division by zero"
    ):
        run_notebook(lesson("1 / 0"), tmp_path / "out", progress=False)


def test_what_a_student_changed_is_never_overwritten(lesson, tmp_path):
    path = lesson("1 + 1")
    first = run_notebook(path, tmp_path / "out", progress=False)
    assert run_notebook(path, tmp_path / "out", progress=False) == first  # untouched: written anew
    mine = json.loads(first.read_text(encoding="utf-8"))
    mine["cells"][-1]["source"] = "my own work"
    first.write_text(json.dumps(mine), encoding="utf-8")
    second = run_notebook(path, tmp_path / "out", progress=False)
    assert second.name == "day42_lesson-2.ipynb" and "my own work" in first.read_text(encoding="utf-8")


def test_progress_lists_every_exercise():
    code, said = course("progress")
    assert code == 0 and "add_noise" in said and "drop_labels" in said


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
    done = subprocess.run([sys.executable, "-c", code], cwd=HOME, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    torch_line, weights_line, gpu_line = done.stdout.splitlines()
    assert (
        "WinError 126" in torch_line
        and "Visual C++ Redistributable" in torch_line
        and "torch does not work" in weights_line
        and "torch does not work" in gpu_line
    )


def test_output_piped_on_windows_does_not_crash(tmp_path):
    """A pipe there is cp1252, which has no ✓."""
    (tmp_path / "progress.json").write_text(
        '{"add_noise": {"state": "done", "when": "2026-11-21"}}', encoding="utf-8"
    )
    env = {**os.environ, "PYTHONIOENCODING": "cp1252", "COURSE_PROGRESS": str(tmp_path / "progress.json")}
    done = subprocess.run(
        [sys.executable, "-m", "course_lib", "progress"], cwd=HOME, env=env, capture_output=True
    )
    assert done.returncode == 0, done.stderr[-500:]
    assert b"? done" in done.stdout


def test_doctor_sees_a_mismatched_pair(monkeypatch):
    import torchvision

    def broken(*_):
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(torchvision.ops, "nms", broken)
    finding = doctor.check_torch()
    assert not finding.ok and "matching pair" in finding.remedy


def test_bench_report_needs_its_section(monkeypatch, tmp_path):
    from course_lib.bench import report

    file = tmp_path / "benchmarks.md"
    monkeypatch.setattr(report, "FILE", file)
    file.write_text("<!-- zoo -->\nold\n<!-- /zoo -->\n", encoding="utf-8")
    report.write_section("zoo", "the command", [{"what": "x", "per second": 3}])
    assert (
        "| x | 3 |" in file.read_text(encoding="utf-8")
        and "old" not in file.read_text(encoding="utf-8")
        and "the command" in file.read_text(encoding="utf-8")
    )
    file.write_text("nothing", encoding="utf-8")
    with pytest.raises(ValueError, match="has no section"):
        report.write_section("zoo", "the command", [{"what": "x"}])


def test_lab_serves_on_this_machine_behind_a_token():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = [sys.executable, "-m", "course_lib", "lab", "3", "--no-browser", "--port", str(port)]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=HOME, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    ) as lab:
        try:
            address = next(
                found[0] for line in lab.stdout if (found := re.search(r"http://127\S+token=\S+", line))
            )
            for _ in range(40):
                try:
                    page = urllib.request.urlopen(address, timeout=20).read().decode()
                    break
                except OSError:
                    time.sleep(0.5)
            assert "JupyterLab" in page and "day03_toy_ddpm" in address
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/contents", timeout=20)
        finally:
            lab.terminate()
