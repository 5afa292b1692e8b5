"""How is a comparison told as a page? One file that needs no network."""

from pathlib import Path
from typing import Any

import markupsafe

from contracts.comparison.reporting.side_by_side import side_by_side
from contracts.reporting.content import BOUNDS
from contracts.reporting.html import environment

TEMPLATES = Path(__file__).parent


def as_html(told: dict[str, Any]) -> str:
    """Return the page of a comparison."""
    made = environment(TEMPLATES)
    made.filters["distribution"] = distribution
    found = [
        {**each, "number": number, "lines": side_by_side(each["primary"], each["candidate"])}
        for number, each in enumerate(told["found"], 1)
    ]
    return made.get_template("comparison.html.jinja").render(
        run=told,
        found=found,
        tree=field_tree(found),
        operations=sorted({each["operation"] for each in found}),
        verdicts=sorted({each["verdict"] for each in found}),
    )


Tree = dict[str, dict[str, list[dict[str, Any]]]]
"""By operation, by part: what differs there."""


def field_tree(found: list[dict[str, Any]]) -> Tree:
    """Return where in a reply things differ, and how often."""
    tree: Tree = {}
    for each in found:
        tree.setdefault(each["operation"], {}).setdefault(each["part"], []).append(each)
    for parts in tree.values():
        for members in parts.values():
            members.sort(key=lambda member: (member["path"], -member["count"]))
    return tree


_WIDTH, _HEIGHT = 30, 50
_BAR = markupsafe.Markup(
    '<g><title>{} calls {} ms, {}</title><rect class="{}" x="{}" y="{}" width="11" height="{}">'
    "</rect></g>"
)
_LABEL = markupsafe.Markup('<text x="{}" y="{}">{}</text>')


def distribution(row: dict[str, Any]) -> markupsafe.Markup:
    """Return the times of both sides as bars beside each other, in SVG."""
    highest = max(max(bars) for bars in row["bars"].values()) or 1
    parts = []
    for place, (side, bars) in enumerate(row["bars"].items()):
        for number, count in enumerate(bars):
            height = round(count / highest * _HEIGHT, 1)
            x = number * _WIDTH + place * 12
            bar = (count, _bound(number), side, side, x, _HEIGHT - height, height)
            parts.append(_BAR.format(*bar))
    parts += [
        _LABEL.format(number * _WIDTH + 12, _HEIGHT + 12, _bound(number))
        for number in range(len(BOUNDS) + 1)
    ]
    width = (len(BOUNDS) + 1) * _WIDTH
    return markupsafe.Markup(
        '<svg viewBox="0 -2 {} {}" width="{}" role="img" aria-label="Times of {}, ms">{}</svg>'
    ).format(width, _HEIGHT + 18, width, row["operation"], markupsafe.Markup("").join(parts))


def _bound(number: int) -> str:
    return f"≤{BOUNDS[number]}" if number < len(BOUNDS) else f">{BOUNDS[-1]}"
