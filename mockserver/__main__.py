"""What can be done from the command line?

`mockserver serve` runs the emulator, `init` writes a configuration to start from, `check-config`
says what is wrong with one, `openapi` prints the contract, `storage` moves files to and from blobs,
`gateway` makes an API of the gateway from an OpenAPI document.
"""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver import __version__
from mockserver.gateway_commands import add_gateway_parser
from mockserver.gateway_commands import run as run_gateway_command
from mockserver.storage_commands import add_storage_parser
from mockserver.storage_commands import run as run_storage_command

if TYPE_CHECKING:
    from mockserver.assembly import Emulator
    from mockserver.workspace.configuration import Configuration

USAGE = 2
"""The exit code for what the user has to mend."""

_FLAGS = (
    "data_dir",
    "state_url",
    "host",
    "services_port",
    "storage_port",
    "gateway_port",
    "ready_file",
    "log_format",
)
"""The settings that have a flag of `serve`."""

_LATER = {"portal": "8082"}
"""Surfaces whose flag is settled already, while the surface is not built yet."""


class CannotRun(Exception):
    """What keeps a command from running, as one clear line (or one for each mistake)."""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except CannotRun as error:
        print("\n".join(f"mockserver: {line}" for line in str(error).splitlines()), file=sys.stderr)
        return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "mockserver", description="Azure ML Studio (classic) web services, offline."
    )
    parser.add_argument("--version", action="version", version=f"mockserver {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the emulator until Ctrl-C")
    serve.add_argument("--config", metavar="FILE", type=Path, help="default: the how-to's world")
    serve.add_argument(
        "--data-dir", metavar="DIR", help="folder for jobs and blobs; else in memory"
    )
    serve.add_argument("--state-url", metavar="URL", help="database of the jobs, as for SQLAlchemy")
    serve.add_argument("--host", metavar="H", help="address to listen on, default 127.0.0.1")
    serve.add_argument(
        "--services-port", metavar="N", type=int, help="RRS and BES, default 8080; 0: a free port"
    )
    serve.add_argument("--gateway-port", metavar="N", type=int, help="API Management, default 8081")
    serve.add_argument("--storage-port", metavar="N", type=int, help="blobs, default 10000")
    for surface, port in _LATER.items():
        serve.add_argument(
            f"--{surface}-port", metavar="N", type=int, help=f"default {port}; not served yet"
        )
    serve.add_argument("--ready-file", metavar="FILE", help="written once everything listens")
    serve.add_argument("--log-format", choices=("text", "json"), help="default text")

    init = commands.add_parser("init", help="write a commented mockserver.yaml to start from")
    init.add_argument("file", metavar="FILE", type=Path, nargs="?", default="mockserver.yaml")
    init.add_argument("--force", action="store_true", help="overwrite an existing file")

    check = commands.add_parser("check-config", help="say what is wrong with a configuration file")
    check.add_argument("file", metavar="FILE", type=Path)

    commands.add_parser("openapi", help="print the contract of the services surface")
    add_storage_parser(commands)
    add_gateway_parser(commands)
    return parser


def _load(path: Path | None, overrides: dict[str, Any] | None = None) -> "Configuration":
    from mockserver.workspace.configuration import ConfigurationError, load_configuration

    try:
        return load_configuration(path, overrides)
    except ConfigurationError as error:
        raise CannotRun(str(error)) from error


def _configure(options: argparse.Namespace) -> "Configuration":
    """Put together what the file, the environment and the flags say."""
    from mockserver.settings import from_environment

    flags: dict[str, Any] = {name: getattr(options, name) for name in _FLAGS}
    given = from_environment(os.environ) | {k: v for k, v in flags.items() if v is not None}
    configuration = _load(options.config, given)
    settings = configuration.settings
    folder = settings.data_dir
    if folder is not None and not (folder.is_dir() and os.access(folder, os.W_OK)):
        raise CannotRun(f"--data-dir {folder}: not a folder that can be written to")
    ready_file = settings.ready_file
    if ready_file is not None and not ready_file.parent.is_dir():
        raise CannotRun(f"--ready-file {ready_file}: its folder does not exist")
    if ready_file is not None and ready_file.is_dir():
        raise CannotRun(f"--ready-file {ready_file}: it is a folder")
    return configuration


def _serve(options: argparse.Namespace) -> int:
    configuration = _configure(options)
    from mockserver.assembly import DataNotUsable, Emulator, settle_memory
    from mockserver.jobs.failures import StateNotUsable
    from mockserver.request_log import configure_event_log
    from mockserver.serving import PortNotAvailable

    configure_event_log(configuration.settings.log_format)
    for surface in _LATER:
        if getattr(options, f"{surface}_port") is not None:
            print(f"mockserver: the {surface} is not served yet", file=sys.stderr)
    try:
        emulator = Emulator(configuration)
    except StateNotUsable as error:
        raise CannotRun(f"the state of jobs cannot be opened: {error}") from error
    except (PortNotAvailable, DataNotUsable) as error:
        raise CannotRun(str(error)) from error
    settings = configuration.settings
    if settings.state_url and not settings.data_dir:
        print("mockserver: blobs are not kept; --data-dir keeps both", file=sys.stderr)
    settle_memory()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            runner.run(_serve_until_signal(emulator))
        except OSError as error:  # the ready file's folder cannot be written to
            raise CannotRun(str(error)) from error
    sys.stdout.flush()
    sys.stderr.flush()
    # Not a plain return: a scoring that never ends must not keep the process alive.
    os._exit(0)


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:  # Windows
        return None
    return uvloop.new_event_loop


async def _serve_until_signal(emulator: "Emulator") -> None:
    from mockserver.banner import banner

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    await emulator.start()
    print(banner(emulator.ready, emulator.directory.published[0]), flush=True)
    await stop.wait()
    await emulator.stop()


def _init(options: argparse.Namespace) -> int:
    from mockserver.workspace.configuration import DEMO

    try:
        with options.file.open("w" if options.force else "x", encoding="utf-8") as file:
            file.write(DEMO.read_text(encoding="utf-8"))
    except FileExistsError:
        raise CannotRun(f"{options.file} exists; --force overwrites it") from None
    except OSError as error:
        raise CannotRun(f"{options.file}: {error.strerror}") from error
    print(f"wrote {options.file}; serve it with: mockserver serve --config {options.file}")
    return 0


def _check_config(options: argparse.Namespace) -> int:
    workspaces = _load(options.file).workspaces
    services = [service for workspace in workspaces for service in workspace.services]
    endpoints = sum(len(service.endpoints) for service in services)
    print(f"{options.file}: {len(services)} services, {endpoints} endpoints, no mistake found")
    return 0


def _openapi(_: argparse.Namespace) -> int:
    here = Path(__file__).parent
    # In a wheel the contract lies in the package, in a clone at the top of the repository.
    places = (here / "openapi.yaml", here.parent / "openapi.yaml")
    sys.stdout.write(next(p for p in places if p.is_file()).read_text(encoding="utf-8"))
    return 0


_COMMANDS = {
    "serve": _serve,
    "init": _init,
    "check-config": _check_config,
    "openapi": _openapi,
    "storage": run_storage_command,
    "gateway": run_gateway_command,
}

if __name__ == "__main__":
    sys.exit(main())
