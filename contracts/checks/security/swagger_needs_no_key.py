"""Is the service's own document open to everybody?"""

from contracts.check import Need, performs
from contracts.profiles import Profile
from contracts.session import Session


@performs(
    "swagger.json asks for no key (captured).",
    "paths /workspaces/{workspace}/services/{service}/swagger.json get security",
    "get_swagger_document",
    needs=(Need.SWAGGER,),
    least=Profile.SMOKE,
)
def swagger_needs_no_key(session: Session) -> None:
    """Read it without a key, and with a wrong one."""
    for key in (None, "wrong"):
        session.expect(session.swagger(key=key), 200)
