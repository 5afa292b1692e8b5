"""What is a failure, before anybody words it?

A failure is a fact: which thing did not hold, with the data that belongs to it. It knows no HTTP.
Each surface has one table that gives it a status, a code and a text (`backend/error_codes.py`).
"""

_LONGEST_REASON = 500
"""A client that sends a million wrong names gets one line in the log, not a page."""


class Failure(Exception):
    """A fact that keeps a call from being answered.

    `arguments` fill the places `{0}`, `{1}` … of the published message. `reason` says in plain
    words what to mend; it goes to the log, never to the client. `target` names the module.
    """

    def __init__(self, *arguments: str, reason: str = "", target: str | None = None) -> None:
        super().__init__(*arguments)
        self.arguments = tuple(map(_printable, arguments))
        self.reason = _printable(reason[:_LONGEST_REASON])
        self.target = target


def _printable(text: str) -> str:
    """Return text that can be encoded: a lone half of a surrogate pair is written as an escape."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
