"""Which other mock servers are measured, and how do they get here?

Prism and Mockoon, both on the project's own contract, installed by npm into `bench/node_modules`.
"""

import json
import shutil
import subprocess

from bench.servers import HERE, Place, Server

CONTRACT = HERE.parent / "openapi.yaml"
_MODULES = HERE / "node_modules"
_PROGRAMS = {"prism": "@stoplight/prism-cli", "mockoon-cli": "@mockoon/cli"}
_INSTALL_SECONDS = 300
_WARM_SECONDS = 3
"""Node compiles what is hot: in its first seconds Prism is half as fast as later."""


class NoPeers(Exception):
    """The peers cannot be measured; the text says why."""


def install() -> None:
    """Install what is missing. Raises NoPeers."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NoPeers("there is no npm here")
    if all((_MODULES / ".bin" / program).exists() for program in _PROGRAMS):
        return
    print("installing the peers with npm, once …", flush=True)
    quiet = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        subprocess.run(
            [npm, "install", "--prefix", str(HERE), *quiet],
            check=True,
            capture_output=True,
            timeout=_INSTALL_SECONDS,
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise NoPeers(f"npm install failed: {type(error).__name__}") from error


def versions() -> dict[str, str]:
    """Return the versions of the peers and of what runs them."""
    found = {
        package: json.loads((_MODULES / package / "package.json").read_bytes())["version"]
        for package in _PROGRAMS.values()
    }
    node = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True)
    return {**found, "node": node.stdout.strip().removeprefix("v")}


def prism() -> Server:
    """Return Prism in one process, silent but for errors. It checks each request."""

    def command(at: Place) -> list[str]:
        flags = ["--host", "127.0.0.1", "--port", str(at.port)]
        quiet = ["--multiprocess", "false", "--verboseLevel", "error"]
        return [str(_MODULES / ".bin/prism"), "mock", str(CONTRACT), *flags, *quiet]

    return Server("prism", command, warm_seconds=_WARM_SECONDS)


def mockoon() -> Server:
    """Return Mockoon. It checks nothing, and its log cannot be turned off: it goes nowhere."""

    def command(at: Place) -> list[str]:
        flags = ["--hostname", "127.0.0.1", "--port", str(at.port)]
        quiet = ["--disable-log-to-file", "--disable-admin-api"]
        return [
            str(_MODULES / ".bin/mockoon-cli"),
            "start",
            "--data",
            str(CONTRACT),
            *flags,
            *quiet,
        ]

    return Server("mockoon", command, warm_seconds=_WARM_SECONDS)
