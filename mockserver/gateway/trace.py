"""What happened to a call, step by step, in API Management's own form?"""

from collections.abc import Mapping


class Trace:
    """Gathers the entries of one call."""

    def __init__(self, trace_id: str) -> None:
        self.id = trace_id
        self._section = "inbound"

    def enter(self, source: str, section: str) -> None:
        """Note that a policy begins."""
        self._section = section

    def add(self, source: str, data: Mapping[str, object]) -> None:
        """Add an entry to the section that runs."""
