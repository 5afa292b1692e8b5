"""All faults, each by its name."""

from tests.contracts.broken_servers import (
    columns,
    connections,
    doors,
    errors,
    gateways,
    jobs,
    more,
    rrs,
)
from tests.contracts.broken_servers.faults import FAULTS, Fault

__all__ = [
    "BANK",
    "columns",
    "connections",
    "doors",
    "errors",
    "gateways",
    "jobs",
    "more",
    "rrs",
]

BANK: dict[str, Fault] = {fault.name: fault for fault in FAULTS}
