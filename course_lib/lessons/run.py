"""Run a lesson from top to bottom into a folder of results; the student's own notebook is never touched."""

import hashlib
import json
import tempfile
from pathlib import Path

import nbformat
import papermill
from nbclient.exceptions import DeadKernelError
from papermill.engines import NBClientEngine, papermill_engines

from course_lib.lessons.days import NOTEBOOKS
from course_lib.lessons.kernel import OwnKernel
from course_lib.lessons.needs import writable


class LessonFailed(Exception):
    """A cell of the lesson failed; the text names the day, the section and the error."""


class Engine(NBClientEngine):
    """Papermill's way to run a notebook, in the course's own kernel, whose death is an error of the cell it died in."""

    @classmethod
    def execute_managed_notebook(cls, nb_man, kernel_name, **options):
        """Run all cells.  Raises ValueError where the kernel does not start."""
        try:
            super().execute_managed_notebook(nb_man, kernel_name, kernel_manager_class=OwnKernel, **options)
        except DeadKernelError:
            cell = [c for c in nb_man.nb.cells if c.metadata.papermill.get("start_time")][-1]
            told = "Python ended in this cell. Mostly the memory was used up: close other programs, and run it again."
            cell.outputs.append(nbformat.v4.new_output("error", ename="The kernel died", evalue=told))
        except RuntimeError as error:
            raise ValueError(f"The kernel did not start ({error}): `course doctor` says more.") from None


papermill_engines.register("course", Engine)


def run_notebook(notebook: Path, out: Path, *, parameters: dict | None = None, progress: bool = True) -> Path:
    """Execute `notebook` by papermill; returns the path of the executed copy in the folder `out`.

    A copy that was changed since the course wrote it is kept, and the new one gets the next free name.
    Raises LessonFailed where a cell fails, ValueError where the notebook can't be read or the folder can't be written.
    """
    check_notebook(notebook)
    writable(out, "choose another with --out")
    out.mkdir(parents=True, exist_ok=True)
    target, failed = _free_target(notebook, out), None
    with tempfile.TemporaryDirectory(prefix=".run-", dir=out) as folder:
        draft = Path(folder) / target.name  # so that a full disk leaves the last copy as it was
        try:
            papermill.execute_notebook(
                _literal(notebook), _literal(draft), parameters or {}, engine_name="course", kernel_name="python3",
                cwd=str(NOTEBOOKS), progress_bar=progress, log_output=False, request_save_on_cell_execute=False,
                extra_arguments=["--log-level=ERROR"],  # the kernel's warnings about itself are no news of the lesson
            )  # fmt: skip
        except papermill.PapermillExecutionError as error:
            failed = error
        _mark_as_ours(draft)
        draft.replace(target)
    if failed:
        raise LessonFailed(_explain(notebook, target, failed))
    return target


def check_notebook(file: Path) -> None:
    """Raise ValueError where the file is not a notebook that can be run."""
    try:
        nbformat.validate(nbformat.read(file, as_version=4))
    except Exception as error:  # each kind of damage ends in another one
        reason = (str(error).splitlines() or [type(error).__name__])[0][:90]
        raise ValueError(
            f"{file} is not a notebook any more ({reason}): move it away, then bring the lesson back with "
            f"`git checkout notebooks/{file.name}` or from the course's ZIP file."
        ) from None


def _literal(path: Path) -> str:
    return str(path).replace("{", "{{").replace("}", "}}")  # papermill takes braces for parameters


def _free_target(notebook: Path, out: Path) -> Path:
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
