"""A pytest plugin for nbval: figures are compared with a tolerance, not skipped and not byte by byte.

Two pictures are the same when, shrunk to 96 pixels in width, they differ by little on average and nowhere by much.
A cell tagged `trained` shows numbers of a model trained a moment ago, which differ between processors: more is allowed.
"""

import base64
import io

import numpy as np
from nbval.plugin import IPyNbCell
from PIL import Image

MEAN_LIMIT, TRAINED_LIMIT = 2.0, 12.0  # grey levels of 255, on average over the figure
SIZE_LIMIT = 0.06  # relative difference in width or height


def figures(outputs) -> list[bytes]:
    """The PNG files among a cell's outputs, in order."""
    return [base64.b64decode(o["data"]["image/png"]) for o in outputs if "image/png" in o.get("data", {})]


def difference(a: bytes, b: bytes) -> str:
    """What differs between two figures, in words; empty where they agree in size."""
    a, b = (Image.open(io.BytesIO(x)).convert("RGB") for x in (a, b))
    if any(abs(p - q) > SIZE_LIMIT * q for p, q in zip(a.size, b.size)):
        return f"size {a.size} in place of {b.size}"
    small = [np.asarray(x.resize((96, max(1, 96 * b.height // b.width)), Image.BOX), float) for x in (a, b)]
    return f"{np.abs(small[0] - small[1]).mean():.2f}"


def complaint(new: list[bytes], stored: list[bytes], trained: bool) -> str:
    """Empty where the figures agree within the tolerance."""
    if len(new) != len(stored):
        return f"{len(new)} figures in place of {len(stored)}"
    limit = TRAINED_LIMIT if trained else MEAN_LIMIT
    for i, (a, b) in enumerate(zip(new, stored)):
        found = difference(a, b)
        if found.startswith("size") or float(found) > limit:
            return f"figure {i + 1} differs from the stored one: {found} (limit {limit} grey levels)"
    return ""


def pytest_configure(config):
    compare_text = IPyNbCell.compare_outputs

    def compare_outputs(self, test, ref, skip_compare=None):
        skip = (*(skip_compare or self.parent.skip_compare), "image/png")
        same = compare_text(self, test, ref, skip)
        trained = "trained" in self.cell.metadata.get("tags", [])
        found = complaint(figures(test), figures(ref), trained)
        if found:
            self.comparison_traceback = [*getattr(self, "comparison_traceback", []), found]
        return same and not found

    IPyNbCell.compare_outputs = compare_outputs
