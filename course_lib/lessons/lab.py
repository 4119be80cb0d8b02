"""JupyterLab as the course starts it: on this machine only, behind a token, with the course's own Python."""

import os
import secrets
from pathlib import Path

from jupyter_server.auth.identity import PasswordIdentityProvider


class OwnToken(PasswordIdentityProvider):
    """A new token at every start, whatever the user's Jupyter configuration says about tokens.

    It stands neither on a command line nor in a variable, where other users of the machine could read it.
    """

    def __init__(self, **settings):
        super().__init__(**settings)
        self.token = secrets.token_hex(24)
        self.token_generated = True  # so Jupyter prints the address with it


def lab_arguments(folder: Path, notebook: str = "", port: int = 8888, browser: bool = True) -> list[str]:
    """JupyterLab's options for `folder`, with a notebook open where one is named."""
    arguments = [
        f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        f"--LabApp.default_url=/lab{'/tree/' + notebook if notebook else ''}",
        f"--ServerApp.identity_provider_class={__name__}.OwnToken",
        "--ServerApp.kernel_spec_manager_class=course_lib.lessons.kernel.OwnPython",
    ]  # fmt: skip
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # containers; Jupyter asks for it by name
    return arguments


def serve_lab(arguments: list[str]) -> None:
    """Run JupyterLab in this very process, so that Ctrl+C reaches the server and nobody else, until it ends."""
    from jupyterlab.labapp import LabApp  # its import alone asks the machine for node and for a home folder

    LabApp.launch_instance(argv=arguments)
