"""Run a lesson from top to bottom into a folder of results; the student's own notebook is never touched."""

import hashlib
import json
from pathlib import Path

from course_lib.lessons.days import NOTEBOOKS


class LessonFailed(Exception):
    """A cell of the lesson failed; the text names the day, the section and the error."""


def run_notebook(notebook: Path, out: Path, *, parameters: dict | None = None, progress: bool = True) -> Path:
    """Execute `notebook` by papermill; returns the path of the executed copy in the folder `out`.

    A copy that was changed since the course wrote it is kept, and the new one gets the next free name.
    Raises LessonFailed where a cell fails, ValueError where the folder cannot be written.
    """
    import papermill

    target = _free_target(notebook, out)
    try:
        papermill.execute_notebook(
            notebook, target, parameters or {}, kernel_name="python3", cwd=str(NOTEBOOKS),
            progress_bar=progress, log_output=False, request_save_on_cell_execute=False,
            extra_arguments=["--log-level=ERROR"],  # the kernel's warnings about itself are no news of the lesson
        )  # fmt: skip
    except papermill.PapermillExecutionError as error:
        raise LessonFailed(_explain(notebook, target, error)) from None
    finally:
        if target.exists():
            _mark_as_ours(target)
    return target


def _free_target(notebook: Path, out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(
            f"The folder {out} cannot be written ({reason}); choose another with --out."
        ) from None
    target, number = out / notebook.name, 2
    while target.exists() and not _is_ours(target):
        target = out / f"{notebook.stem}-{number}.ipynb"
        number += 1
    return target


def _fingerprint(content: dict) -> str:
    cells = [[c["source"], c.get("outputs")] for c in content["cells"]]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def _mark_as_ours(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    content["metadata"]["course_wrote"] = _fingerprint(content)
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")


def _is_ours(file: Path) -> bool:
    """True where the file is exactly as the course wrote it, so that nobody's work is in it."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return content["metadata"]["course_wrote"] == _fingerprint(content)
    except (ValueError, KeyError, TypeError, OSError):
        return False


def _explain(notebook: Path, target: Path, error) -> str:
    """Day, section and error of a failed cell; papermill's own message is a page of traceback."""
    cells = json.loads(target.read_text(encoding="utf-8"))["cells"]
    failed = next(
        (i for i, c in enumerate(cells) if any(o.get("ename") for o in c.get("outputs", []))), len(cells)
    )
    headings = [
        line.lstrip("# ")
        for cell in cells[:failed]
        if cell["cell_type"] == "markdown"
        for line in "".join(cell["source"]).splitlines()
        if line.startswith("#")
    ]
    # papermill puts a heading of its own above the failed cell
    section = next(
        (h for h in reversed(headings) if "papermill" not in h and "Execution" not in h), "the first cell"
    )
    return f"{notebook.stem[:5]}, section “{section.strip()}”: {error.ename}: {error.evalue}\nThe copy up to there: {target}"
