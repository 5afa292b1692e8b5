"""Where are jobs kept? In one database: SQLite in a file, SQLite in memory, or PostgreSQL by URL.

A job is one row that holds its whole record as JSON; what is searched for stands beside it. The
database is opened when it is first needed, so that an emulator without jobs does not pay for it.
"""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    URL,
    Boolean,
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    event,
    func,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from mockserver.jobs.failures import StateNotSaved, StateNotUsable
from mockserver.jobs.rules import Job

_METADATA = MetaData()

_JOBS = Table(
    "jobs",
    _METADATA,
    Column("id", String(32), primary_key=True),
    Column("endpoint", String(32), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("record", Text, nullable=False),
    Index("jobs_active", "is_active"),
    Index("jobs_number", "number"),
)
_NOTES = Table(
    "notes",
    _METADATA,
    Column("name", String(64), primary_key=True),
    Column("content", Text, nullable=False),
)
"""What else outlives a restart: how the clock goes, which scripts were set."""

Note = TypeVar("Note")

_encode = msgspec.json.Encoder().encode
_decode_job = msgspec.json.Decoder(Job).decode


class JobStore:
    """The jobs in one database. For one thread at a time.

    Writing raises StateNotSaved, and then nothing was written. Opening raises StateNotUsable.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url

    @cached_property
    def _engine(self) -> Engine:
        try:
            engine = _make_engine(self._url)
            with engine.begin() as connection:
                _METADATA.create_all(connection)
                connection.execute(select(func.count()).select_from(_JOBS))
        except ArgumentError as error:
            raise StateNotUsable("not the URL of a database") from error
        except OSError as error:
            raise StateNotUsable(f"unable to open database file: {error.strerror}") from error
        except (SQLAlchemyError, ImportError, ValueError) as error:
            raise StateNotUsable(_reason(error)) from error
        return engine

    @property
    def place(self) -> str:
        """Where the database is: a file, or an address without its password."""
        try:
            url = make_url(self._url or "sqlite://")
        except (ArgumentError, ValueError):
            return "the state's URL"
        file = _file_of(url)
        return str(file) if file else url.set(query={}).render_as_string(hide_password=True)

    def open(self) -> None:
        """Open the database now, and see that what is kept in it can be read."""
        _ = self._engine
        try:
            self.active()
        except (StateNotSaved, msgspec.MsgspecError) as error:
            told = getattr(error, "reason", "") or str(error)
            raise StateNotUsable(f"it holds no jobs of this emulator: {told}") from error

    def close(self) -> None:
        """Close the database, if it was opened."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
            del self._engine

    def add(self, job: Job) -> None:
        """Keep a new job."""
        values = {"id": job.id, "endpoint": job.endpoint, "number": job.number, **_changing(job)}
        self._write(lambda connection: connection.execute(insert(_JOBS).values(values)))

    def save(self, job: Job) -> None:
        """Keep what has become of a job."""
        statement = update(_JOBS).where(_JOBS.c.id == job.id).values(_changing(job))
        self._write(lambda connection: connection.execute(statement))

    def find(self, job_id: str) -> Job | None:
        """Return a job by its id."""
        found = self._read(select(_JOBS.c.record).where(_JOBS.c.id == job_id))
        return _decode_job(found[0][0]) if found else None

    def active(self) -> list[Job]:
        """Return the jobs that have not ended, in the order of their submission."""
        statement = select(_JOBS.c.record).where(_JOBS.c.is_active).order_by(_JOBS.c.number)
        rows = self._read(statement)
        return [_decode_job(record) for (record,) in rows]

    def last(self, count: int) -> list[Job]:
        """Return the jobs that were submitted last, the newest first."""
        rows = self._read(select(_JOBS.c.record).order_by(_JOBS.c.number.desc()).limit(count))
        return [_decode_job(record) for (record,) in rows]

    def last_number(self) -> int:
        """Return the number of the job that was submitted last; 0 if there is none."""
        return int(self._read(select(func.max(_JOBS.c.number)))[0][0] or 0)

    def clear(self) -> None:
        """Forget everything."""

        def empty(connection: Connection) -> None:
            connection.execute(delete(_JOBS))
            connection.execute(delete(_NOTES))

        self._write(empty)

    def save_note(self, name: str, content: object) -> None:
        """Keep something under a name, in place of what was there."""
        text = _encode(content).decode()

        def replace(connection: Connection) -> None:
            connection.execute(delete(_NOTES).where(_NOTES.c.name == name))
            connection.execute(insert(_NOTES).values(name=name, content=text))

        self._write(replace)

    def note(self, name: str, kind: type[Note]) -> Note | None:
        """Return what is kept under a name."""
        found = self._read(select(_NOTES.c.content).where(_NOTES.c.name == name))
        try:
            return msgspec.json.decode(found[0][0], type=kind) if found else None
        except msgspec.MsgspecError as error:
            raise StateNotUsable(f"its note {name!r} cannot be read: {error}") from error

    def _write(self, work: Any) -> None:
        try:
            with self._engine.begin() as connection:
                work(connection)
        except SQLAlchemyError as error:
            raise StateNotSaved(reason=_reason(error)) from error

    def _read(self, statement: Any) -> Sequence[Any]:
        try:
            with self._engine.connect() as connection:
                return connection.execute(statement).all()
        except SQLAlchemyError as error:
            raise StateNotSaved(reason=_reason(error)) from error


def _changing(job: Job) -> dict[str, object]:
    return {
        "state": job.state.value,
        "is_active": not job.has_ended,
        "record": _encode(job).decode(),
    }


def _make_engine(url: str | None) -> Engine:
    if url is None:
        return create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        if file := _file_of(engine.url):
            # Records hold the keys and tokens of requests: nobody else may read them.
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        engine = create_engine(
            url, poolclass=StaticPool, connect_args={"check_same_thread": False, "timeout": 1}
        )
        event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _file_of(url: URL) -> Path | None:
    name = url.database or ""
    is_file = url.get_backend_name() == "sqlite" and name and not name.startswith((":", "file:"))
    return Path(name) if is_file else None


def _prepare_sqlite(connection: Any, _: object) -> None:
    """Choose how SQLite writes: a log that survives a killed process, for one process alone."""
    for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        raise StateNotUsable(f"it is damaged: {verdict.splitlines()[-1]}")


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0][:300]
