"""The benchmarks' own logic: what is on the clock, when a race ends, what is written."""

import itertools
import os
import sys
import threading

import pytest
import torch

from course_lib.bench import notebooks as bench_notebooks
from course_lib.bench import pocket, report, together, toy
from course_lib.bench import training as bench_training
from course_lib.command.measure import _show
from course_lib.lessons.days import notebooks
from course_lib.zoo import MEDIA, random_scene


def racer(steps=None) -> toy.Racer:
    return toy.Racer(
        name="a racer",
        model=torch.nn.Linear(3, 2),
        steps=steps if steps is not None else itertools.repeat(0.5),
        draw=lambda n: torch.zeros(n, 1, 16, 16),
        sampler="none",
    )


@pytest.fixture
def clock(monkeypatch):
    """Every look at the clock is a millisecond after the one before, however busy the machine is."""
    ticks = itertools.count()
    monkeypatch.setattr(toy.time, "perf_counter", lambda: next(ticks) / 1000)


def test_a_race_ends_at_the_first_check_that_passes(clock):
    scores = iter([9.0, 2.0, 1.0])
    row = toy.race(racer(), lambda pictures: next(scores), 5.0, (0.01, 0.02, 0.03))
    assert row["FID there"] == "2.0 (gate 5.0)" and "not" not in row["s until the gate"]
    assert next(scores) == 1.0  # the third check was not made


def test_a_race_ends_at_the_cap(clock):
    row = toy.race(racer(), lambda pictures: 9.0, 5.0, (0.01, 0.02))
    assert row["s until the gate"].startswith("not in")


def test_a_recipe_that_is_through_is_scored_once_more():
    row = toy.race(racer(iter([0.5] * 3)), lambda pictures: 2.0, 5.0, (1000,))
    assert "not" not in row["s until the gate"]


def test_every_score_sees_500_pictures(clock):
    sizes = []
    toy.race(racer(), lambda pictures: sizes.append(len(pictures)) or 0.0, 5.0, (0.01,))
    assert sizes == [500]


def test_a_missing_package_is_one_sentence(monkeypatch):
    monkeypatch.setattr(toy.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="denoising-diffusion-pytorch is not installed.*pip install"):
        toy.main()


def test_a_table_replaces_its_own_section_only(tmp_path, monkeypatch):
    file = tmp_path / "benchmarks.md"
    file.write_text("before\n<!-- a -->\nold\n<!-- /a -->\n<!-- b -->\nkept\n<!-- /b -->\n", encoding="utf-8")
    monkeypatch.setattr(report, "FILE", file)
    report.write_section("a", "course bench a", [{"what": "x", "figure": 3}])
    text = file.read_text(encoding="utf-8")
    assert "| what | figure |\n| --- | --- |\n| x | 3 |" in text and "old" not in text and "kept" in text
    with pytest.raises(ValueError, match="no section <!-- c -->"):
        report.write_section("c", "course bench c", [{"what": "x"}])


def test_a_missing_section_is_told_before_half_an_hour_of_measuring(tmp_path, monkeypatch):
    monkeypatch.setattr(report, "FILE", tmp_path / "benchmarks.md")
    report.FILE.write_text("nothing here", encoding="utf-8")
    asked = []

    def measure(write):
        asked.append(write)

    measure.__module__ = "course_lib.bench.zoo"
    with pytest.raises(ValueError, match="no section <!-- zoo -->"):
        _show("The Zoo", measure, True)
    assert not asked


def test_seconds_and_memory_of_a_process_and_its_children(tmp_path):
    child = "import time; block = bytearray(300 * 2**20); time.sleep(1.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    took, busy, peak = bench_notebooks.watch([sys.executable, "-c", parent], str(tmp_path), dict(os.environ))
    assert 1.5 < took < 60 and 0 < busy < took and 300 * 2**20 < peak < 2**30


def test_a_failing_notebook_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="day99.ipynb failed: .*no such cell"):
        command = [sys.executable, "-c", "raise SystemExit('no such cell')", "day99.ipynb"]
        bench_notebooks.watch(command, str(tmp_path), dict(os.environ))


def test_one_row_for_each_notebook_and_one_for_all(monkeypatch):
    monkeypatch.setattr(bench_notebooks, "measure", lambda notebook: (60.0, 100.0, 2**30))
    rows = bench_notebooks.main()
    assert [row["notebook"] for row in rows[:-1]] == [path.stem for path in notebooks()]
    assert rows[0]["memory at most"] == "1.00 GB"
    assert rows[-1]["seconds"] == f"{60 * len(notebooks())} (median 60)"


@pytest.mark.slow
def test_one_row_for_each_saving(monkeypatch):
    for name, small in (("ROUNDS", 1), ("STEPS", 1), ("PICTURES", 64)):
        monkeypatch.setattr(bench_training, name, small)
    monkeypatch.setattr(bench_training.zoo_vae, "SIDE", 64)
    rows = bench_training.main()
    assert len(rows) == 5 and {tuple(row) for row in rows} == {("saving", "without", "with", "gain")}


def test_a_run_that_never_ends_is_ended(tmp_path):
    endless = [sys.executable, "-c", "import time; time.sleep(600)", "day99.ipynb"]
    took, *_ = bench_notebooks.watch(endless, str(tmp_path), dict(os.environ), limit=0.5)
    assert took == 0.5


def test_copies_run_at_once_and_the_last_one_counts(monkeypatch):
    waiting, seen = threading.Barrier(3), []

    def measure(notebook, settings, limit):
        waiting.wait(timeout=30)  # all three are there, or it breaks
        seen.append((notebook.stem[:5], settings["A"], limit))

    monkeypatch.setattr(together, "measure", measure)
    assert 0 < together.side_by_side(3, {"A": "1"}) < 30 and seen == [("day05", "1", together.LIMIT)] * 3


def test_a_row_for_each_number_of_copies_says_what_did_not_end(monkeypatch):
    times = iter([50.0, 55.0, 90.0, 300.0, 160.0, together.LIMIT])
    monkeypatch.setattr(together, "side_by_side", lambda copies, settings: next(times))
    rows = together.main()
    assert [row["copies at once"] for row in rows] == [1, 2, 4]
    assert rows[2]["as the course sets them"] == "160 s (3.2 x one alone)"
    assert rows[2]["torch's own threads"] == f"not done after {together.LIMIT} s"


def test_the_floor_shows_the_same_things_in_other_pictures(monkeypatch):
    """Else chance alone would make the real pictures differ: more of one animal here than there."""
    scenes, drawn = [random_scene(i) for i in range(6)], []
    flat = lambda scene: drawn.append(scene) or pocket.np.zeros((16, 16, 3), "uint8")
    monkeypatch.setattr(pocket, "draw", flat)
    assert pocket.redrawn(scenes).shape == (6, 3, 16, 16)
    assert [s.composition for s in drawn] == [s.composition for s in scenes]
    assert not {s.seed for s in drawn} & {s.seed for s in scenes}


def test_sharpness_is_told_for_each_medium():
    scenes = [random_scene(i, medium=medium) for i, medium in enumerate(MEDIA)]
    reals = torch.rand(len(MEDIA), 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    made = reals * torch.tensor([1.0, 0.5, 1.0, 1.0, 0.9]).view(-1, 1, 1, 1)
    measured = [row["measured"] for row in pocket.of_the_sharpness(made, reals, scenes)]
    assert measured[1:] == ["+0%", "-50%", "+0%", "+0%", "-10%"] and -0.2 < float(measured[0][:-1]) / 100 < 0
