"""`course lab`: JupyterLab on this machine only, behind a token, in the very process that was started."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request

import psutil
import pytest
from jupyterlab.labapp import LabApp

from course_lib.lessons.days import HOME
from tests.test_cli import course

# What a student may once have read somewhere and written down: no token, no password.
CARELESS = "".join(
    f"c.{name} = ''\n"
    for name in (
        "IdentityProvider.token", "PasswordIdentityProvider.token", "ServerApp.token",
        "PasswordIdentityProvider.hashed_password", "ServerApp.password",
    )
)  # fmt: skip


@pytest.mark.parametrize("port", ["-5", "65536", "99999"])
def test_a_port_that_is_none(port):
    assert course("lab", "--port", port) == (
        1,
        f"{port} is not a port; choose one from 1024 to 65535 with --port.",
    )


def test_the_server_is_no_child(monkeypatch):
    """Ctrl+C reaches the server alone: on Windows too no parent dies, or kills the server, while that still cleans up."""
    started = []
    monkeypatch.setattr(LabApp, "launch_instance", lambda argv: started.append((os.getpid(), argv)))
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a process of its own"))
    code, said = course("lab", "3", "--no-browser", "--port", "8889")
    [(process, arguments)] = started
    assert code == 0 and process == os.getpid() and "Ctrl+C" in said
    assert {
        "--ServerApp.port=8889",
        "--no-browser",
        "--LabApp.default_url=/lab/tree/day03_toy_ddpm.ipynb",
    } <= set(arguments)


def ask(address):
    return urllib.request.urlopen(address, timeout=20).read().decode()


def test_lab_serves_on_this_machine_behind_a_token(tmp_path):
    (tmp_path / "jupyter_server_config.py").write_text(CARELESS, encoding="utf-8")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    command = [sys.executable, "-m", "course_lib", "lab", "3", "--no-browser", "--port", str(port)]
    env = {**os.environ, "PYTHONUNBUFFERED": "1", "JUPYTER_CONFIG_DIR": str(tmp_path)}
    with subprocess.Popen(
        command,
        cwd=HOME,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=env,
    ) as server:
        try:
            address = next(
                found[0] for line in server.stdout if (found := re.search(r"http://127\S+/lab\S*", line))
            )
            for _ in range(40):
                try:
                    page = ask(address)
                    break
                except OSError:
                    time.sleep(0.5)
            assert "JupyterLab" in page and "day03_toy_ddpm" in address and "token=" in address
            token = address.split("token=")[1]
            assert len(token) >= 32 and token not in str(psutil.Process(server.pid).cmdline())
            with pytest.raises(urllib.error.HTTPError, match="403"):
                ask(f"http://127.0.0.1:{port}/api/contents")
            kernels = json.loads(ask(f"http://127.0.0.1:{port}/api/kernelspecs?token={token}"))["kernelspecs"]
            assert kernels["python3"]["spec"]["argv"][0] == sys.executable
        finally:
            server.terminate()
