"""Which status, code and words does the blob service answer a refused request with?"""

from mockserver.evidence import Evidence, Fact
from mockserver.failures import Failure

FACTS = (
    Fact(
        "A refusal is XML with Code and Message, its code also stands in x-ms-error-code; the"
        " message ends with the request's id and time.",
        Evidence.PUBLISHED,
        "Azure Storage REST reference, status and error codes",
    ),
    Fact(
        "A request that the service knows but does not offer is 501 APINotImplemented, one that it"
        " does not know 400 InvalidUri or InvalidQueryParameterValue.",
        Evidence.ASSUMED,
        "the first as Azurite answers; real Azure has no operation that it knows and lacks",
    ),
    Fact(
        "A full disk is 507 InsufficientStorage.",
        Evidence.ASSUMED,
        "Azure's disks are never full; the code is ours",
    ),
)

_SIGNATURE = (
    "Server failed to authenticate the request. Make sure the value of the Authorization header is"
    " formed correctly including the signature."
)
_CONDITION = "The condition specified using HTTP conditional header(s) is not met."
_NOT_AUTHORIZED = "This request is not authorized to perform this operation"

CODES: dict[str, tuple[int, str]] = {
    "APINotImplemented": (501, "The emulator does not offer this operation."),
    "AuthenticationFailed": (403, _SIGNATURE),
    "AuthorizationFailure": (403, f"{_NOT_AUTHORIZED}."),
    "AuthorizationPermissionMismatch": (403, f"{_NOT_AUTHORIZED} using this permission."),
    "AuthorizationProtocolMismatch": (403, f"{_NOT_AUTHORIZED} using this protocol."),
    "AuthorizationResourceTypeMismatch": (403, f"{_NOT_AUTHORIZED} using this resource type."),
    "AuthorizationServiceMismatch": (403, f"{_NOT_AUTHORIZED} using this service."),
    "AuthorizationSourceIPMismatch": (403, f"{_NOT_AUTHORIZED} using this source IP."),
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "BlockCountExceedsLimit": (
        409,
        "The committed block count cannot exceed the maximum limit of 50,000 blocks.",
    ),
    "ConditionNotMet": (412, _CONDITION),
    "ContainerAlreadyExists": (409, "The specified container already exists."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "InsufficientStorage": (507, "The machine of the emulator has no space left for this."),
    "InternalError": (
        500,
        "The server encountered an internal error. Please retry the request.",
    ),
    "InvalidBlobOrBlock": (400, "The specified blob or block content is invalid."),
    "InvalidBlockList": (400, "The specified block list is invalid."),
    "InvalidHeaderValue": (
        400,
        "The value for one of the HTTP headers is not in the correct format.",
    ),
    "InvalidMd5": (400, "The MD5 value specified in the request is invalid."),
    "InvalidMetadata": (
        400,
        "The metadata specified is invalid. It has characters that are not permitted.",
    ),
    "InvalidQueryParameterValue": (
        400,
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidResourceName": (400, "The specified resource name contains invalid characters."),
    "InvalidUri": (400, "The requested URI does not represent any resource on the server."),
    "InvalidXmlDocument": (400, "XML specified is not syntactically valid."),
    "Md5Mismatch": (
        400,
        "The MD5 value specified in the request did not match with the one of what was received.",
    ),
    "MetadataTooLarge": (
        400,
        "The size of the specified metadata exceeds the maximum size permitted.",
    ),
    "MissingContentLengthHeader": (411, "The Content-Length header was not specified."),
    "MissingRequiredHeader": (
        400,
        "An HTTP header that's mandatory for this request is not specified.",
    ),
    "MultipleConditionHeadersNotSupported": (
        400,
        "Multiple condition headers are not supported.",
    ),
    "NotModified": (304, _CONDITION),
    "OutOfRangeInput": (400, "One of the request inputs is out of range."),
    "PublicAccessNotPermitted": (
        409,
        "Public access is not permitted on this storage account.",
    ),
    "RequestBodyTooLarge": (
        413,
        "The request body is too large and exceeds the maximum permissible limit.",
    ),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "ServerBusy": (503, "The server is busy."),
    "UnauthorizedBlobOverwrite": (
        403,
        "This request is not authorized to perform blob overwrites.",
    ),
    "UnsatisfiableCondition": (
        400,
        "The request includes an unsatisfiable condition for this operation.",
    ),
    "UnsupportedHttpVerb": (405, "The resource doesn't support specified Http Verb."),
}
"""Status and message of each code; on the wire `NotModified` is `ConditionNotMet` as well."""


class Refusal(Failure):
    """A request that is answered with one of `CODES`.

    `detail` goes to the client as AuthenticationErrorDetail, `headers` with the answer.
    """

    def __init__(
        self,
        code: str,
        *,
        reason: str = "",
        detail: str = "",
        headers: tuple[tuple[bytes, bytes], ...] = (),
    ) -> None:
        super().__init__(code, reason=reason or detail or code)
        self.status, self.message = CODES[code]
        self.code = "ConditionNotMet" if code == "NotModified" else code
        self.detail = detail
        self.headers = headers


class CallerGone(Exception):
    """The connection was closed within the request; nobody is there to be answered."""
