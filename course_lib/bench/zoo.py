"""How fast the Tiny Zoo draws: `course bench zoo`."""

import time
from concurrent.futures import ProcessPoolExecutor
from statistics import median

from course_lib.bench.report import write_section
from course_lib.zoo import MEDIA, draw, random_scene


def main(write: bool = False) -> list[dict]:
    """Measure; with `write`, put the rows into docs/benchmarks.md.  Returns one row per line of the table."""
    rows = [
        {"what": r["what"], "pictures": r["pictures"], "per second": round(r["pictures per second"])}
        for r in bench_zoo()["rows"]
    ]
    if write:
        write_section("zoo", "python3 start.py bench zoo --write", rows)
    return rows


def bench_zoo(n: int = 400) -> dict:
    """Draw `n` pictures on one process, then on two, and `n // 5` of each medium; the median of three times each.

    Returns {"rows": [{"what": str, "pictures": int, "seconds": float, "pictures per second": float}, ...]}.
    Textures are made before the clock starts: a data set pays for them once.
    """
    for medium in MEDIA:
        draw(random_scene(0, medium=medium))
    rows = [_row("1 process", n, _timed(lambda: _draw_many(0, n, None)))]
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(_warm, range(4)))
        rows.append(
            _row(
                "2 processes",
                n,
                _timed(lambda: list(pool.map(_draw_many, (0, n), (n // 2,) * 2, (None,) * 2))),
            )
        )
    for medium in MEDIA:
        rows.append(_row(medium, n // 5, _timed(lambda medium=medium: _draw_many(0, n // 5, medium))))
    return {"rows": rows}


def _draw_many(start: int, count: int, medium: str | None) -> None:
    fixed = {} if medium is None else {"medium": medium}
    for seed in range(start, start + count):
        draw(random_scene(seed, **fixed))


def _warm(_: int) -> None:
    for medium in MEDIA:
        draw(random_scene(0, medium=medium))
    time.sleep(0.2)  # so that the other process gets its share of the warm-up


def _timed(work) -> float:
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def _row(what: str, pictures: int, seconds: float) -> dict:
    return {"what": what, "pictures": pictures, "seconds": seconds, "pictures per second": pictures / seconds}
