"""How does a test serve blobs by itself: on a free port, in a thread, at a time of its choice?"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from time import time

from mockserver.blobserver.app import BlobSurface
from mockserver.blobserver.store import BlobStore
from mockserver.request_log import RequestLog
from mockserver.serving import SurfaceServer, address_of, listen
from tests.mockserver.blobserver.signing import ACCOUNT, KEY


class Clock:
    """The machine's time, with an offset that a test sets."""

    def __init__(self) -> None:
        self.offset = 0.0

    def now(self) -> float:
        """Return seconds since 1970 UTC."""
        return time() + self.offset


class Served:
    """A running blob service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.store = BlobStore(folder, self.clock.now)
        self.lines = StringIO()
        self.log = RequestLog("text", self.lines)
        self.surface = BlobSurface(self.store, {ACCOUNT: KEY}, self.clock.now, self.log)
        self.listener = listen("127.0.0.1", 0)
        self.url = address_of(self.listener)

    def log_text(self) -> str:
        """Return what the log says by now."""
        self.log.flush()
        return self.lines.getvalue()


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve the blobs of a folder."""
    served = Served(folder)
    server = SurfaceServer(served.surface, 1)
    started = threading.Event()

    async def serve() -> None:
        task = asyncio.create_task(server.serve([served.listener]))
        await server.listening.wait()
        started.set()
        await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert started.wait(10)
        yield served
    finally:
        server.should_exit = True
        thread.join(10)
        served.listener.close()
        served.surface.threads.shutdown()
        served.log.flush()
