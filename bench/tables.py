"""How are figures written, so that a terminal and a Markdown page can both show them?"""

from collections.abc import Iterable, Sequence
from statistics import median

NONE = "-"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table with aligned columns, the first to the left."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]

    def line(row: Sequence[str]) -> str:
        first, *others = zip(row, widths, strict=True)
        parts = [first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]
        return f"| {' | '.join(parts)} |"

    rule = "|".join("-" * (width + 1) + ("-" if not i else ":") for i, width in enumerate(widths))
    return [line(cells[0]), f"|{rule}|", *map(line, cells[1:])]


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """Write the least, the median and the greatest of some values."""
    if not values:
        return NONE
    return " / ".join(format(value, form) for value in (min(values), median(values), max(values)))


def profile_table(cases: dict[str, dict[str, float]]) -> list[str]:
    """Return the table of where the time of a call goes, in microseconds."""
    steps = list(dict.fromkeys(step for steps in cases.values() for step in steps))
    rows = [
        [step, *(f"{steps[step]:,.1f}" if step in steps else NONE for steps in cases.values())]
        for step in steps
    ]
    return table(["step, µs", *cases], rows)
