"""Which services do the tests of workers use? Functions that behave well, and that do not."""

from pathlib import Path
from typing import Any

MODULE = '''
"""What is scored in these tests? Functions of all sorts."""
import ctypes, os, re, subprocess, sys, threading

def copy(rows):
    return rows

def chatter(rows):
    print("noise")
    os.write(1, b"{}\\n")
    subprocess.run([sys.executable, "-c", "print(input())"], stderr=subprocess.DEVNULL)
    return [{"Text": repr(sys.stdin.read())} for row in rows]

def fail(rows):
    raise LookupError("broken model")

def leave(rows):
    sys.exit(3)

def segfault(rows):
    ctypes.string_at(0)

def wait(rows):
    threading.Event().wait()

def hold(rows):
    open(os.path.join(os.path.dirname(__file__), "entered"), "w").close()
    # No other thread of the process runs from here on.
    re.match("(a+)+$", "a" * 60 + "b")
'''

FUNCTIONS = ("copy", "chatter", "fail", "leave", "segfault", "wait", "hold")
WORKSPACE = "0" * 31 + "a"
KEY = "key-of-every-endpoint"

_SERVICE = """
      - name: {name}
        id: "{number:031x}b"
        inputs: {{input1: {{Text: String}}}}
        outputs: {{output1: {{Text: String}}}}
        experiment: {{kind: python, function: "unruly_model:{name}"}}
        bes: {{timing: {timing}}}
        endpoints:
          - {{id: "{endpoint}", primary_key: {key}, secondary_key: {key}-2, max_running_jobs: 2}}
"""


def endpoint_of(function: str) -> str:
    """Return the id of the endpoint that serves a function."""
    return f"{FUNCTIONS.index(function):031x}c"


def write_world(folder: Path, *, timing: str = "immediate", extra: str = "") -> Path:
    """Write a module and a configuration; return the latter's path."""
    (folder / "unruly_model.py").write_text(MODULE)
    services = "".join(
        _SERVICE.format(
            name=name, number=number, endpoint=endpoint_of(name), key=KEY, timing=timing
        )
        for number, name in enumerate(FUNCTIONS)
    )
    path = folder / "mockserver.yaml"
    text = f'workspaces:\n  - id: "{WORKSPACE}"\n    services:{services}'
    path.write_text(f"{extra}\n{text}")
    return path


def jobs_of(ready: Any, function: str) -> str:
    """Return the address of an endpoint's jobs."""
    url = ready["services"]["url"]
    return f"{url}/workspaces/{WORKSPACE}/services/{endpoint_of(function)}/jobs"
