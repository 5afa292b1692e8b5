"""Is a body refused that is no JSON?"""

import json

from contracts.check import performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "A body that cannot be read is 400 with RequestBodyInvalid; an empty one may count as missing.",
    "components schemas BadArgument",
    "execute",
    least=Profile.SMOKE,
)
def malformed_body_is_refused(session: Session) -> None:
    """Send nothing, a cut body, another value, bytes."""
    whole = json.dumps(session.service.sample).encode()
    for body in (whole[:-1], b"[]", b"\xff\xfe", b"<Inputs/>"):
        session.refused(session.execute(body, details="true"), 400, "RequestBodyInvalid")
    for body in (b"", b"null"):
        session.refused(session.execute(body, details="true"), 400, *NOTHING)


NOTHING = ("RequestBodyInvalid", "RequestIsEmpty", "MissingRequestInput")
"""What is nothing at all may be told in several ways (the published texts fit each)."""
