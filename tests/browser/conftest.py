"""Shared by the tests in a real browser.  They run in a process of their own: playwright keeps an event loop running,
and the tests of the notebooks could not start theirs.
"""

import os
import threading
from urllib.parse import urlparse

import pytest

from course_lib.lessons import site

QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """The browser of this machine, as `course slides --pdf` finds it; nothing is downloaded."""
    arguments = QUIET + (["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])
    return {**browser_type_launch_args, "executable_path": site.find_browser(), "args": arguments}


@pytest.fixture(scope="session")
def served(built):
    """The address of the site, such as http://127.0.0.1:41234/."""
    with site.serve(built, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="session")
def pages(built):
    """Every page of the site, as its address behind `served`; the decks are among them."""
    found = [path.relative_to(built).as_posix() for path in built.rglob("*.html")]
    return sorted(name for name in found if "_static/" not in name)


class Watch:
    """What went wrong in a tab: messages of scripts, requests that failed, requests to anywhere else."""

    def __init__(self, context):
        self.faults = []
        context.on("request", lambda r: self.elsewhere(r.url))
        context.on("requestfailed", lambda r: self.failed(r))
        context.on("response", lambda r: r.status >= 400 and self.faults.append(f"{r.status}: {r.url}"))
        context.on("console", lambda m: m.type in ("error", "warning") and self.faults.append(m.text))
        context.on("weberror", lambda e: self.faults.append(str(e.error)))

    def elsewhere(self, url):
        if urlparse(url).scheme not in ("data", "blob", "about") and urlparse(url).hostname != "127.0.0.1":
            self.faults.append(f"asked {url}")

    def failed(self, request):
        # A page that is left takes its open requests with it: that is no fault of the page.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.failure}: {request.url}")

    def since(self):
        """The faults since the last call."""
        faults, self.faults = self.faults, []
        return faults


@pytest.fixture
def watch(context):
    return Watch(context)
