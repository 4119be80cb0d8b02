"""Live: the picture follows the typing and the sliders, in a few steps of the U-Net with its LCM-LoRA.

A picture is painted in a thread, so that the kernel goes on reading what is typed.  Whatever is typed meanwhile takes the
place of what waited: there is never more than one painting, and one request behind it.
"""

import asyncio
from collections.abc import Callable

from course_lib.widgets.card import card

STEPS, GUIDANCE = 4, 1.0  # what the LoRA was made for
PAUSE = 0.05  # seconds: letters that come together are one request


class Outdated(Exception):
    """Raised between two steps of a painting that nobody wants any more."""


class Newest:
    """Does the newest of many requests, one at a time; older ones are dropped.

    work: (request, check) -> result, in a thread; it calls `check()` now and then, which raises Outdated where something
    newer waits.  show: is given each result, or one sentence where `work` failed.  Of two pieces of work in a row at most
    one is dropped, so that somebody who types without a pause sees pictures, too.
    """

    def __init__(self, work: Callable, show: Callable):
        self.work, self.show = work, show
        self.waiting: list = []  # one request, or none
        self.task: asyncio.Task | None = None

    def ask(self, request) -> None:
        """Want this from now on, and nothing that was asked for before.  Outside of a notebook it waits for the result."""
        self.waiting = [request]
        if self.task is None or self.task.done():
            try:
                self.task = asyncio.get_running_loop().create_task(self._run())
            except RuntimeError:  # no event loop, as in a script
                asyncio.run(self._run())

    def forget(self) -> None:
        """Show nothing of what was asked for so far."""
        self.waiting = [None]

    async def _run(self) -> None:
        dropped = False
        while self.waiting:
            await asyncio.sleep(PAUSE)
            request = self.waiting.pop()
            if request is None:
                continue
            check = _nothing if dropped else self._check
            try:
                result = await asyncio.to_thread(self.work, request, check)
            except Outdated:
                dropped = True
                continue
            except Exception as error:  # a task's error would be seen by nobody
                result = (str(error) or type(error).__name__).splitlines()[0]
            dropped = False
            if self.waiting != [None]:
                self.show(result)

    def _check(self) -> None:
        if self.waiting:
            raise Outdated


def _nothing() -> None:
    pass


def live_painter(pipe, view) -> Newest:
    """Paints Settings as a card into `view`, an ipywidgets HTML; the second pipeline is made at the first request."""
    from html import escape

    from course_lib.models import with_lcm_lora
    from course_lib.words.prompt_words import check_prompt

    made: list = []

    def paint(settings, check: Callable) -> str:
        import torch

        if not made:
            made.append(with_lcm_lora(pipe))

        def on_step(pipe, step, t, values):
            check()
            return values

        picture = made[0](
            settings.prompt,
            negative_prompt=settings.negative or None,
            num_inference_steps=settings.steps,
            guidance_scale=settings.guidance,
            generator=torch.Generator().manual_seed(settings.seed),
            callback_on_step_end=on_step,
        ).images[0]
        told = check_prompt(pipe, settings.prompt, settings.negative, settings.guidance)
        return card(picture, str(settings), *told)

    def show(result: str) -> None:
        view.value = result if result.startswith("<figure") else escape(result)

    return Newest(paint, show)


def live_checkbox(pipe):
    """The checkbox "live".  It can't be switched on where the LoRA does not fit the pipeline, and says so."""
    import ipywidgets as w

    from course_lib.models import lcm_lora_fits

    fits = lcm_lora_fits(pipe)
    words = "live" if fits else "live (needs the pocket model)"
    return w.Checkbox(
        value=False, description=words, indent=False, disabled=not fits, layout={"width": "auto"}
    )
