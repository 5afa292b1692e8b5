"""How is a plan put to work: with a clock, a way out, counters that last, and logs?"""

from pathlib import Path

from mockserver.clock import Clock
from mockserver.gateway.app import GatewaySurface
from mockserver.gateway.build import EMBEDDED, Plan, contacted_hosts
from mockserver.gateway.counting.quotas import QuotaCounters
from mockserver.gateway.hosts import Hosts
from mockserver.gateway.log import GatewayLog
from mockserver.gateway.runtime import Runtime
from mockserver.gateway.waiting import sleeper
from mockserver.request_log import RequestLog


def open_gateway(
    plan: Plan, services: str, clock: Clock, folder: Path | None, log: RequestLog
) -> GatewaySurface:
    """Return a gateway in front of `services`, the address of the emulator's own services.

    Quotas are kept in `folder`, or in memory without one. Raises QuotasNotUsable.
    """
    declared = plan.declaration
    stand_ins = {
        host: services if address == EMBEDDED else address
        for host, address in declared.hosts.items()
    }
    quotas = QuotaCounters(folder)
    quotas.open()
    runtime = Runtime(
        clock.now,
        Hosts(stand_ins, contacted_hosts(declared)),
        plan.model.backends,
        declared.max_buffered_bytes,
        quotas=quotas,
        service_name=plan.model.name,
        sleep=sleeper(clock),
    )
    rows = GatewayLog(declared.log_rows, Path(declared.log_file) if declared.log_file else None)
    return GatewaySurface(plan, runtime, log, rows)
