"""progress.json: nothing in it is lost, whatever stands in it and whoever writes at the same time."""

import json
import multiprocessing
import sys
from pathlib import Path

import pytest

from course_lib.exercises import progress as progress_module
from course_lib.exercises import progress_table
from course_lib.exercises.progress import progress_file, read_progress, record


def write(text: str) -> None:
    progress_file().write_text(text, encoding="utf-8")


def state_of(exercise: str) -> str:
    return {line["exercise"]: line["state"] for line in progress_table()}[exercise]


def test_done_is_never_taken_back():
    record("guide", "done")
    record("guide", "revealed")
    assert state_of("guide") == "done"


DAMAGED = ["{broken", "[1, 2]", '"text"', "", "[" * 100_000, "\udcff"]


@pytest.mark.parametrize("text", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_kept_aside(text, capsys):
    progress_file().write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_progress() == {}
    out = capsys.readouterr().out
    assert "kept as progress.json.damaged" in out and out.count("\n") == 1
    assert progress_file().with_name("progress.json.damaged").read_bytes() == text.encode(
        "utf-8", "surrogateescape"
    )


def test_a_second_damage_does_not_overwrite_the_first():
    for text in ("{one", "{two", "{three"):
        write(text)
        record("guide", "done")
    kept = sorted(
        f.read_text(encoding="utf-8") for f in progress_file().parent.glob("progress.json.damaged*")
    )
    assert kept == ["{one", "{three", "{two"]
    assert state_of("guide") == "done"


ODD = {
    "guide": {"state": "mastered", "when": "2031-01-01", "tries": 3},
    "add_noise": {"state": ["done"], "when": 20261130},
    "noise_step": {"state": "[/bold]", "when": "[red]\n\x1b[31m"},
    "ddim_step": {"when": None},
    "to_x0": "done",
    "drop_labels": None,
    "no such exercise": {"state": "done"},
    "version": 2,
}


def test_what_a_newer_version_wrote_is_shown_as_text_and_kept():
    write(json.dumps(ODD))
    lines = {line["exercise"]: line for line in progress_table()}
    assert all(isinstance(value, str) for line in lines.values() for value in line.values())
    assert lines["guide"]["state"] == "mastered" and lines["add_noise"]["state"] == "['done']"
    assert lines["to_x0"]["state"] == lines["ddim_step"]["state"] == "" and "no such exercise" not in lines
    assert not any("\n" in value for line in lines.values() for value in line.values())
    record("guide", "done")
    record("to_x0", "revealed")
    now = json.loads(progress_file().read_text(encoding="utf-8"))
    assert now["guide"]["state"] == "done" and now["guide"]["tries"] == 3
    assert now["to_x0"]["state"] == "revealed"
    assert {k: v for k, v in now.items() if k not in ("guide", "to_x0")} == {
        k: v for k, v in ODD.items() if k not in ("guide", "to_x0")
    }


def write_many(writer: int, ready) -> None:
    ready.wait()
    for k in range(25):
        record(f"quiz of writer {writer}, {k}", "done")


def test_four_notebooks_writing_at_once_lose_nothing():
    """In processes of their own, because the loss is theirs: read, read, write, write."""
    start = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    ready = start.Barrier(4)
    writers = [start.Process(target=write_many, args=(n, ready)) for n in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len(read_progress()) == 100
    assert not list(progress_file().parent.glob("*.draft"))


def unwritable(monkeypatch) -> None:
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)


def locked_for_ever(monkeypatch) -> None:
    monkeypatch.setattr(progress_module, "PATIENCE", 0.1)
    other = progress_module.FileLock(f"{progress_file()}.lock", is_singleton=False)
    other.acquire()
    monkeypatch.setattr(progress_module, "KEEP", other, raising=False)


def no_folder(monkeypatch) -> None:
    progress_file().parent.joinpath("file").write_text("", encoding="utf-8")
    monkeypatch.setenv("COURSE_PROGRESS", str(progress_file().parent / "file" / "progress.json"))


@pytest.mark.parametrize("trouble", [unwritable, locked_for_ever, no_folder])
def test_what_cannot_be_saved_is_one_sentence_and_nothing_is_lost(trouble, monkeypatch, capsys):
    record("guide", "done")
    before = progress_file().read_bytes()
    file = progress_file()
    trouble(monkeypatch)
    record("to_x0", "done")
    out = capsys.readouterr().out
    assert "could not be saved" in out and out.count("\n") == 1, out
    assert file.read_bytes() == before and not list(file.parent.glob("*.draft"))


def test_a_folder_in_the_file_s_place_stays_where_it_is(capsys):
    progress_file().mkdir()
    assert read_progress() == {}
    record("guide", "done")
    out = capsys.readouterr().out
    assert "cannot be read" in out and "could not be saved" in out and out.count("\n") == 2
    assert progress_file().is_dir()
