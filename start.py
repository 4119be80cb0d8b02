"""One file to start with: `python3 start.py lab` or `python3 start.py test`.

Makes the folder .venv, installs exactly what requirements.lock lists, and hands its arguments to `course`.
Standard library only.  COURSE_TORCH=cpu takes the small CPU build of torch (Linux; see the README).
"""

import contextlib
import hashlib
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

WINDOWS = os.name == "nt"
HOME = Path(__file__).resolve().parent
VENV = HOME / ".venv"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
EXE = ".exe" if WINDOWS else ""
STAMP = VENV / "course-ready.txt"  # what .venv was finished for, or BEGUN while it is worked on
BEGUN = "begun"
CPU_TORCH = os.environ.get("COURSE_TORCH") == "cpu"
GPU_PACKAGES = re.compile(r"(torch|torchvision|triton|nvidia-[\w-]+|cuda-[\w-]+)==")
PYTHONS = (3, 11), (3, 15)  # first and last that the locked packages are built for; see CONTRIBUTING.md
IMPORTS = """
import numpy, scipy, sklearn, PIL.Image, matplotlib.figure, torch, torchvision, jupyterlab, ipykernel, course_lib.zoo
from transformers import CLIPModel
from diffusers import StableDiffusionPipeline
"""
FAILURES = (  # (sign in what a command said, what it means)
    (r"No space left|os error (28|112)\b", "The disk is full; make room, then run this again."),
    (r"(?i)hash.*mismatch|mismatch.*hash",
     "A downloaded file is not the one the lock names (its hash differs); try again, or report it if it stays."),
    (r"ensurepip is not available|No module named '?(venv|ensurepip)",
     "This Python has no venv module; on Debian and Ubuntu run `sudo apt install python3-venv`, then again."),
    (r"os error (5|32)\b|WinError (5|32)\b",
     "A file in .venv is in use or may not be written; close JupyterLab and what else runs from .venv, then run this again."),
)  # fmt: skip


def main() -> int:
    if not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        stop("This is Python %d.%d; the course needs %d.%d to %d.%d: install one of these, then run start.py with it."
             % (sys.version_info[:2] + PYTHONS[0] + PYTHONS[1]))  # fmt: skip
    if not (HOME / "requirements.lock").exists():
        stop(f"start.py stands alone in {HOME}; unpack the whole course, then run the start.py inside it.")
    if not ready():
        refusal = no_build(*this_computer())
        if refusal:
            stop(refusal)
        with only_one():
            if not ready():  # another start.py may just have finished it
                install()
    return hand_over([str(BIN / ("course" + EXE)), *sys.argv[1:]])


def hand_over(command: list) -> int:
    """`course` takes this process's place: Ctrl+C is its own affair (JupyterLab asks a question), and so is the exit code.

    Windows knows no such call and sends Ctrl+C to every process of the console: there this one waits on."""
    if not WINDOWS:
        os.execv(command[0], command)
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.call(command)


def this_computer() -> tuple:
    """(system, what this Python is built for, the system's or the C library's version, bits)."""
    build = platform.machine() if sys.platform == "darwin" else sysconfig.get_platform().rpartition("-")[2]
    release = platform.mac_ver()[0] if sys.platform == "darwin" else " ".join(platform.libc_ver())
    return sys.platform, build, release, 64 if sys.maxsize > 2**32 else 32


def no_build(system: str, build: str, release: str, bits: int) -> str:
    """Why the locked torch has no build for this computer, in one sentence; empty where it has one."""
    number = tuple(map(int, re.findall(r"\d+", release)))
    other = "use another computer, or Colab (see README.md)."
    faults = (
        (bits != 64,
         "This is a 32-bit Python; the course needs a 64-bit one: install it from python.org, then run start.py with it."),
        (system == "darwin" and build != "arm64",
         "This Python is built for Intel Macs, for which there is no torch any more: on an Apple chip install Python from "
         "python.org; else " + other),
        (system == "darwin" and number and number < (14,),
         f"This is macOS {release}; torch needs macOS 14 or newer: update the Mac, or " + other),
        (system == "win32" and build != "amd64",
         "This is Python for Windows on ARM; torch is built for Intel and AMD processors only: " + other),
        (system == "linux" and build not in ("x86_64", "aarch64"),
         f"This is Linux on {build}; torch is built for x86_64 and aarch64 only: " + other),
        (system == "linux" and not (release.startswith("glibc") and number >= (2, 28)),
         f"This Linux has {release.strip() or 'no glibc'}; torch needs glibc 2.28 or newer (Alpine has none): " + other),
    )  # fmt: skip
    return next((sentence for true, sentence in faults if true), "")


@contextlib.contextmanager
def only_one():
    """One start.py works on .venv; others wait.  The system frees the lock, however its holder ends."""
    try:
        lock = (HOME / ".venv.lock").open("a", encoding="utf-8")
    except OSError as error:
        not_written(error)
    with lock:
        told = False
        while not taken(lock.fileno()):
            if not told:
                print("Another start.py is installing; waiting for it.", flush=True)
            told = True
            time.sleep(1)
        # an installation that outlives a killed start.py holds on to the lock, too
        os.set_inheritable(lock.fileno(), True)
        yield


def taken(lock: int) -> bool:
    """Take the lock, without waiting; False where another process has it."""
    try:
        if WINDOWS:
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a network drive without locks: go on without
        pass
    return True


def stamp() -> str:
    """What the stamp says; what can't be read says nothing."""
    try:
        return STAMP.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def write_stamp(text: str) -> None:
    STAMP.write_text(text, encoding="utf-8")


def ready() -> bool:
    """True where .venv was finished for this very lock file and still starts."""
    return stamp() == wanted() and (BIN / ("course" + EXE)).exists() and python_works()


def wanted() -> str:
    """What the environment must have been made from: the lock, the package's description, the Python."""
    files = b"".join((HOME / name).read_bytes() for name in ("requirements.lock", "pyproject.toml"))
    text = f"{hashlib.sha256(files).hexdigest()} {sys.version_info[:2]} {'cpu' if CPU_TORCH else 'default'} {HOME}"
    return text.encode("utf-8", "replace").decode("utf-8")


def broken_off() -> bool:
    """True where an earlier start.py did not come to its end: whatever lies in .venv may be half a file."""
    return STAMP.exists() and not re.match(r"[0-9a-f]{64} ", stamp())


def python_works() -> bool:
    """True where .venv has a Python that fits, with pip."""
    fits = f"import sys, pip; assert {PYTHONS[0]} <= sys.version_info[:2] <= {PYTHONS[1]}"
    return works(python(), "-c", fits)


def works(*command: str) -> bool:
    try:
        return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def python() -> str:
    return str(BIN / ("python" + EXE))


def install() -> None:
    """Make .venv, or bring a finished one up to date; stamp it when its libraries load."""
    check_disk()
    try:
        fresh = make_environment()
        problem = add_libraries(fresh)
        if problem and not fresh:  # what was there before is damaged
            write_stamp(BEGUN)
            make_environment()
            problem = add_libraries(fresh=True)
        if not problem:
            write_stamp(wanted())
            return
        STAMP.unlink()  # nothing is half-made: the next start only looks again
    except OSError as error:
        not_written(error)
    if sys.argv[1:2] != ["doctor"]:
        stop(f"The libraries are installed but do not load ({problem}); start.py doctor says what to do.")


def check_disk() -> None:
    """Stop where the disk is too small for what is still to come."""
    need = 8 if sys.platform == "linux" and not CPU_TORCH else 3
    free = shutil.disk_usage(str(HOME)).free / 1e9
    if free < need:
        need = need - already_there()
    if free < need:
        said = f"The disk has {free:.1f} GB free; the course needs {need:.1f} GB"
        stop(said + ": make room, then run this again.")


def already_there() -> float:
    """Gigabytes an earlier start put on this disk: .venv and what uv keeps of its downloads, each file once."""
    kept = os.environ.get("LOCALAPPDATA") if WINDOWS else os.environ.get("XDG_CACHE_HOME")
    kept = Path(kept or os.path.expanduser("~/.cache")) / "uv"
    sizes = {}
    for folder in (str(VENV), os.environ.get("UV_CACHE_DIR") or str(kept)):
        for place, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):  # gone, or too long a path
                    file = os.lstat(os.path.join(place, name))
                    sizes[file.st_dev, file.st_ino] = file.st_size
    return sum(size for (disk, _), size in sizes.items() if disk == os.stat(str(HOME)).st_dev) / 1e9


def make_environment() -> bool:
    """True: .venv is new.  False: the one there is whole, and only to be updated."""
    if not broken_off() and python_works():
        return False
    if VENV.exists():
        print("The folder .venv is half-made; it is made again.", flush=True)
    print("Making the environment in .venv.", flush=True)
    VENV.mkdir(exist_ok=True)
    write_stamp(BEGUN)
    for old in set(VENV.iterdir()) - {STAMP}:
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(str(old))
        else:
            old.unlink()
    # start.py may itself be run by the Python of the .venv that was just emptied
    run(getattr(sys, "_base_executable", sys.executable), "-m", "venv", str(VENV))
    return True


def add_libraries(fresh: bool) -> str:
    """Install what the lock lists and the course; returns why they don't load, or nothing."""
    uv = [bring_uv(), "pip", "install", "--python", python()]
    print("Installing the libraries. The first time this takes a few minutes.", flush=True)
    lock, torch = HOME / "requirements.lock", []
    if CPU_TORCH:
        torch = re.findall(r"^(?:torch|torchvision)==[\w.]+", lock.read_text(encoding="utf-8"), re.MULTILINE)
        lock = without_gpu_packages(lock)
    locked = ["--require-hashes", "--no-deps", "-r", str(lock)]
    if not fresh:
        run(*uv, "--dry-run", *locked)  # without a network, an older environment stays whole
    write_stamp(BEGUN)
    if torch:
        run(*uv, "--torch-backend", "cpu", *torch)
    run(*uv, *locked)
    run(*uv, "--no-deps", "--no-build-isolation", "-e", str(HOME))
    print("Checking that they load.", flush=True)
    failed, said = output(python(), "-c", IMPORTS)
    return (said.strip() or f"exit code {failed}").splitlines()[-1] if failed else ""


def bring_uv() -> str:
    uv = str(BIN / ("uv" + EXE))
    if not works(uv, "--version"):
        run(python(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv")
    return uv


def without_gpu_packages(lock: Path) -> Path:
    """A copy of the lock without torch and what only its GPU build needs."""
    entries = re.split(r"^(?=\S)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)
    slim = VENV / "requirements-cpu.lock"
    slim.write_text("".join(entry for entry in entries if not GPU_PACKAGES.match(entry)), encoding="utf-8")
    return slim


def run(*command: str) -> None:
    """Run a command; where it fails, show what it said and stop with one sentence."""
    failed, said = output(*command)
    if failed:
        print(said.strip()[-1500:], file=sys.stderr)
        network = "The libraries could not be installed; check the network (the first start needs it), then run this again."
        stop(meaning(said, network))


def meaning(said: str, otherwise: str) -> str:
    return next((sentence for sign, sentence in FAILURES if re.search(sign, said)), otherwise)


def output(*command: str) -> tuple:
    """(exit code, all that the command said); its children inherit the lock."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, close_fds=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def not_written(error: OSError) -> None:
    stop(
        meaning(
            str(error), f"The environment could not be written ({error}); check that you may write to {HOME}."
        )
    )


def stop(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        print("Stopped. The same command starts again.", file=sys.stderr)
        raise SystemExit(130) from None
