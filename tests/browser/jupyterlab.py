"""JupyterLab for a test: started as `course lab` starts it, with settings of its own, and ended again."""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

from course_lib.lessons.days import HOME
from course_lib.lessons.lab import lab_arguments

WHOLE_LESSON = 300_000  # milliseconds, on a slow machine


@contextmanager
def jupyterlab(folder: Path, notebook: str):
    """JupyterLab on a folder, with a notebook open; yields its address with the token."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as own, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        env = {**os.environ, "JUPYTER_CONFIG_DIR": f"{own}/config", "JUPYTER_DATA_DIR": f"{own}/data"}
        said = Path(own) / "said.txt"
        with said.open("w", encoding="utf-8") as log:
            code = "import sys; from course_lib.lessons.lab import serve_lab; serve_lab(sys.argv[1:])"
            command = [sys.executable, "-c", code, *lab_arguments(folder, notebook, port, browser=False)]
            server = subprocess.Popen(command, cwd=HOME, stderr=log, env=env)
        try:
            deadline = time.monotonic() + 120
            while not (
                address := re.search(
                    r"http://127\.0\.0\.1:\d+/lab\S*token=\w+", said.read_text(encoding="utf-8")
                )
            ):
                assert server.poll() is None and time.monotonic() < deadline, said.read_text(encoding="utf-8")
                time.sleep(0.2)
            yield address[0]
        finally:
            server.terminate()
            server.wait(timeout=30)


def run_all_cells(page) -> None:
    """Run all cells of the open notebook by the menu, and wait for the end."""
    expect(page.get_by_role("button", name="| Idle")).to_be_visible(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    running = page.locator(".jp-Notebook-ExecutionIndicator")
    expect(running).to_have_attribute("data-status", "busy", timeout=60_000)
    expect(running).to_have_attribute("data-status", "idle", timeout=WHOLE_LESSON)
