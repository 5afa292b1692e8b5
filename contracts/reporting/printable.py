"""What may a terminal be shown? A target may say anything, also what moves the cursor."""

import re

_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def is_printable(text: str) -> bool:
    """Whether nothing in a text tells the terminal what to do."""
    return _UNPRINTABLE.search(text) is None


def printable(text: str) -> str:
    """Return a text in which all that does so is written as an escape."""
    return _UNPRINTABLE.sub(lambda found: repr(found[0])[1:-1], text)
