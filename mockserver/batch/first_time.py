"""Has this machine compiled the kernels before? If not, another process does it now.

A compiler takes 30 MB that it does not give back. So on a machine's first job a process that ends
compiles and keeps the code, and the worker only loads it.
"""

import os
import subprocess
import sys
from pathlib import Path

_KEPT = Path(__file__).with_name("__pycache__")
"""Where numba keeps compiled code, if it may write there and was not told another place."""

_COMMAND = "from mockserver.batch.prepare import prepare; prepare()"


def compile_first() -> None:
    """Have the kernels compiled if they never were; return when they are."""
    is_told_elsewhere = "NUMBA_CACHE_DIR" in os.environ
    if is_told_elsewhere or not os.access(_KEPT.parent, os.W_OK) or any(_KEPT.glob("*.nbi")):
        return
    command = (sys.executable, "-P", "-c", _COMMAND)
    subprocess.run(command, stdin=subprocess.DEVNULL, check=False)  # noqa: S603  our own code
