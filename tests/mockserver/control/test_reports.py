"""Is a job told with all its times and places, and without its secrets?"""

import pytest
from msgspec.structs import replace

from mockserver.control.reports import report_job, summarise
from mockserver.jobs import rules
from mockserver.jobs.rules import Script
from mockserver.jobs.timing import Durations
from mockserver.storage.accounts import Place
from mockserver.storage.references import BlobReference
from tests.mockserver.jobs.made import ENDPOINT, made_job


def test_a_life_is_told() -> None:
    """Times in ISO 8601, null where there is none yet; each step with from and to."""
    job = rules.begin(rules.start(made_job(1, 100), 110, 1), 112.5)
    told = report_job(job, "w" * 32).model_dump(by_alias=True)
    assert told == {
        "id": job.id,
        "workspace": "w" * 32,
        "service": ENDPOINT,
        "state": "Running",
        "details": None,
        "submitted": "1970-01-01T00:01:40.000000Z",
        "started": "1970-01-01T00:01:50.000000Z",
        "begun": "1970-01-01T00:01:52.500000Z",
        "ended": None,
        "timing": {"queued_seconds": 2, "running_seconds": 5},
        "ending": "score",
        "attempts": 1,
        "inputs": {"input1": "devstoreaccount1/demo/in.csv"},
        "outputs": {"output1": "devstoreaccount1/demo/out.csv"},
        "transitions": [
            {
                "time": "1970-01-01T00:01:40.000000Z",
                "from": None,
                "to": "NotStarted",
                "cause": "submitted",
            },
            {
                "time": "1970-01-01T00:01:50.000000Z",
                "from": "NotStarted",
                "to": "NotStarted",
                "cause": "started",
            },
            {
                "time": "1970-01-01T00:01:52.500000Z",
                "from": "NotStarted",
                "to": "Running",
                "cause": "queueing time over, a place free",
            },
        ],
    }


@pytest.mark.parametrize(
    ("script", "ending"),
    [
        (Script("hang"), "hang"),
        (Script("fail", "why"), {"fail": "why"}),
        (Script("fail_at_start", "why"), {"fail_at_start": "why"}),
    ],
)
def test_a_script_is_told_in_the_form_in_which_it_is_set(
    script: Script, ending: str | dict[str, str]
) -> None:
    """And polls instead of seconds where times are polls."""
    job = replace(made_job(script=script), durations=Durations(polls=3))
    told = summarise(job, "")
    assert (told.ending, told.timing) == (ending, {"polls": 3})


def test_no_credential_is_told() -> None:
    """A place of ours by its account, another one by its address."""
    places = {
        "a": Place("devstoreaccount1", key="SECRET"),
        "b": Place("foreign", "https://x.example", "SECRET"),
        "c": Place("", "https://x.example/y", token="SECRET"),
    }
    blobs = {name: BlobReference(place, "demo", "x.csv") for name, place in places.items()}
    told = report_job(replace(made_job(), inputs=blobs, outputs=blobs), "")
    assert told.inputs == told.outputs
    assert told.inputs == {
        "a": "devstoreaccount1/demo/x.csv",
        "b": "foreign/demo/x.csv",
        "c": "https://x.example/y/demo/x.csv",
    }
    assert "SECRET" not in told.model_dump_json()
