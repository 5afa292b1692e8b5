"""Is the gateway closed to whoever has no subscription?"""

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "Without a subscription key, or with a wrong one, the gateway answers 401 by itself.",
    "components responses Unauthorized",
    "execute",
    needs=(Need.GATEWAY,),
    least=Profile.SMOKE,
)
def missing_subscription_key_is_refused(session: Session) -> None:
    """Call with none and with one that is nobody's."""
    for key in (None, "0" * 32):
        exchange = session.execute(session.service.sample, details="true", subscription_key=key)
        if exchange.status != 401 or not session.gateway.is_own_answer(exchange):
            given = "no subscription key" if key is None else "a wrong subscription key"
            raise Broken(f"{exchange.status} with {given}", exchange)
