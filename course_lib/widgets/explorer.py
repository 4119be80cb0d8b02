"""Controls above a picture that is drawn anew when one of them is let go."""

from collections.abc import Callable


def explorer(draw: Callable, **controls):
    """Controls above a picture: `draw(**values)` is called again when a control is let go, and draws with matplotlib.

    controls: ipywidgets by argument name.  Returns the box to display.  Usable by keyboard: Tab, then arrow keys.
    """
    import ipywidgets as w
    import matplotlib.pyplot as plt

    picture = w.Output()

    def redraw(_=None) -> None:
        values = {name: control.value for name, control in controls.items()}
        with picture:
            picture.clear_output(wait=True)
            draw(**values)
            plt.show()

    for control in controls.values():
        control.style.description_width = "initial"
        control.observe(redraw, names="value")
    # The first picture is drawn by the notebook itself, as an ordinary figure that stays without a kernel.
    return w.VBox([w.HBox(list(controls.values()), layout=w.Layout(flex_flow="row wrap")), picture])


def show(widget) -> None:
    """Display a widget; a reader without a kernel sees one sentence in its place."""
    from IPython.display import display

    display(
        {**widget._repr_mimebundle_(), "text/plain": "(Run this notebook to use the controls.)"}, raw=True
    )
