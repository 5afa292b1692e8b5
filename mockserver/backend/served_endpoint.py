"""May this call pass: does it carry one of the endpoint's keys, and is there room for it?"""

from hmac import compare_digest

from mockserver.backend.failures import CredentialsNotValid, TooManyCalls
from mockserver.backend.payload import PayloadReader
from mockserver.backend.reply import encode_heads
from mockserver.evidence import Evidence, Fact
from mockserver.workspace.model import Published

FACTS = (
    Fact(
        "The scheme of Authorization is read in any case, with one space or more behind it.",
        Evidence.CAPTURED,
        "the azureml library writes it in lower case, an R client with two spaces",
    ),
    Fact(
        "No key, a wrong key and another service's key are 401 with the same body.",
        Evidence.CAPTURED,
        "a 401 body printed in a public issue",
    ),
    Fact(
        "A call above the limit is 503 ServiceUnavailable/RequestThrottled, at once, without"
        " Retry-After.",
        Evidence.PUBLISHED,
        "the document of web service error codes",
    ),
)


class ServedEndpoint:
    """An endpoint as it is being served: who may call it, and how many calls run now."""

    def __init__(self, published: Published) -> None:
        self.published = published
        self.experiment = published.service.experiment
        self.reader = PayloadReader(self.experiment.inputs)
        self.heads = encode_heads(self.experiment.outputs)
        endpoint = published.endpoint
        self.path = f"/workspaces/{published.workspace.id}/services/{endpoint.id}"
        self.id = endpoint.id
        self.running = 0
        self._limit = endpoint.max_concurrent_calls
        self._keys = (endpoint.primary_key.encode(), endpoint.secondary_key.encode())
        self._usual = b"Bearer " + self._keys[0]

    def authenticate(self, authorization: bytes | None) -> None:
        """Check the value of the Authorization header. Raises CredentialsNotValid."""
        if authorization is not None and compare_digest(authorization, self._usual):
            return
        if authorization is None:
            raise CredentialsNotValid(reason="no Authorization header")
        scheme, _, key = authorization.partition(b" ")
        key = key.strip()
        primary, secondary = self._keys
        if scheme.lower() != b"bearer":
            raise CredentialsNotValid(reason="the Authorization scheme is not Bearer")
        if not compare_digest(key, primary) and not compare_digest(key, secondary):
            raise CredentialsNotValid(reason="not a key of this endpoint")

    def check_room(self) -> None:
        """Raise TooManyCalls if every place of the endpoint is taken."""
        if self.running >= self._limit:
            raise TooManyCalls(self.published.endpoint.name, str(self._limit))

    def begin_call(self) -> None:
        """Take one of the endpoint's places. Raises TooManyCalls."""
        self.check_room()
        self.running += 1

    def end_call(self, _: object = None) -> None:
        """Give the place back."""
        self.running -= 1
