"""How are the parts plugged together into one emulator?

Nothing is global: two emulators in one process do not see each other.
"""

import asyncio
import gc
import os
import socket

from mockserver.backend.app import ServicesSurface
from mockserver.ready_file import Ready, write_ready_file
from mockserver.request_log import RequestLog
from mockserver.serving import SurfaceServer, address_of, listen
from mockserver.settings import Settings
from mockserver.workspace.configuration import Configuration
from mockserver.workspace.model import Directory


class Emulator:
    """One emulator: `start`, use it at `ready["services"]["url"]`, `stop`.

    Its ports are taken when it is made, so that a taken one is known before anything runs. Raises
    `PortNotAvailable`.
    """

    def __init__(self, configuration: Configuration, log: RequestLog | None = None) -> None:
        self.settings: Settings = configuration.settings
        self.directory = Directory(configuration.workspaces)
        self._log = log or RequestLog(self.settings.log_format)
        self._services = ServicesSurface(self.directory, self.settings, self._log)
        self._listener: socket.socket = listen(self.settings.host, self.settings.services_port)
        self._server: SurfaceServer | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def ready(self) -> Ready:
        """Where the emulator listens, and the keys of its first endpoint."""
        first = self.directory.published[0]
        return {
            "pid": os.getpid(),
            "services": {
                "url": address_of(self._listener),
                "workspace": first.workspace.id,
                "service": first.endpoint.id,
                "primary_key": first.endpoint.primary_key,
                "secondary_key": first.endpoint.secondary_key,
            },
        }

    async def start(self) -> None:
        """Serve every surface; return when all of them listen."""
        self._server = SurfaceServer(self._services, self.settings.shutdown_seconds)
        self._serving = asyncio.create_task(self._server.serve([self._listener]))
        await self._server.listening.wait()
        if self.settings.ready_file:
            write_ready_file(self.settings.ready_file, self.ready)

    async def stop(self) -> None:
        """Finish running requests, for at most `shutdown_seconds`, and close every port."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        self._listener.close()
        self._services.threads.shutdown(wait=False, cancel_futures=True)
        self._log.flush()


def settle_memory() -> None:
    """Tell the garbage collector that all that was loaded stays, so that requests do not pay.

    For a process that is an emulator and nothing else.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
