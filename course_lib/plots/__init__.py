"""Figures.  Nothing here knows a model: every function takes numbers or pictures and draws them."""

from course_lib.plots.bars import (
    plot_bars,
    plot_intervals,
    plot_probabilities,
    plot_ranking,
    plot_two_intervals,
)
from course_lib.plots.colors import DATA, GUIDANCE, INK, MODEL, NOISE, TEXT
from course_lib.plots.curves import (
    plot_loss,
    plot_noisy_picture,
    plot_quality,
    plot_setting,
    plot_steps,
    plot_sweep,
)
from course_lib.plots.diagrams import plot_chain, plot_course_map, plot_unet
from course_lib.plots.light import plot_heat, plot_heat_table, plot_word_maps
from course_lib.plots.pictures import (
    plot_columns,
    plot_contact_sheet,
    plot_fade,
    plot_image,
    plot_image_grid,
    plot_image_table,
    plot_pictures,
    plot_step,
    to_pixels,
)
from course_lib.plots.points import plot_cloud, plot_latents, plot_similarity, plot_spread, plot_strips
from course_lib.plots.style import as_typed, use_course_style
