"""All faults, each by its name."""

from tests.contracts.broken_servers import doors, errors, jobs, more, rrs
from tests.contracts.broken_servers.faults import FAULTS, Fault

__all__ = ["BANK", "doors", "errors", "jobs", "more", "rrs"]

BANK: dict[str, Fault] = {fault.name: fault for fault in FAULTS}
