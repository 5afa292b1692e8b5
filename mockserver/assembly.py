"""How are the parts plugged together into one emulator?

Nothing is global: two emulators in one process do not see each other.
"""

import asyncio
import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from filelock import FileLock, Timeout
from starlette.types import ASGIApp

from mockserver.backend.app import ServicesSurface
from mockserver.backend.batch import BatchCalls, BatchOptions
from mockserver.blobserver.app import BlobSurface
from mockserver.blobserver.store import BlobStore
from mockserver.clock import Clock
from mockserver.control.app import PREFIX, TRACES, admin_app
from mockserver.control.late_routes import LateRoutes
from mockserver.gateway.app import GatewaySurface
from mockserver.gateway.build import Plan
from mockserver.gateway.counting.changes import QuotasNotUsable
from mockserver.gateway.model import GatewayModel, SubscriptionState
from mockserver.gateway.opening import open_gateway
from mockserver.jobs.input_check import InputCheck
from mockserver.jobs.runner import JobRunner
from mockserver.journal import Journalled, journal_of
from mockserver.ready_file import Gateway, Ready, write_ready_file
from mockserver.request_log import RequestLog
from mockserver.serving import Surface, SurfaceServer, address_of, listen
from mockserver.settings import Settings
from mockserver.storage.accounts import Accounts
from mockserver.workspace.configuration import Configuration
from mockserver.workspace.model import Directory


class DataNotUsable(Exception):
    """The folder for jobs and blobs cannot be used; the text says why."""


class Emulator:
    """One emulator: `start`, use it at the addresses in `ready`, `stop`.

    Its ports are taken and its data opened when it is made, so that what is wrong with them is
    known before anything runs. Raises `PortNotAvailable`, `StateNotUsable`, `DataNotUsable`.
    """

    def __init__(self, configuration: Configuration, log: RequestLog | None = None) -> None:
        settings = configuration.settings
        self.settings: Settings = settings
        self.directory = Directory(configuration.workspaces)
        self.clock = Clock()
        self.journal = journal_of(settings.journal_megabytes, _keys_of(configuration))
        self._storage = configuration.storage
        self._accounts = [
            account for account in self._storage.accounts if account.endpoint == "embedded"
        ]
        self._log = log or RequestLog(settings.log_format)
        with ExitStack() as opened:
            ports = {"services": settings.services_port, "storage": settings.storage_port}
            if configuration.gateway is not None:
                ports["gateway"] = settings.gateway_port
            self._listeners = {
                surface: opened.enter_context(listen(settings.host, port))
                for surface, port in ports.items()
            }
            folder = settings.data_dir
            if folder is None:
                folder = Path(opened.enter_context(TemporaryDirectory("-mockserver")))
            else:
                opened.enter_context(_only_user_of(folder))
            accounts = Accounts(configuration.storage, self._address("storage"))
            self.jobs = JobRunner(configuration, self.directory, accounts, self.clock)
            opened.callback(self.jobs.close)
            self.jobs.open()
            self.gateway = self._open_gateway(configuration.gateway, opened)
            self.blobs = self._open_blobs(folder)
            self._opened = opened.pop_all()
        self.services = self._services_surface(configuration, accounts)
        keys = {account.name: account.key for account in self._accounts}
        self.storage = BlobSurface(self.blobs, keys, self.clock.now, self._log)
        self._servers: list[SurfaceServer] = []
        self._serving: list[asyncio.Task[None]] = []

    def _services_surface(
        self, configuration: Configuration, accounts: Accounts
    ) -> ServicesSurface:
        options = BatchOptions(
            configuration.bes.void_status,
            configuration.storage.default_container,
            self.settings.max_body_bytes,
        )
        self._input_check = InputCheck(accounts, self.blobs, self.clock.now)
        batch = BatchCalls(self.jobs, accounts, self._input_check, self.clock, options)
        admin: ASGIApp | None = None
        if self.settings.admin:
            addresses = {surface: self._address(surface) for surface in self._listeners}
            admin = app = admin_app(
                self.clock, self.jobs, self.directory, self.reset, self.journal, addresses
            )
            if self.gateway is not None:
                admin = LateRoutes(app, self.gateway)
                self.gateway.traces.location = self._address("services") + TRACES
        return ServicesSurface(self.directory, self.settings, self._log, batch, admin)

    def _open_gateway(self, plan: Plan | None, opened: ExitStack) -> GatewaySurface | None:
        if plan is None:
            return None
        folder, services = self.settings.data_dir, self._address("services")
        try:
            gateway = open_gateway(plan, services, self.clock, folder, self._log)
        except QuotasNotUsable as error:
            raise DataNotUsable(str(error)) from error
        opened.callback(gateway.close)
        return gateway

    def _address(self, surface: str) -> str:
        return address_of(self._listeners[surface])

    @property
    def ready(self) -> Ready:
        """Where the emulator listens, and the keys of its first endpoint and account."""
        first = self.directory.published[0]
        services = self._address("services")
        ready: Ready = {
            "pid": os.getpid(),
            "services": {
                "url": services,
                "workspace": first.workspace.id,
                "service": first.endpoint.id,
                "primary_key": first.endpoint.primary_key,
                "secondary_key": first.endpoint.secondary_key,
            },
        }
        if self._accounts:
            name, key = self._accounts[0].name, self._accounts[0].key
            url = self._address("storage")
            connection_string = (
                f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={key};"
                f"BlobEndpoint={url}/{name};"
            )
            ready["storage"] = {
                "url": url,
                "account": name,
                "key": key,
                "connection_string": connection_string,
            }
        if self.gateway is not None:
            ready["gateway"] = describe(self.gateway.plan.model, self._address("gateway"))
        if self.settings.admin:
            ready["admin"] = {"url": services + PREFIX}
        return ready

    async def start(self) -> None:
        """Serve every surface; return when all of them listen."""
        surfaces: dict[str, Surface | None] = {
            "services": self.services,
            "storage": self.storage,
            "gateway": self.gateway,
        }
        for name, listener in self._listeners.items():
            if surface := surfaces[name]:
                seconds = self.settings.shutdown_seconds
                server = SurfaceServer(surface, seconds, self._journalled(name, surface))
                self._servers.append(server)
                self._serving.append(asyncio.create_task(server.serve([listener])))
        for server in self._servers:
            await server.listening.wait()
        await self.jobs.take_up()
        if self.settings.ready_file:
            write_ready_file(self.settings.ready_file, self.ready)

    def _journalled(self, name: str, surface: Surface) -> ASGIApp | None:
        """Return a surface whose calls are kept, if they shall be: files are in storage anyway."""
        if self.journal is None or name == "storage":
            return None
        return Journalled(surface, name, self.journal, PREFIX)

    async def reset(self) -> None:
        """Return to the start state: no jobs, no blobs, no kept calls, the system's time."""
        await self.jobs.reset()
        if self.journal is not None:
            self.journal.clear()
        if self.gateway is not None:
            self.gateway.reset()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self.storage.threads, self.blobs.clear)
        await loop.run_in_executor(self.storage.threads, self._declare_containers, self.blobs)

    async def stop(self) -> None:
        """Finish running requests, for at most `shutdown_seconds`, and close every port."""
        # The workers first: what they would miss now must not count as a fault of their jobs.
        self.jobs.leave_off()
        for server in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._serving)
        self._opened.close()
        for part in (self.services, self.storage, self._input_check):
            part.threads.shutdown(wait=False, cancel_futures=True)
        self._log.flush()

    def _open_blobs(self, folder: Path) -> BlobStore:
        try:
            with suppress(FileExistsError):
                (folder / "blobs").mkdir(mode=0o700)  # what is in it is nobody else's
            blobs = BlobStore(folder / "blobs", self.clock.now)
            self._declare_containers(blobs)
        except OSError as error:
            where = error.filename or folder
            raise DataNotUsable(f"{where}: {error.strerror or error}") from error
        return blobs

    def _declare_containers(self, blobs: BlobStore) -> None:
        declared = self._storage.accounts
        for account in self._accounts:
            for container in account.containers:
                blobs.ensure_container(account.name, container)
            if account is declared[0]:
                blobs.ensure_container(account.name, self._storage.default_container)


def _keys_of(configuration: Configuration) -> Iterator[str]:
    """Yield every declared key: of endpoints, of storage accounts, of subscriptions."""
    for published in Directory(configuration.workspaces).published:
        yield from (published.endpoint.primary_key, published.endpoint.secondary_key)
    for account in configuration.storage.accounts:
        yield account.key
    if configuration.gateway is not None:
        for subscription in configuration.gateway.model.subscriptions:
            yield from (subscription.primary_key, subscription.secondary_key)


def describe(model: GatewayModel, url: str) -> Gateway:
    """Return what a ready file says of the gateway at `url`."""
    return {
        "url": url,
        "api": f"{url}/{model.apis[0].path}".rstrip("/") if model.apis else url,
        "subscriptions": {
            each.id: {
                "name": each.name,
                "scope": each.scope,
                "primary_key": each.primary_key,
                "secondary_key": each.secondary_key,
            }
            for each in model.subscriptions
            if each.state is SubscriptionState.ACTIVE
        },
    }


@contextmanager
def _only_user_of(folder: Path) -> Iterator[None]:
    """Keep other emulators away from a folder for as long as this process lives."""
    lock = FileLock(folder / ".lock", blocking=False)
    try:
        lock.acquire()
    except Timeout:
        raise DataNotUsable(f"{folder}: another emulator uses it") from None
    except OSError as error:
        raise DataNotUsable(f"{folder}: {error.strerror or error}") from error
    try:
        yield
    finally:
        lock.release()


def settle_memory() -> None:
    """Tell the garbage collector that all that was loaded stays, so that requests do not pay.

    For a process that is an emulator and nothing else.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
