"""What can be wrong with a call, before its data are looked at?

Failure
├── UnknownPath, VerbNotSupported        no such resource, or not with this verb
├── ServiceIdNotValid                    the id in the address is no GUID
├── CredentialsNotValid                  no key, or not one of the endpoint's
├── VersionNotSupported                  api-version missing or other than 2.0
├── QueryParameterNotValid               a known query parameter with a strange value
├── RequestNotReadable                   what came is not HTTP
├── RequestBodyTooLarge, RequestBodyNotUsable
├── TooManyCalls                         the endpoint's limit of concurrent calls
├── ScoringTimedOut, CallerGone, ServiceStopping
└── InternalFault                        a mistake of ours
"""

from mockserver.failures import Failure


class UnknownPath(Failure):
    """Nothing is served under this path."""


class VerbNotSupported(Failure):
    """The path exists, but not with this verb. `allowed` are those that it has."""

    def __init__(self, verb: str, allowed: tuple[str, ...]) -> None:
        super().__init__(verb, reason=f"allowed: {', '.join(allowed)}")
        self.allowed = allowed


class ServiceIdNotValid(Failure):
    """The id after `/services/` is not a GUID."""


class CredentialsNotValid(Failure):
    """The call carries no key, or not one of the endpoint's two."""


class VersionNotSupported(Failure):
    """The api-version is missing or other than 2.0. Argument: the one given, or nothing."""


class QueryParameterNotValid(Failure):
    """A known query parameter has a strange value. Arguments: its name, what is wrong."""


class RequestNotReadable(Failure):
    """The bytes on the connection are not an HTTP request."""


class RequestBodyTooLarge(Failure):
    """The body is larger than permitted. Argument: the limit in bytes."""


class RequestBodyNotUsable(Failure):
    """The body is missing, not JSON, or not of the form that the call declares."""


class TooManyCalls(Failure):
    """Every place of the endpoint is taken. Arguments: its name and its limit."""


class ScoringTimedOut(Failure):
    """The scoring ran longer than permitted."""


class CallerGone(Failure):
    """The client closed the connection before its request was complete."""


class ServiceStopping(Failure):
    """The emulator was stopped, and the call did not end in the time that a stop leaves."""


class InternalFault(Failure):
    """An exception that nobody foresaw: a defect of this emulator."""
