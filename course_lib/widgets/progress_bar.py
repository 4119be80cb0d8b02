"""A progress bar that leaves one steady line in a saved notebook."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from course_lib.checks import check_count, check_is, check_text, takes

Item = TypeVar("Item")


@takes(
    items=(check_is, "__iter__", "something to loop over, such as range(10)"),
    total=(check_count, 0),
    label=check_text,
)
def progress(items: Iterable[Item], total: int, label: str = "training") -> Iterator[Item]:
    """A progress bar that becomes one steady line when it is done: tqdm would leave a dead widget in a saved notebook.

    items: anything to loop over.  total: how many.  Works without widgets, in JupyterLab, VS Code and papermill.
    """
    from IPython.display import HTML, display

    from course_lib.plots import MODEL

    def bar(done: int) -> HTML:
        return HTML(
            f"<div class='course-progress' style='font:13px sans-serif'>{label} &nbsp;"
            f"<progress value='{done}' max='{total}' style='width:320px;accent-color:{MODEL}'></progress>"
            f" &nbsp;{done} of {total}</div>"
        )

    handle = display(bar(0), display_id=True)
    done = 0
    for done, item in enumerate(items, 1):
        yield item
        if handle and done % max(1, total // 50) == 0:
            handle.update(bar(done))
    if handle:
        handle.update(
            HTML(
                f"<div class='course-progress' style='font:13px sans-serif'>✓ {label}: {done} of {total} done</div>"
            )
        )
