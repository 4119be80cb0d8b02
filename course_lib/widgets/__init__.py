"""Controls for the notebooks.  Each only connects a control to a public function, and leaves a static picture."""

from course_lib.widgets.diffusion import denoise_stepper, latent_walker, noise_slider, sampler_explorer
from course_lib.widgets.explorer import explorer, show
from course_lib.widgets.progress_bar import progress
from course_lib.widgets.prompt_lab import prompt_lab
from course_lib.widgets.words import prompt_box, sentence_search

__all__ = [
    "denoise_stepper",
    "explorer",
    "latent_walker",
    "noise_slider",
    "progress",
    "prompt_box",
    "prompt_lab",
    "sampler_explorer",
    "sentence_search",
    "show",
]
