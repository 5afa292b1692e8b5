"""How does a test run an emulator inside its own process?

with running_emulator() as ready:
    url = ready["services"]["url"]
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mockserver.assembly import Emulator
from mockserver.ready_file import Ready
from mockserver.workspace.configuration import load_configuration


@contextmanager
def running_emulator(config: Path | None = None, **settings: Any) -> Iterator[Ready]:
    """Run an emulator in a thread of its own; yield what a ready file would hold.

    `config` is a `mockserver.yaml`, or None for the how-to's world. `settings` win over the file;
    ports are free ones unless they are given. Any number can run side by side. A function of yours
    that never returns keeps its thread, and so the process, alive.
    """
    ports = {"services_port": 0, "storage_port": 0, "gateway_port": 0}
    emulator = Emulator(load_configuration(config, {**ports, **settings}))
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        thread = threading.Thread(target=loop.run_forever, name="mockserver", daemon=True)
        thread.start()
        try:
            asyncio.run_coroutine_threadsafe(emulator.start(), loop).result()
            yield emulator.ready
        finally:
            asyncio.run_coroutine_threadsafe(emulator.stop(), loop).result()
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
