"""`course doctor`: one line per need of the course, each with its remedy where it is not met."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from course_lib.lessons import needs
from course_lib.lessons.days import HOME

AGAIN = "delete the folder .venv and run start.py again"


@dataclass(frozen=True)
class Finding:
    """What one check found; a remedy is given where it is not met."""

    need: str
    ok: bool
    found: str
    remedy: str = ""


def check_python() -> Finding:
    """The Python that runs the course is new enough."""
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "Python",
        sys.version_info >= (3, 11),
        version,
        "install Python 3.11 or newer, then run start.py with it",
    )


def check_torch() -> Finding:
    """torch and torchvision must be built for each other: a mismatch shows in torchvision's own operators."""
    remedy = f"install a matching pair: {AGAIN}"
    try:
        import torch
        import torchvision

        torchvision.ops.nms(torch.tensor([[0.0, 0.0, 1.0, 1.0]]), torch.tensor([1.0]), 0.5)
    except Exception as error:
        if isinstance(error, OSError) and "WinError" in str(error):
            remedy = (
                "install Microsoft's Visual C++ Redistributable (x64), which torch needs, and start again"
            )
        return Finding("torch and torchvision", False, str(error).splitlines()[0][:90], remedy)
    return Finding("torch and torchvision", True, f"{torch.__version__} and {torchvision.__version__}")


def check_kernel() -> Finding:
    """Start the kernel of the lessons and ask it which Python it is: another one has other libraries."""
    from jupyter_client.manager import KernelManager

    from course_lib.lessons.kernel import OwnPython

    home = _asked("Jupyter kernel", "", needs.writable_home)
    if not home.ok:
        return home
    manager = KernelManager(kernel_spec_manager=OwnPython())
    try:
        manager.start_kernel(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=60)
            ask = {"python": "__import__('sys').prefix"}
            reply = client.execute_interactive("", user_expressions=ask, timeout=30)["content"]
            prefix = ast.literal_eval(reply["user_expressions"]["python"]["data"]["text/plain"])
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
    except Exception as error:
        return Finding("Jupyter kernel", False, f"{type(error).__name__}: {error}"[:90], AGAIN)
    if prefix != sys.prefix:
        return Finding("Jupyter kernel", False, f"it belongs to another Python, {prefix}", AGAIN)
    return Finding("Jupyter kernel", True, "starts and answers")


def check_memory() -> Finding:
    """There is memory for one lesson."""
    import psutil

    gigabytes = psutil.virtual_memory().available / 1e9
    return Finding(
        "memory", gigabytes >= 2, f"{gigabytes:.1f} GB free", "close other programs; a lesson needs 2 GB"
    )


def check_disk() -> Finding:
    """There is disk for what lessons write."""
    gigabytes = shutil.disk_usage(HOME).free / 1e9
    return Finding("disk", gigabytes >= 1, f"{gigabytes:.1f} GB free", "make room; lessons write up to 1 GB")


def check_weights() -> Finding:
    """The shipped models are all there, with the checksums of the manifest."""
    try:
        from course_lib import weights
    except Exception:  # a broken torch has its own line
        return Finding("weights", True, "torch does not work, so not looked at")

    def ask():
        for name in {path.split("/")[0] for path in weights.shipped()}:
            weights.checked_folder(name)

    return _asked("weights", "checksums agree", ask)


def check_folder() -> Finding:
    """Lessons, slides and recipes can be kept in the course's own folder."""
    ask = lambda: needs.writable_course("", "notebooks", "docs/_build", "runs")
    return _asked("course folder", str(HOME), ask)


def check_cache() -> Finding:
    """Drawn pictures can be kept on disk."""
    from course_lib.zoo.cache import REMEDY, cache_folder

    return _asked("cache folder", "can be written", lambda: needs.writable(cache_folder(), REMEDY))


def _asked(need: str, fine: str, question: Callable[[], None]) -> Finding:
    """What a question found that is answered by an error, whose sentence ends with the remedy."""
    try:
        question()
    except (ValueError, OSError) as error:
        parts = re.fullmatch(r"(.*)[:;] (.*?)\.?", str(error), re.DOTALL)
        return Finding(need, False, *(parts.groups() if parts else (str(error), "download the course again")))
    return Finding(need, True, fine)


def check_gpu() -> Finding:
    """A GPU is welcome, not needed."""
    try:
        import torch
    except Exception:  # a broken torch has its own line
        return Finding("GPU", True, "torch does not work, so not looked for")
    if torch.cuda.is_available():
        return Finding("GPU", True, torch.cuda.get_device_name())
    if torch.backends.mps.is_available():
        return Finding("GPU", True, "Apple GPU (mps)")
    return Finding("GPU", True, "none; the course does not need one")


CHECKS: tuple[Callable[[], Finding], ...] = (
    check_python, check_torch, check_folder, check_cache, check_kernel, check_memory, check_disk, check_weights,
    check_gpu,
)  # fmt: skip


def findings() -> Iterator[Finding]:
    """What every check found, in their order; one that fails itself is a finding too."""
    for check in CHECKS:
        try:
            yield check()
        except Exception as error:
            need = check.__name__.removeprefix("check_")
            yield Finding(need, False, f"{type(error).__name__}: {error}"[:90], AGAIN)
