"""start.py: one clear sentence for every way the set-up can fail, no work where none is needed, nothing left half-made."""

import ast
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from course_lib.lessons.days import HOME


@pytest.fixture
def start(tmp_path, monkeypatch):
    """start.py as a module whose home is an empty folder with a Korean name; only what a test fakes is run."""
    spec = importlib.util.spec_from_file_location("start", HOME / "start.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    home = tmp_path / "한글 é"
    home.mkdir()
    monkeypatch.setattr(module, "HOME", home)
    monkeypatch.setattr(module, "VENV", home / ".venv")
    monkeypatch.setattr(module, "BIN", home / ".venv" / module.BIN.name)
    monkeypatch.setattr(module, "STAMP", home / ".venv" / "course-ready.txt")
    monkeypatch.setattr(module, "CPU_TORCH", False)
    for name in ("requirements.lock", "pyproject.toml"):
        (home / name).write_bytes((HOME / name).read_bytes())
    return module


@pytest.fixture
def machine(start, monkeypatch):
    """A pretended machine: `output` plays venv, pip and uv, and `machine.fate` makes one of the commands end badly."""
    machine = SimpleNamespace(ran=[], fate={}, python=False)

    def output(*command):
        name = next(name for name, sign in STEPS.items() if sign in command)
        machine.ran.append(name)
        fate = machine.fate.pop(name, None)
        if fate is KeyboardInterrupt:
            (start.VENV / "half a file").touch()
            raise KeyboardInterrupt
        if name == "venv":
            start.BIN.mkdir(parents=True)
            machine.python = True
        if name == "course":
            (start.BIN / ("course" + start.EXE)).touch()
        return (1, fate) if fate else (0, "")

    monkeypatch.setattr(start, "output", output)
    monkeypatch.setattr(start, "works", lambda *command: "--version" not in command and machine.python)
    monkeypatch.setattr(start, "check_disk", lambda: None)
    monkeypatch.setattr(start, "hand_over", lambda command: command)
    return machine


STEPS = {
    "venv": "venv", "uv": "uv", "dry": "--dry-run", "lock": "--require-hashes", "course": "-e", "check": "-c",
}  # fmt: skip
WHOLE = ["venv", "uv", "lock", "course", "check"]


def sentence(capsys) -> str:
    return capsys.readouterr().err.strip().splitlines()[-1]


def refused(capsys, call, *arguments) -> str:
    with pytest.raises(SystemExit) as ended:
        call(*arguments)
    assert ended.value.code == 1
    return sentence(capsys)


# --- before anything is installed


@pytest.mark.parametrize("version", [(3, 6, 15), (3, 10, 13), (3, 16, 0)])
def test_a_python_without_builds_is_turned_away(start, monkeypatch, capsys, version):
    monkeypatch.setattr(start.sys, "version_info", version)
    assert refused(capsys, start.main) == (
        f"This is Python 3.{version[1]}; the course needs 3.11 to 3.15: install one of these, then run start.py with it."
    )


def test_the_old_pythons_can_read_it():
    ast.parse((HOME / "start.py").read_text(encoding="utf-8"), feature_version=(3, 6))


def test_the_pages_name_the_same_pythons(start):
    pythons = "{}.{} to {}.{}".format(*start.PYTHONS[0], *start.PYTHONS[1])
    for page in ("README.md", "docs/index.md", "docs/guide/room.md"):
        assert pythons in (HOME / page).read_text(encoding="utf-8"), page


@pytest.mark.parametrize("computer, words", [
    (("linux", "x86_64", "glibc 2.28", 64), ""),
    (("linux", "aarch64", "glibc 2.36", 64), ""),
    (("darwin", "arm64", "14.0", 64), ""),
    (("darwin", "arm64", "", 64), ""),  # not told: let the installation say
    (("win32", "amd64", " ", 64), ""),
    (("win32", "win32", " ", 32), "32-bit Python"),
    (("linux", "armv7l", "glibc 2.36", 32), "32-bit Python"),
    (("win32", "arm64", " ", 64), "Windows on ARM"),
    (("darwin", "x86_64", "15.1", 64), "Intel Macs"),
    (("darwin", "arm64", "13.6.1", 64), "This is macOS 13.6.1; torch needs macOS 14"),
    (("linux", "riscv64", "glibc 2.40", 64), "Linux on riscv64"),
    (("linux", "x86_64", " ", 64), "no glibc"),
    (("linux", "x86_64", "glibc 2.17", 64), "This Linux has glibc 2.17"),
])  # fmt: skip
def test_a_computer_without_builds_is_told_so(start, computer, words):
    said = start.no_build(*computer)
    assert (words in said and said.endswith(".")) if words else said == ""


def test_this_computer_has_builds(start):
    assert start.no_build(*start.this_computer()) == ""


def test_the_refusal_comes_before_the_installation(start, machine, monkeypatch, capsys):
    monkeypatch.setattr(start, "this_computer", lambda: ("win32", "arm64", "", 64))
    assert "Windows on ARM" in refused(capsys, start.main) and not machine.ran


def test_start_without_the_course(start, capsys):
    (start.HOME / "requirements.lock").unlink()
    assert "unpack the whole course" in refused(capsys, start.main)


def test_too_little_disk_but_what_is_there_counts(start, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(start.shutil, "disk_usage", lambda _: SimpleNamespace(free=1e9))
    monkeypatch.setattr(start, "already_there", lambda: 0.5)
    assert "The disk has 1.0 GB free; the course needs" in refused(capsys, start.check_disk)
    monkeypatch.setattr(start, "already_there", lambda: 7.5)
    start.check_disk()


def test_what_is_there_is_counted_once(start, monkeypatch, tmp_path):
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    for folder in (start.VENV, tmp_path / "uv"):
        folder.mkdir()
        (folder / "own").write_bytes(b"x" * 10_000)
    os.link(start.VENV / "own", tmp_path / "uv" / "linked")
    assert start.already_there() * 1e9 == 20_000


# --- the installation, and what is left of one that did not end


def test_a_first_start_installs_everything_once(start, machine):
    assert not start.ready()
    assert start.main()[0].endswith("course" + start.EXE) and machine.ran == WHOLE
    assert start.STAMP.read_text(encoding="utf-8") == start.wanted() and start.HOME.name in start.wanted()
    start.main()
    assert machine.ran == WHOLE


@pytest.mark.parametrize("moment", WHOLE)
def test_a_broken_off_installation_is_made_again(start, machine, moment):
    machine.fate = {moment: KeyboardInterrupt}
    with pytest.raises(KeyboardInterrupt):
        start.main()
    assert not start.ready() and start.broken_off()
    machine.ran.clear()
    start.main()
    assert machine.ran == WHOLE and start.ready() and not (start.VENV / "half a file").exists()


def test_a_finished_environment_is_updated_and_its_own_packages_stay(start, machine):
    start.main()
    (start.VENV / "jupyterhub").touch()
    (start.HOME / "requirements.lock").write_text("changed", encoding="utf-8")
    machine.ran.clear()
    assert not start.ready()
    start.main()
    assert machine.ran == ["uv", "dry", *WHOLE[2:]] and start.ready() and (start.VENV / "jupyterhub").exists()


def test_no_network_leaves_a_finished_environment_whole(start, machine, capsys):
    start.main()
    old = start.stamp()
    (start.HOME / "requirements.lock").write_text("changed", encoding="utf-8")
    machine.fate = {"dry": "dns error"}
    assert "check the network" in refused(capsys, start.main) and start.stamp() == old


def test_a_damaged_environment_is_made_again(start, machine):
    start.main()
    start.STAMP.unlink()  # as after an old start.py, or made by another program
    machine.ran.clear()
    machine.fate = {"check": "ImportError: a file is missing"}
    start.main()
    assert machine.ran == ["uv", "dry", *WHOLE[2:], *WHOLE] and start.ready()


def test_a_python_that_is_gone_or_too_old(start, machine, capsys):
    start.main()
    machine.python = False
    machine.ran.clear()
    start.main()
    assert machine.ran == WHOLE and "half-made" in capsys.readouterr().out


def test_libraries_that_do_not_load_are_no_success(start, machine, monkeypatch, capsys):
    """A system library is missing: one sentence; doctor still runs, for it knows more; the next start only looks again."""
    machine.fate = {"check": "Traceback\nOSError: [WinError 126] torch.dll"}
    assert "do not load (OSError: [WinError 126] torch.dll)" in refused(capsys, start.main)
    machine.ran.clear()
    machine.fate = {"check": "OSError"}
    monkeypatch.setattr(start.sys, "argv", ["start.py", "doctor"])
    machine.python = True
    monkeypatch.setattr(start, "make_environment", lambda: True)
    assert start.main()[1:] == ["doctor"] and not start.ready() and not start.broken_off()


def test_a_linked_environment_stays_a_link(start, machine, tmp_path):
    (tmp_path / "big disk").mkdir()
    (tmp_path / "big disk" / "half").mkdir()
    start.VENV.symlink_to(tmp_path / "big disk")
    start.main()
    assert start.VENV.is_symlink() and start.ready() and not (start.VENV / "half").exists()


@pytest.mark.parametrize("content", ["한글".encode("cp949"), b"", b"begun"])
def test_a_stamp_that_says_nothing_is_stale(start, machine, content):
    start.main()
    start.STAMP.write_bytes(content)
    assert not start.ready() and start.broken_off()


def test_a_stamp_of_another_code_page_is_stale_but_no_reason_to_start_anew(start, machine):
    start.main()
    start.STAMP.write_bytes(("0" * 64 + " (3, 11) default C:\\한글").encode("cp949"))
    assert not start.ready() and not start.broken_off()


@pytest.mark.parametrize("said, words", [
    ("No space left on device (os error 28)", "The disk is full"),
    ("failed to write (os error 112)", "The disk is full"),
    ("Hash mismatch for torch", "hash differs"),
    ("ensurepip is not available", "sudo apt install python3-venv"),
    ("No module named venv", "sudo apt install python3-venv"),
    ("Access is denied. (os error 5)", "is in use"),
    ("error sending request: dns error", "check the network"),
])  # fmt: skip
def test_failed_installation(start, capsys, said, words):
    assert words in refused(capsys, start.run, sys.executable, "-c", f"import sys; sys.exit({said!r})")


@pytest.mark.parametrize("error, words", [
    (PermissionError(13, "Permission denied"), "could not be written"),
    (OSError(28, "No space left on device"), "The disk is full"),
    (OSError("[WinError 32] used by another process"), "is in use"),
])  # fmt: skip
def test_a_folder_that_takes_no_files(start, machine, monkeypatch, capsys, error, words):
    def refuse():
        raise error

    monkeypatch.setattr(start, "make_environment", refuse)
    assert words in refused(capsys, start.main)


def test_a_folder_without_the_right_to_write(start, machine, monkeypatch, capsys):
    (start.HOME / ".venv.lock").mkdir()  # also root can't open it
    assert "could not be written" in refused(capsys, start.main)


def test_cpu_lock_has_no_gpu_packages(start):
    start.VENV.mkdir()
    slim = start.without_gpu_packages(HOME / "requirements.lock").read_text(encoding="utf-8")
    assert "nvidia" not in slim and "\ntorch==" not in slim
    assert "\ntorchmetrics==" in slim and "\nnumpy==" in slim


# --- two at once


def test_a_second_start_waits_for_the_first(start, machine, monkeypatch, capsys):
    waits = threading.Event()
    monkeypatch.setattr(start.time, "sleep", lambda _: waits.set())
    with start.only_one():
        second = threading.Thread(target=start.main)
        second.start()
        assert waits.wait(60)
        start.install()
    second.join(60)
    assert machine.ran == WHOLE
    assert capsys.readouterr().out.count("Another start.py is installing; waiting for it.\n") == 1


def test_an_installation_whose_start_was_killed_keeps_the_lock(start):
    with start.only_one():
        command = [sys.executable, "-c", "print(flush=True); input()"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=False)
        child.stdout.readline()  # it runs
    with (start.HOME / ".venv.lock").open("a", encoding="utf-8") as lock:
        assert not start.taken(lock.fileno())
        child.communicate(b"\n")
        assert start.taken(lock.fileno())


@pytest.mark.parametrize(
    "error, free", [(None, True), (PermissionError(13, "held"), False), (OSError(37, "none"), True)]
)
def test_the_lock_on_windows(start, monkeypatch, error, free):
    def locking(file, how, size):
        if error:
            raise error

    monkeypatch.setattr(start, "WINDOWS", True)
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    assert start.taken(0) is free


# --- handing over

COURSE = """#!{python}
import signal, sys
signal.signal(signal.SIGINT, lambda *_: print("Shut down? No answer: resuming.", flush=True))
print(*sys.argv[1:], flush=True)
sys.stdin.readline()
sys.exit(7)
"""
HAND_OVER = """
import sys
sys.path.insert(0, sys.argv[1])
import start
start.WINDOWS = sys.argv[2] == "windows"
raise SystemExit(start.hand_over(sys.argv[3:]))
"""


@pytest.mark.parametrize("system", ["posix", "windows"])
def test_one_ctrl_c_is_the_affair_of_course_alone(tmp_path, system):
    """Real processes: Ctrl+C reaches the whole group; `course` survives it, goes on, and its exit code arrives."""
    course = tmp_path / "course"
    course.write_text(COURSE.format(python=sys.executable), encoding="utf-8")
    course.chmod(0o755)
    command = [sys.executable, "-c", HAND_OVER, str(HOME), system, str(course), "run", "3"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "start_new_session": True}
    with subprocess.Popen(command, **pipes) as process:
        assert process.stdout.readline() == b"run 3\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.readline().startswith(b"Shut down?")
        process.stdin.write(b"end\n")
        process.stdin.flush()
        assert process.wait(60) == 7
