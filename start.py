"""One file to start with: `python3 start.py lab` or `python3 start.py test`.

Makes the folder .venv, installs exactly what requirements.lock lists, and hands its arguments to `course`.
Standard library only.  COURSE_TORCH=cpu takes the small CPU build of torch (Linux; see the README).
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
VENV = HOME / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
EXE = ".exe" if os.name == "nt" else ""
STAMP = VENV / "course-ready.txt"
CPU_TORCH = os.environ.get("COURSE_TORCH") == "cpu"
GPU_PACKAGES = re.compile(r"(torch|torchvision|triton|nvidia-[\w-]+|cuda-[\w-]+)==")


def main() -> int:
    if sys.version_info < (3, 11):
        stop("This is Python %d.%d; the course needs 3.11 or newer: install it, then run start.py with it."
             % sys.version_info[:2])  # fmt: skip
    if not ready():
        install()
    return subprocess.call([str(BIN / ("course" + EXE)), *sys.argv[1:]])


def ready() -> bool:
    """True where .venv was finished for this very lock file and still starts."""
    course = BIN / ("course" + EXE)
    return STAMP.exists() and STAMP.read_text() == wanted() and course.exists() and python_works()


def wanted() -> str:
    """What the environment must have been made from: the lock, the package's description, the Python."""
    files = b"".join((HOME / name).read_bytes() for name in ("requirements.lock", "pyproject.toml"))
    return f"{hashlib.sha256(files).hexdigest()} {sys.version_info[:2]} {'cpu' if CPU_TORCH else 'default'} {HOME}"


def python_works() -> bool:
    try:
        return (
            subprocess.call([str(BIN / ("python" + EXE)), "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
        )
    except OSError:
        return False


def install() -> None:
    need = 8 if sys.platform == "linux" and not CPU_TORCH and not STAMP.exists() else 3
    free = shutil.disk_usage(HOME).free / 1e9
    if free < need:
        stop(f"The disk has {free:.1f} GB free; the course needs {need} GB: make room, then run this again.")
    try:
        make_environment()
    except OSError as error:
        stop(
            f"The environment could not be written ({error}); check the free disk space and that you may write to {HOME}."
        )
    uv = bring_uv()
    print("Installing the libraries. The first time this takes a few minutes.", flush=True)
    lock = HOME / "requirements.lock"
    if CPU_TORCH:
        pair = re.findall(r"^(?:torch|torchvision)==[\w.]+", lock.read_text(), re.MULTILINE)
        run(uv, "pip", "install", "--torch-backend", "cpu", *pair)
        lock = without_gpu_packages(lock)
    run(uv, "pip", "install", "--require-hashes", "--no-deps", "-r", str(lock))
    run(uv, "pip", "install", "--no-deps", "--no-build-isolation", "-e", str(HOME))
    STAMP.write_text(wanted())


def make_environment() -> None:
    """A new .venv where there is none, or where the one there is half-made; else keep it and only update it."""
    if VENV.exists() and python_works():
        return
    if VENV.exists():
        print("The folder .venv is half-made; it is made again.", flush=True)
        shutil.rmtree(VENV)
    print("Making the environment in .venv.", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        text = made.stdout + made.stderr
        if "ensurepip" in text or "No module named venv" in text:
            stop(
                "This Python has no venv module; on Debian and Ubuntu run `sudo apt install python3-venv`, then again."
            )
        stop(f"The environment could not be made: {text.strip().splitlines()[-1]}")


def bring_uv() -> str:
    uv = BIN / ("uv" + EXE)
    if not uv.exists():
        run(
            str(BIN / ("python" + EXE)),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "uv",
        )
    return str(uv)


def without_gpu_packages(lock: Path) -> Path:
    """A copy of the lock without torch and what only its GPU build needs."""
    entries = re.split(r"^(?=\S)", lock.read_text(), flags=re.MULTILINE)
    slim = VENV / "requirements-cpu.lock"
    slim.write_text("".join(entry for entry in entries if not GPU_PACKAGES.match(entry)))
    return slim


def run(*command: str) -> None:
    """Run a command; where it fails, show what it said and stop with one sentence."""
    env = {**os.environ, "VIRTUAL_ENV": str(VENV)}
    done = subprocess.run(
        command, env=env, stderr=subprocess.PIPE, text=True, encoding="utf-8", errors="replace"
    )
    if done.returncode == 0:
        return
    text = done.stderr
    print(text.strip()[-1500:], file=sys.stderr)
    if "No space left" in text or "os error 28" in text:
        stop("The disk is full; make room, then run this again. What was installed so far is kept.")
    if "hash" in text.lower() and "mismatch" in text.lower():
        stop(
            "A downloaded file is not the one the lock names (its hash differs); try again, or report it if it stays."
        )
    stop(
        "The libraries could not be installed; check the network (the first start needs it), then run this again."
    )


def stop(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except KeyboardInterrupt:
        raise SystemExit(130) from None
