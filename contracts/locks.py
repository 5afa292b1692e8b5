"""Is every operation that needs a key closed to whoever shows another, or none?"""

from contracts.session import NOBODYS_JOB, Session

LOCKED = ("execute", "submit_job", "start_job", "get_job_status", "delete_job")
"""The operations that need a key."""


def refused_everywhere(session: Session, key: str | None) -> None:
    """See that each of them refuses this key, or that there is none. Raises Broken, NotJudged."""
    for exchange in (
        session.execute(session.service.sample, key=key),
        session.submit({}, key=key),
        session.start(NOBODYS_JOB, key=key),
        session.status(NOBODYS_JOB, key=key),
        session.delete(NOBODYS_JOB, key=key),
    ):
        session.refused(exchange, 401, "ScoreRequestUnauthorized")
