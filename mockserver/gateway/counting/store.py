"""Where are the quotas kept? In a file of SQLite, a row for each counter.

A module of its own, so that an emulator without quotas does not load the database's library.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    Connection,
    Engine,
    Float,
    MetaData,
    Table,
    Text,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    select,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import StaticPool

from mockserver.gateway.counting.changes import Change, CounterRow, QuotasNotSaved, QuotasNotUsable

_METADATA = MetaData()

_COUNTERS = Table(
    "quota_counters",
    _METADATA,
    Column("key", Text, primary_key=True),
    Column("period", BigInteger, nullable=False),
    Column("ends", Float, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)
_STARTS = Table(
    "subscription_starts",
    _METADATA,
    Column("subscription", Text, primary_key=True),
    Column("moment", Float, nullable=False),
)


class QuotaStore:
    """The rows in one file. For one thread at a time."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def read(self) -> tuple[list[CounterRow], dict[str, float]]:
        """Return the counters, and when subscriptions began. Raises QuotasNotUsable."""
        try:
            with self._engine.connect() as connection:
                counters = connection.execute(select(_COUNTERS)).all()
                starts = connection.execute(select(_STARTS)).all()
        except SQLAlchemyError as error:
            raise QuotasNotUsable(f"{self._file}: {_reason(error)}") from error
        return [tuple(row) for row in counters], dict(map(tuple, starts))

    def write(self, change: Change) -> None:
        """Write a change, all of it or nothing. Raises QuotasNotSaved, QuotasNotUsable."""
        try:
            with self._engine.begin() as connection:
                _apply(change, connection)
        except SQLAlchemyError as error:
            raise QuotasNotSaved(f"{self._file}: {_reason(error)}") from error

    def close(self) -> None:
        """Close the file, if it was opened."""
        if "_engine" in self.__dict__:
            self._engine.dispose()
            del self._engine

    @cached_property
    def _engine(self) -> Engine:
        try:
            # Keys of counters may be addresses and tokens of callers: nobody else may read them.
            os.close(os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600))
            engine = create_engine(
                URL.create("sqlite", database=str(self._file)),
                poolclass=StaticPool,
                connect_args={"check_same_thread": False, "timeout": 1},
            )
            event.listen(engine, "connect", self._prepare)
            with engine.begin() as connection:
                _METADATA.create_all(connection)
        except OSError as error:
            raise QuotasNotUsable(f"{self._file}: {error.strerror or error}") from error
        except SQLAlchemyError as error:
            raise QuotasNotUsable(f"{self._file}: {_reason(error)}") from error
        return engine

    def _prepare(self, connection: Any, _: object) -> None:
        """Choose how SQLite writes: a log that survives a killed process, for one process alone."""
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise QuotasNotUsable(f"{self._file}: it is damaged: {verdict.splitlines()[-1]}")


def _apply(change: Change, connection: Connection) -> None:
    if change.is_whole:
        connection.execute(delete(_COUNTERS))
        connection.execute(delete(_STARTS))
    keys = {*change.dropped, *(row[0] for row in change.counters)}
    if keys:
        former = delete(_COUNTERS).where(_COUNTERS.c.key == bindparam("former"))
        connection.execute(former, [{"former": key} for key in keys])
    if change.counters:
        names = _COUNTERS.c.keys()
        rows = [dict(zip(names, row, strict=True)) for row in change.counters]
        connection.execute(insert(_COUNTERS), rows)
    if change.starts:
        former = delete(_STARTS).where(_STARTS.c.subscription == bindparam("former"))
        connection.execute(former, [{"former": name} for name in change.starts])
        starts = [{"subscription": name, "moment": at} for name, at in change.starts.items()]
        connection.execute(insert(_STARTS), starts)


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0][:300]
