"""How do two replies look beside each other? Lines, aligned, with what differs marked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

_CONTEXT = 3
_MOST_LINES = 400
_LONGEST_LINE = 400


@dataclass(frozen=True)
class Line:
    """One line of both sides; None where one side has none."""

    primary: str | None
    candidate: str | None
    is_same: bool = True
    is_gap: bool = False
    """Whether lines that are the same were left out here."""


def side_by_side(primary: dict[str, Any], candidate: dict[str, Any]) -> list[Line]:
    """Return both replies, as a report tells them, line by line."""
    left, right = _lines(primary), _lines(candidate)
    shared = list(SequenceMatcher(None, left, right, autojunk=False).get_grouped_opcodes(_CONTEXT))
    if not shared:
        return [Line(line, line) for line in left]
    lines: list[Line] = []
    reached = 0
    for group in shared:
        if group[0][1] > reached:
            lines.append(Line("…", "…", is_gap=True))
        for tag, start, stop, other_start, other_stop in group:
            lines += _block(tag == "equal", left[start:stop], right[other_start:other_stop])
            reached = stop
    return lines[:_MOST_LINES]


def _block(is_same: bool, left: list[str], right: list[str]) -> Iterator[Line]:
    for number in range(max(len(left), len(right))):
        yield Line(
            left[number] if number < len(left) else None,
            right[number] if number < len(right) else None,
            is_same,
        )


def _lines(call: dict[str, Any]) -> list[str]:
    if call["trouble"]:
        return [f"no reply: {call['trouble']}"]
    lines = [str(call["status"]), *call["headers"], "", *_body(call["body"])]
    for name, output in call["outputs"].items():
        lines += ["", f"the blob of {name}: {output['status']}", *_body(output["body"])]
    return [_shortened(line) for line in lines[:_MOST_LINES]]


def _body(text: str) -> list[str]:
    """Return a body for reading; JSON is indented."""
    try:
        text = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        # White space at the ends is what differs now and then.
        return [line.replace("\r", "␍") for line in text.split("\n")]
    return text.split("\n")


def _shortened(line: str) -> str:
    return line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}…"
