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


_WIDTH, _HEIGHT, _GAP, _LOWEST = 32, 60, 6, 2
_BAR = markupsafe.Markup(
    "<g><title>{count} calls {bound} ms</title>"
    '<rect x="{x}" y="{y}" width="{width}" height="{height}"></rect>'
    '<text x="{middle}" y="{top}">{tip}</text><text x="{middle}" y="{foot}">{bound}</text></g>'
)


def histogram(row: dict[str, Any]) -> markupsafe.Markup:
    """Return the times of an operation as bars, in SVG; no call is too few to be seen."""
    bars: list[int] = row["bars"]
    highest = max(bars) or 1
    parts = []
    for number, count in enumerate(bars):
        height = max(round(count / highest * _HEIGHT, 1), _LOWEST) if count else 0
        x = number * (_WIDTH + _GAP)
        parts.append(
            _BAR.format(
                count=count,
                bound=f"≤{BOUNDS[number]}" if number < len(BOUNDS) else f">{BOUNDS[-1]}",
                x=x,
                y=_HEIGHT - height,
                width=_WIDTH,
                height=height,
                middle=x + _WIDTH / 2,
                top=_HEIGHT - height - 3,
                tip=count or "",
                foot=_HEIGHT + 12,
            )
        )
    width = len(bars) * (_WIDTH + _GAP)
    return markupsafe.Markup(
        '<svg viewBox="0 -12 {} {}" width="{}" role="img" aria-label="Times of {}, ms">{}</svg>'
    ).format(width, _HEIGHT + 28, width, row["operation"], markupsafe.Markup("").join(parts))
