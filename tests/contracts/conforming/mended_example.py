"""What is the example of a replacement service once its mistake is mended, as the page says?"""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).parents[3]
PAGE = TOP / "docs" / "checking-your-own-service.md"
PATIENCE = 60.0
"""Seconds in which it must listen."""


@contextmanager
def mended_example(folder: Path, storage: str) -> Iterator[dict[str, str]]:
    """Serve it from a copy in `folder`; yield what `contracts check` has to be told."""
    shutil.copytree(TOP / "examples", folder / "examples")
    (change,) = re.findall(
        r"^```diff\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    subprocess.run(["git", "apply", "-"], cwd=folder, input=change.encode(), check=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["-m", "uvicorn", "replacement_service.service:app", "--app-dir", "examples"]
    process = subprocess.Popen(
        [sys.executable, *command, "--port", str(port), "--log-level", "critical"],
        cwd=folder,
        env={**os.environ, "STORAGE": storage},
    )
    try:
        _wait(port)
        yield {
            "url": f"http://127.0.0.1:{port}",
            "workspace": "a2b5c8d1e4f7a0b3c6d9e2f5a8b1c4d7",
            "service": "f1e2d3c4b5a697880796a5b4c3d2e1f0",
            "api_key": "replacement-key",
            "storage": storage,
        }
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens at port {port}")
