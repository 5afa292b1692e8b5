"""Is a bare NaN answered, as one client writes it for a missing number?"""

import json

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A bare NaN, which is no JSON but comes from a real client, is refused or read as missing.",
    "components schemas Scalar",
    "execute",
    least=Profile.CI,
)
def bare_nan_is_survived(session: Session) -> None:
    """Put it into the first cell."""
    (first, *others), *rows = session.service.sample_rows
    del first
    # Python's own encoder writes NaN bare, which is where that client has it from.
    body = json.dumps(session.service.body([[float("nan"), *others], *rows])).encode()
    exchange = session.execute(body, details="true")
    if exchange.status == 400:
        session.refused(exchange, 400)
    else:
        session.results(exchange)
