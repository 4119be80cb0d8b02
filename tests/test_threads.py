"""Threads: as many as there are free processors, asleep while they wait; what the user set stays."""

import json
import os
import subprocess
import sys

import psutil
import pytest

from course_lib import threads
from course_lib.lessons.days import HOME


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A machine whose processors, allotment, quota and load the test chooses."""

    def build(processors=8, allotted=None, quota="max 100000", load=0.0, now=None):
        """load: busy processors over the last minute; now: at this moment, as the minute's where None."""
        monkeypatch.setattr(os, "cpu_count", lambda: processors)
        monkeypatch.setattr(os, "sched_getaffinity", lambda _: range(allotted or processors), raising=False)
        monkeypatch.setattr(os, "getloadavg", lambda: (load, 0, 0), raising=False)
        busy = min(load if now is None else now, processors)
        monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 100 * busy / processors)
        (tmp_path / "cpu.max").write_text(quota, encoding="ascii")
        monkeypatch.setattr(threads.quota, "__defaults__", (tmp_path,))

    return build


@pytest.mark.parametrize(
    ("given", "free"),
    [
        ({}, 8),
        ({"allotted": 2}, 2),  # taskset, or a job of a cluster
        ({"quota": "200000 100000"}, 2),  # a container
        ({"quota": "150000 100000"}, 2),
        ({"quota": "50000 100000"}, 1),
        ({"load": 3.2}, 5),
        ({"load": 30.0}, 1),
        ({"load": 30.0, "now": 0.0}, 8),  # an installation that has just ended
        ({"load": 0.3, "now": 8.0}, 8),  # a browser that opens a page
        (
            {"processors": 64, "quota": "200000 100000", "load": 40.0},
            2,
        ),  # a hub: the others have room elsewhere
        ({"processors": 64, "quota": "200000 100000", "load": 63.0}, 1),
        ({"quota": "nonsense"}, 8),
    ],
)
def test_free_processors(machine, given, free):
    machine(**given)
    assert threads.free_processors() == free


def test_what_is_allotted_does_not_depend_on_the_load(machine):
    """The proof's workers: a busy minute before, such as an installation, must not leave it one."""
    machine(processors=8, quota="300000 100000", load=30.0)
    assert threads.allotted_processors() == 3 and threads.free_processors() == 1


def test_a_quota_of_the_older_kind(tmp_path):
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("300000", encoding="ascii")
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000", encoding="ascii")
    assert threads.quota(tmp_path) == 3
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text("-1", encoding="ascii")
    assert threads.quota(tmp_path) == threads.quota(tmp_path / "nowhere") == float("inf")


@pytest.mark.parametrize(
    ("load", "before", "after"),
    [
        (0, {}, {"OMP_WAIT_POLICY": "PASSIVE"}),  # torch knows best how many
        (7, {}, {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1", "COURSE_THREADS": "1"}),
        (7, {"OMP_NUM_THREADS": "4"}, {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "4"}),  # the user's choice
        (7, {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "4"}, {"OMP_WAIT_POLICY": "ACTIVE", "OMP_NUM_THREADS": "4"}),
        (0, {"OMP_NUM_THREADS": "1", "COURSE_THREADS": "1"}, {"OMP_WAIT_POLICY": "PASSIVE"}),  # inherited: looked at anew
    ],
)  # fmt: skip
def test_what_is_set(machine, load, before, after):
    machine(load=load)
    threads.share_processors(before)
    assert before == after


def test_a_kernel_sleeps_while_it_waits_and_torch_obeys():
    """In a process of its own, as a kernel is: the library comes first, then torch."""
    ask = (
        "import json, os, course_lib, torch; "
        "print(json.dumps([os.environ['OMP_WAIT_POLICY'], os.environ.get('OMP_NUM_THREADS'), torch.get_num_threads()]))"
    )
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "COURSE_THREADS"))
    }
    told = subprocess.run(
        [sys.executable, "-c", ask], env=env, cwd=HOME, capture_output=True, text=True, check=True
    )
    policy, number, used = json.loads(told.stdout)
    assert policy == "PASSIVE" and (number is None or used == int(number))
