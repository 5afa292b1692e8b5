"""Faults of connections: what is cut off, mixed up, held up, or left over."""

import re
import time

from typing_extensions import override

from tests.contracts.broken_servers.byte_proxy import PIECE, Link, message_size, messages
from tests.contracts.broken_servers.faults import connections

PATIENCE = 0.4
"""Seconds; the judge takes one second, and nobody else so long, however busy the machine is."""
LONGEST_HEAD = 16 << 10
_REQUEST_LINE = re.compile(rb"[A-Z]+ \S+ HTTP/1\.[01]\r\n")
_REFUSAL = re.compile(rb"HTTP/1\.1 401 ")
_REQUEST_ENDS = re.compile(rb"HTTP/1\.1\r\n")


@connections("slow_body_is_awaited")
class ASlowBodyIsCutOff(Link):
    """Waits for the rest of a body for less than half a second."""

    @override
    def up(self) -> None:
        open_request = b""
        deadline = 0.0
        while True:
            if message_size(open_request) is None:
                self.client.settimeout(None)
                deadline = time.monotonic() + PATIENCE
            else:
                self.client.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                data = self.client.recv(PIECE)
            except TimeoutError:
                self.reset()
                return
            if not data:
                return
            _, open_request = messages(open_request + data)
            self.behind.sendall(data)


@connections("pipelined_calls_keep_their_order")
class ReadyAnswersGoFirst(Link):
    """Answers calls that came together in another order than theirs."""

    together = 1
    kept = b""

    @override
    def asked(self, data: bytes) -> bytes:
        self.together = len(_REQUEST_ENDS.findall(data)) or self.together
        return data

    @override
    def answered(self, data: bytes) -> bytes:
        if self.together < 2:
            return data
        self.kept += data
        whole, _ = messages(self.kept)
        if len(whole) < self.together:
            return b""
        self.together, self.kept = 1, b""
        return b"".join(reversed(whole))


@connections("connection_stays_whole")
class ARefusalIsSentTwice(Link):
    """Leaves a second 401 in the connection, which the next call takes for its answer."""

    kept = b""

    @override
    def answered(self, data: bytes) -> bytes:
        whole, self.kept = messages(self.kept + data)
        passed = b"".join(m * 2 if _REFUSAL.match(m) else m for m in whole)
        if _REFUSAL.match(self.kept):
            return passed  # its body is still to come
        rest, self.kept = self.kept, b""
        return passed + rest


@connections("large_header_is_survived")
class ALongHeaderCrashesTheProcess(Link):
    """Takes every connection down, and needs a while to be back."""

    head = b""

    @override
    def asked(self, data: bytes) -> bytes:
        self.head = (self.head + data)[-LONGEST_HEAD - PIECE :]
        at = self.head.rfind(b"\r\n\r\n")
        self.head = self.head[at + 4 :] if at >= 0 else self.head
        if len(self.head) < LONGEST_HEAD or b"X-Padding" not in self.head:
            return data
        with self.shared.lock:
            self.shared.refusals_left = 3
            links = list(self.shared.links)
        for link in links:
            link.reset()
        return b""


@connections("half_a_request_holds_nobody_up")
class OneClientAtATime(Link):
    """Serves nobody else from the first byte of a request to its answer."""

    is_served = False

    @override
    def asked(self, data: bytes) -> bytes:
        if not self.is_served:
            time.sleep(0.01)  # whoever came before us is first
            self.is_served = self.shared.turn.acquire(timeout=20)
        return data

    @override
    def answered(self, data: bytes) -> bytes:
        self._let_go()
        return data

    @override
    def close(self) -> None:
        self._let_go()
        super().close()

    def _let_go(self) -> None:
        with self.shared.lock:
            was_served, self.is_served = self.is_served, False
        if was_served:
            self.shared.turn.release()


@connections("broken_http_is_survived")
class WhatIsNoHttpIsAnError(Link):
    """Fails by itself where it should refuse."""

    is_first = True

    @override
    def asked(self, data: bytes) -> bytes:
        is_http = _REQUEST_LINE.match(data) or not self.is_first
        self.is_first = False
        if not is_http:
            self.client.sendall(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")
            self.close()
        return data
