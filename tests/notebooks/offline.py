"""Cut the network: any connection that would leave this machine raises at once.  Also a pytest plugin (`-p`).

Notebooks run in kernels, which are other processes, so the cut is handed on through PYTHONPATH and sitecustomize.
"""

import os
import socket
from pathlib import Path

LOCAL = ("127.", "localhost", "::1", "0.0.0.0")


def cut_network() -> None:
    """Refuse connections to other machines, in this process and in every Python started from it."""
    real = socket.socket.connect

    def connect(self, address):
        if isinstance(address, tuple) and not str(address[0]).startswith(LOCAL):
            raise OSError(f"the network is cut for this test; something tried to reach {address[0]}")
        return real(self, address)

    if getattr(socket.socket.connect, "cut", False):
        return
    connect.cut = True
    socket.socket.connect = connect
    socket.getaddrinfo = _only_local(socket.getaddrinfo)
    folder = str(Path(__file__).parent / "cut")
    if folder not in os.environ.get("PYTHONPATH", ""):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [folder, os.environ.get("PYTHONPATH")]))


def _only_local(real):
    def getaddrinfo(host, *args, **kwargs):
        if host is not None and not str(host).startswith(LOCAL):
            raise OSError(f"the network is cut for this test; something asked for {host}")
        return real(host, *args, **kwargs)

    return getaddrinfo


def pytest_configure(config):
    cut_network()
