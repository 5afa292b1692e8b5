"""How is a run told as a page? One file that needs no network."""

from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import markupsafe

from contracts.reporting.content import BOUNDS, content
from contracts.run import Report

TEMPLATES = Path(__file__).parent


def environment(*folders: Path) -> jinja2.Environment:
    """Return what renders the pages: everything is escaped unless a template says otherwise.

    Templates are looked for here and in `folders`.
    """
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([TEMPLATES, *folders]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    made.filters["histogram"] = histogram
    return made


def as_html(report: Report) -> str:
    """Return the page of a run."""
    told = content(report)
    groups = [
        (group, list(members))
        for group, members in groupby(told["checks"], key=lambda row: row["group"])
    ]
    return environment().get_template("report.html.jinja").render(run=told, groups=groups)


_WIDTH, _HEIGHT, _GAP = 26, 60, 4
_BAR = markupsafe.Markup(
    "<g><title>{} calls {} ms</title>"
    '<rect x="{}" y="{}" width="{}" height="{}"></rect><text x="{}" y="{}">{}</text></g>'
)


def histogram(row: dict[str, Any]) -> markupsafe.Markup:
    """Return the times of an operation as bars, in SVG."""
    bars: list[int] = row["bars"]
    highest = max(bars) or 1
    parts = []
    for number, count in enumerate(bars):
        height = round(count / highest * _HEIGHT, 1)
        x = number * (_WIDTH + _GAP)
        label = f"≤{BOUNDS[number]}" if number < len(BOUNDS) else f">{BOUNDS[-1]}"
        bar = (count, label, x, _HEIGHT - height, _WIDTH, height, x + _WIDTH / 2, _HEIGHT + 12)
        parts.append(_BAR.format(*bar, label))
    width = len(bars) * (_WIDTH + _GAP)
    return markupsafe.Markup(
        '<svg viewBox="0 -2 {} {}" width="{}" role="img" aria-label="Times of {}, ms">{}</svg>'
    ).format(width, _HEIGHT + 18, width, row["operation"], markupsafe.Markup("").join(parts))
