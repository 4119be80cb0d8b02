"""Mammal heads, in the head units of `heads`."""

from course_lib.zoo.coats import INK, WHITE, Coat
from course_lib.zoo.heads import Turn, ears, eyes, nose
from course_lib.zoo.shapes import EYE, Part, blob, ellipse, mirrored, mix, taper


def fox(t: Turn, c: Coat) -> list[Part]:
    """Pointed ears, white cheeks that end in tufts, a narrow muzzle."""
    outer = [(0.16, 0.7), (0.42, 1.18), (0.74, 1.62), (0.93, 1.2), (0.9, 0.42)]
    parts = ears(
        t, outer, [(0.38, 0.75), (0.56, 1.1), (0.72, 1.36), (0.8, 1.0), (0.78, 0.55)], c.main, c.inner
    )
    half = [
        (0, 0.88),
        (0.45, 0.8),
        (0.84, 0.42),
        (1.0, 0.0),
        (1.26, -0.36),
        (0.78, -0.52),
        (0.34, -0.78),
        (0, -0.9),
    ]
    parts.append(Part(blob([(x + t.sin * 0.16 * (y < 0.2), y) for x, y in mirrored(half)]), c.main))
    for s in (-1, 1):
        cheek = [
            (0.06, -0.08),
            (0.34, -0.12),
            (0.66, -0.06),
            (1.2, -0.36),
            (0.76, -0.5),
            (0.34, -0.76),
            (0, -0.84),
        ]
        parts.append(Part(blob(t.path([(s * x, y) for x, y in cheek], 0.42)), c.light, line=0.3))
    parts.append(
        Part(
            blob(t.path([(0, 0.3), (0.2, -0.1), (0.13, -0.5), (-0.13, -0.5), (-0.2, -0.1)], 0.75)),
            c.main,
            line=0,
        )
    )
    return parts + eyes(t, 0.44, 0.1, 0.19) + nose(t, -0.5, 0.19, 0.14)


def dog(t: Turn, c: Coat) -> list[Part]:
    """Hanging ears, a broad light muzzle, the tongue out."""
    parts = [
        Part(
            blob(mirrored([(0, 0.98), (0.55, 0.86), (0.92, 0.4), (0.92, -0.2), (0.62, -0.72), (0, -0.92)])),
            c.main,
        )
    ]
    for s in (-1, 1):
        ear = [(0.52, 0.86), (0.92, 0.84), (1.26, 0.3), (1.3, -0.4), (1.04, -0.66), (0.84, -0.3), (0.74, 0.3)]
        parts.append(Part(blob(t.path([(s * x, y) for x, y in ear], -0.05)), c.dark))
    parts.append(Part(t.oval(0, 0.52, 0.2, 0.34), c.light, line=0))
    x = t.x(0, 1.05)
    parts.append(Part(ellipse(x, -0.72, 0.2, 0.26), (240, 104, 116), line=0.5, accent=True))
    parts.append(Part(t.oval(0, -0.38, 0.56, 0.4, z=0.9), c.light, line=0.5))
    return parts + eyes(t, 0.42, 0.16, 0.19) + nose(t, -0.24, 0.24, 0.17, z=1.1)


def cat(t: Turn, c: Coat) -> list[Part]:
    """A round face, three stripes, green eyes, whiskers."""
    outer = [(0.2, 0.76), (0.5, 1.06), (0.86, 1.42), (0.98, 1.02), (0.94, 0.36)]
    parts = ears(
        t, outer, [(0.44, 0.78), (0.6, 1.0), (0.82, 1.2), (0.86, 0.9), (0.82, 0.54)], c.main, c.inner
    )
    parts.append(
        Part(
            blob(mirrored([(0, 0.88), (0.6, 0.76), (1.0, 0.22), (1.06, -0.3), (0.66, -0.76), (0, -0.88)])),
            c.main,
        )
    )
    for x in (-0.26, 0, 0.26):
        parts.append(
            Part(blob(t.path([(x - 0.08, 0.84), (x + 0.08, 0.84), (x * 0.8, 0.42)], 0.55)), c.dark, line=0)
        )
    for s in (-1, 1):
        for y in (-0.12, -0.36):
            stripe = t.path([(s * 1.02, y), (s * 0.72, y - 0.06)], 0.0)
            parts.append(Part(taper(stripe, [0.07, 0.03]), c.dark, line=0))
        parts.append(Part(t.oval(s * 0.21, -0.44, 0.3, 0.25, z=0.9), c.light, line=0.3))
    return (
        parts
        + eyes(t, 0.46, 0.08, 0.25, iris=c.eye)
        + nose(t, -0.3, 0.14, 0.1, mix(c.inner, (220, 90, 110), 0.5), z=1.0)
    )


def rabbit(t: Turn, c: Coat) -> list[Part]:
    """Long upright ears, a small round face, two teeth."""
    outer = [(0.12, 0.7), (0.14, 1.4), (0.34, 2.12), (0.62, 2.1), (0.74, 1.4), (0.62, 0.66)]
    parts = ears(
        t,
        outer,
        [(0.3, 0.9), (0.28, 1.4), (0.4, 1.92), (0.52, 1.9), (0.58, 1.4), (0.5, 0.9)],
        c.main,
        c.inner,
    )
    parts.append(
        Part(
            blob(mirrored([(0, 0.9), (0.58, 0.76), (0.9, 0.2), (1.0, -0.32), (0.62, -0.76), (0, -0.88)])),
            c.main,
        )
    )
    for s in (-1, 1):
        parts.append(Part(t.oval(s * 0.22, -0.44, 0.34, 0.3, z=0.85), c.light, line=0.4))
    x = t.x(0, 0.95)
    teeth = blob([(x - 0.11, -0.54), (x + 0.11, -0.54), (x + 0.1, -0.8), (x - 0.1, -0.8)])
    parts.append(Part(teeth, WHITE, line=0.6, accent=True))
    return (
        parts + eyes(t, 0.5, 0.08, 0.21) + nose(t, -0.3, 0.15, 0.1, mix(c.inner, (214, 90, 110), 0.5), z=0.95)
    )


def panda(t: Turn, c: Coat) -> list[Part]:
    """Round black ears and the two dark patches."""
    parts = []
    for s in (-1, 1):
        parts.append(Part(ellipse(t.x(s * 0.76, -0.2), 0.78, 0.36, 0.36), c.dark))
    parts.append(
        Part(
            blob(mirrored([(0, 0.92), (0.6, 0.8), (1.02, 0.26), (1.06, -0.3), (0.66, -0.76), (0, -0.88)])),
            c.main,
        )
    )
    for s in (-1, 1):
        parts.append(Part(t.oval(s * 0.46, 0.0, 0.29, 0.37, s * -0.5), c.dark, line=0.3))
    parts.append(Part(t.oval(0, -0.46, 0.42, 0.3, z=0.85), mix(c.light, (225, 222, 218), 0.5), line=0.3))
    for s in (-1, 1):
        parts.append(Part(t.oval(s * 0.43, 0.05, 0.15, 0.17), INK, EYE, 0, True))
        parts.append(
            Part(ellipse(t.x(s * 0.43, 0.85) - 0.05, 0.11, 0.075, 0.075), (255, 255, 255), EYE, 0, True)
        )
    return parts + nose(t, -0.34, 0.19, 0.13, z=1.0)


def elephant(t: Turn, c: Coat) -> list[Part]:
    """Two great ears and a trunk that curls to the side."""
    parts = []
    for s in (-1, 1):
        ear = [(0.5, 0.62), (1.0, 0.98), (1.56, 0.78), (1.74, 0.1), (1.42, -0.6), (0.96, -0.62), (0.6, -0.2)]
        parts.append(Part(blob(t.path([(s * x, y) for x, y in ear], -0.3)), c.main))
        inner = [
            (0.7, 0.46),
            (1.04, 0.7),
            (1.4, 0.58),
            (1.5, 0.08),
            (1.28, -0.36),
            (0.96, -0.36),
            (0.72, -0.1),
        ]
        parts.append(Part(blob(t.path([(s * x, y) for x, y in inner], -0.3)), c.inner, line=0.4))
    parts.append(
        Part(
            blob(mirrored([(0, 0.98), (0.58, 0.86), (0.88, 0.36), (0.82, -0.22), (0.5, -0.66), (0, -0.8)])),
            c.main,
        )
    )
    x, bend = t.x(0, 0.95), 1 if t.sin >= 0 else -1
    for s in (-1, 1):
        tusk = [(x + s * 0.34, -0.5), (x + s * 0.5, -0.78), (x + s * 0.56, -0.98)]
        parts.append(Part(taper(tusk, [0.11, 0.09, 0.03]), WHITE, line=0.7, accent=True))
    trunk = [
        (x, -0.02),
        (x, -0.55),
        (x + bend * 0.06, -1.0),
        (x + bend * 0.34, -1.3),
        (x + bend * 0.66, -1.16),
    ]
    parts.append(Part(taper(trunk, [0.3, 0.28, 0.22, 0.17, 0.14]), c.light, line=0.9))
    for y in (-0.5, -0.72, -0.94):
        parts.append(Part(taper([(x - 0.18, y), (x + 0.18, y)], [0.03, 0.03]), c.dark, line=0))
    return parts + eyes(t, 0.48, 0.14, 0.18)
