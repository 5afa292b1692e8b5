"""Is the limit that was promised kept, and does a refused client learn how long to wait?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Calls beyond the promised limit get 429 with Retry-After, and after that time go through.",
    "components responses ServiceUnavailable",
    "execute",
    needs=(Need.PROMISED_LIMIT,),
    least=Profile.SMOKE,
)
def rate_limit_is_kept(session: Session) -> None:
    """Wait until the window is empty, fill it, and ask once more."""
    limit = session.target.promised_limit
    assert limit is not None  # noqa: S101  the check needs it
    request = session.request(
        "POST", "/execute", session.query("execute", details="true"), session.service.sample
    )
    session.wire.pass_time(limit.seconds + 1)
    for number in range(1, limit.calls + 1):
        exchange = session.send(request, obey=False)
        if exchange.status == 429:
            raise Broken(f"429 at call {number} of {limit.calls} that are promised", exchange)
    exchange = session.send(request, obey=False)
    if exchange.status != 429:
        raise Broken(f"{exchange.status} at call {limit.calls + 1}, beyond the limit", exchange)
    reply = exchange.reply
    after = reply.header("Retry-After") if reply else None
    if not after or not after.isdigit() or not 0 < int(after) <= limit.seconds:
        raise Broken(f"429 with Retry-After {after or 'missing'}", exchange)
    session.wire.pass_time(int(after) + 1)
    again = session.send(request, obey=False)
    if again.status == 429:
        raise Broken(f"429 again after the {after} s of Retry-After", exchange, again)
