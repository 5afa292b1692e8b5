"""Are the details of a failed job written as they were captured?"""

import json
import re

from mockserver.jobs.details import EXECUTE, LIBRARY_ERROR, READER, Fault, write_details

NOON = 1_795_435_200.0
SHAPE = re.compile(
    r"Module: (?P<module>[\w ]+); SNR Job Id: [0-9a-f]{32}; SNR Task Id: [0-9a-f-]{36};"
    r" requestId = [0-9a-f-]{36} errorComponent=Module\. taskStatusCode=400\."
    r" (?P<json>\{.*\})Error: (?P<whole>.*) Process exited with error code -2"
    r" Record Starts at UTC (?P<time>[\d/]+ [\d:]+): \[ModuleOutput\] (?P=whole)",
    re.DOTALL,
)


def test_a_module_error_has_its_number() -> None:
    """Once in the exception, twice in words."""
    found = SHAPE.fullmatch(write_details(Fault(EXECUTE, 9, "no such thing"), NOON))
    assert found is not None
    assert (found["module"], found["whole"]) == ("Execute", "Error 0009: no such thing")
    assert found["time"] == "11/23/2026 12:00:00"
    assert json.loads(found["json"]) == {
        "Exception": {
            "ErrorId": "ModuleException",
            "ErrorCode": "0009",
            "ExceptionType": "ModuleException",
            "Message": "Error 0009: no such thing",
        }
    }


def test_a_library_error_stands_within_a_module_error() -> None:
    """With its own id and code; odd characters stay readable in the JSON."""
    fault = Fault(READER, LIBRARY_ERROR, 'row 3: "a\nb" \N{SNOWMAN}', "AllRowsMustHave", 16)
    found = SHAPE.fullmatch(write_details(fault, NOON))
    assert found is not None
    whole = f"Error 1000: AFx Library library exception: {fault.message}"
    assert (found["module"], found["whole"]) == ("Reader", whole)
    exception = json.loads(found["json"])["Exception"]
    assert (exception["ErrorId"], exception["ErrorCode"]) == ("LibraryException", "1000")
    assert exception["Message"] == whole
    assert exception["Exception"] == {
        "Library": "AFx Library",
        "ErrorId": "AllRowsMustHave",
        "ErrorCode": "16",
        "ExceptionType": "LibraryException",
        "Message": fault.message,
    }


def test_ids_are_new_each_time() -> None:
    """Two failures of one kind are told apart."""
    fault = Fault(EXECUTE, 1000, "x")
    assert write_details(fault, NOON) != write_details(fault, NOON)
