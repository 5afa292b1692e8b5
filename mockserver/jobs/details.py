"""What does a failed job say in `Details`?"""

from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from mockserver.evidence import Evidence, Fact

FACTS = (
    Fact(
        "Details is one string: module, ids, `errorComponent=Module. taskStatusCode=400.`, the"
        " exception as JSON, its text, and the end of the module's log.",
        Evidence.CAPTURED,
        "a failed job of 2016 in a public issue; the log behind the times is ours",
    ),
    Fact(
        "A malformed file fails the job in the module Reader, as library error 1000.",
        Evidence.CAPTURED,
        "the same; our messages go on to name input, row and column",
    ),
)

READER, WRITER, EXECUTE = "Reader", "Writer", "Execute"
BLOB_ERROR, LIBRARY_ERROR = 9, 1000


class Fault(msgspec.Struct, frozen=True):
    """Why a job failed. `number` is the module error's, `message` its text without a prefix.

    A library error (1000) has an id and a code of its own.
    """

    module: str
    number: int
    message: str
    error_id: str = "ModuleException"
    library_code: int | None = None


def write_details(fault: Fault, now: float) -> str:
    """Write the details of a job that failed at this moment, seconds since 1970."""
    text = fault.message
    exception: dict[str, object] = {}
    if fault.library_code is not None:
        text = f"AFx Library library exception: {fault.message}"
        inner = {
            "Library": "AFx Library",
            "ErrorId": fault.error_id,
            "ErrorCode": str(fault.library_code),
            "ExceptionType": "LibraryException",
            "Message": fault.message,
        }
        exception = {"Exception": inner}
    whole = f"Error {fault.number:04d}: {text}"
    exception = {
        "ErrorId": "LibraryException" if exception else fault.error_id,
        "ErrorCode": f"{fault.number:04d}",
        "ExceptionType": "ModuleException",
        "Message": whole,
        **exception,
    }
    moment = datetime.fromtimestamp(now, UTC)
    written = msgspec.json.encode({"Exception": exception}).decode()
    return (
        f"Module: {fault.module}; SNR Job Id: {uuid4().hex}; SNR Task Id: {uuid4()};"
        f" requestId = {uuid4()} errorComponent=Module. taskStatusCode=400."
        f" {written}Error: {whole} Process exited with error code -2"
        f" Record Starts at UTC {moment:%m/%d/%Y %H:%M:%S}: [ModuleOutput] {whole}"
    )
