"""Is the answer to submit an id in quotes and no other byte?"""

import re

from contracts.check import judges
from contracts.exchange import Exchange
from contracts.session import Session

_BARE = re.compile(rb'"[0-9a-f]{32}"')


@judges(
    "Submit answers the id of 32 hexadecimal digits in quotes and no other byte.",
    "paths /workspaces/{workspace}/services/{service}/jobs post responses 200",
    order=47,
)
def job_id_is_bare(session: Session, exchange: Exchange) -> str | None:
    """Return what is wrong with the id; clients cut off its first and last byte."""
    del session
    if exchange.operation != "submit_job" or exchange.status != 200 or exchange.reply is None:
        return None
    return None if _BARE.fullmatch(exchange.reply.body) else "submit answers no bare id in quotes"
