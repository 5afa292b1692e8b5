"""What happens to the how-to's second sample when API Management stands in front of the service?

The sample submits a job, starts it, and then asks for its status once per second. Its flow is
played here step by step, on a clock that stands still between the steps.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mockserver.embedded import running_emulator
from mockserver.gateway.counting.quotas import FILE_NAME
from tests.end_to_end.batch import Batch, batch_client
from tests.end_to_end.server_process import served, wait_for

BEGIN = "2026-03-01T10:00:00Z"
WEEK = 604_800
INPUT, OUTPUT = "demo/mydatablob.csv", "demo/myresultsblob.csv"
DATA = b"Col1,Col2\r\n5,This is a good day\r\n"
LONG = {"queued_seconds": 5, "running_seconds": 45}


class Refused(Exception):
    """The sample stops at any HTTP error."""

    def __init__(self, reply: httpx.Response) -> None:
        super().__init__(reply.status_code)
        self.reply = reply


class Sample:
    """The sample's client: the gateway's address in the place of the service's, and its key."""

    def __init__(self, batch: Batch, product: str) -> None:
        services, gateway = batch.ready["services"], batch.ready["gateway"]
        self._batch = batch
        self._jobs = (
            f"{gateway['api']}/workspaces/{services['workspace']}"
            f"/services/{services['service']}/jobs"
        )
        self._headers = {
            "Authorization": f"Bearer {services['primary_key']}",
            "Ocp-Apim-Subscription-Key": gateway["subscriptions"][product]["primary_key"],
        }
        self.calls = 0
        self.job = ""

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        self.calls += 1
        url = f"{self._jobs}{path}?api-version=2.0"
        content = {"json": body} if body is not None else {}
        reply = self._batch.http.request(method, url, headers=self._headers, **content)
        if reply.status_code >= 300:
            raise Refused(reply)
        return reply.json() if reply.content else None

    def submit(self) -> None:
        """Upload the input and submit the job."""
        self._batch.put(INPUT, DATA)
        connection = self._batch.ready["storage"]["connection_string"]
        blob = {"ConnectionString": connection}
        self.job = self._call(
            "POST",
            "",
            {
                "Input": {**blob, "RelativeLocation": f"/{INPUT}"},
                "Outputs": {"output1": {**blob, "RelativeLocation": f"/{OUTPUT}"}},
                "GlobalParameters": {},
            },
        )

    def start(self) -> None:
        """Start the job."""
        self._call("POST", f"/{self.job}/start")

    def poll(self) -> Any:
        """Ask for the job's status."""
        return self._call("GET", f"/{self.job}")

    def run(self, every: float) -> Any:
        """Do all that the sample does, asking so many seconds apart; return the last status."""
        self.submit()
        self.start()
        while (status := self.poll())["StatusCode"] in ("NotStarted", "Running"):
            self._batch.advance(every)
        return status

    def download(self, result: Mapping[str, str]) -> bytes:
        """Get a result as the sample does: by base, location and token put together."""
        url = result["BaseLocation"] + result["RelativeLocation"] + result["SasBlobToken"]
        return self._batch.http.get(url).raise_for_status().content


@pytest.fixture(scope="module")
def emulator() -> Iterator[Batch]:
    """Run the how-to's world."""
    with running_emulator() as ready, batch_client(ready) as batch:
        yield batch


@pytest.fixture
def batch(emulator: Batch) -> Batch:
    """Return the emulator's client with everything forgotten, at a fixed moment."""
    emulator.admin("POST", "/reset")
    emulator.freeze(BEGIN)
    return emulator


def refusal_of(sample: Sample) -> tuple[int, str, str | None]:
    """Poll where that is refused; return status, body and Retry-After."""
    with pytest.raises(Refused) as refused:
        sample.poll()
    reply = refused.value.reply
    assert reply.headers["Content-Type"] == "application/json"
    return reply.status_code, reply.text, reply.headers.get("Retry-After")


def test_the_sample_trips_over_starter(batch: Batch) -> None:
    """Submit, start and three polls pass; the fourth poll, three seconds on, is the sixth call."""
    batch.script(timing=LONG)
    sample = Sample(batch, "starter")
    with pytest.raises(Refused) as refused:
        sample.run(every=1)
    assert sample.calls == 6
    reply = refused.value.reply
    assert reply.status_code == 429
    assert reply.headers["Retry-After"] == "57"
    message = "Rate limit is exceeded. Try again in 57 seconds."
    assert reply.text == f'{{ "statusCode": 429, "message": "{message}" }}'
    batch.advance(56)
    assert refusal_of(sample)[0] == 429
    batch.advance(1)
    assert sample.poll()["StatusCode"] == "Finished"


def test_the_job_does_not_know_of_the_refusal(batch: Batch) -> None:
    """What the gateway refuses does not reach the service: the job goes on and finishes."""
    batch.script(timing=LONG)
    sample = Sample(batch, "starter")
    with pytest.raises(Refused):
        sample.run(every=1)
    assert batch.poll(sample.job)["StatusCode"] == "NotStarted"
    batch.advance(60)
    assert batch.wait(sample.job)["StatusCode"] == "Finished"


def test_the_sample_succeeds_on_unlimited(batch: Batch) -> None:
    """It sees its job wait, run and finish, and downloads what the service itself would give."""
    batch.script(timing=LONG)
    sample = Sample(batch, "unlimited")
    status = sample.run(every=1)
    assert status["StatusCode"] == "Finished"
    assert sample.calls == 2 + 50 + 1
    result = status["Results"]["output1"]
    assert result["BaseLocation"].startswith(batch.ready["storage"]["url"])
    content = sample.download(result)
    assert content == batch.get(OUTPUT)
    assert b"This is a good day" in content


def test_a_client_that_backs_off_stays_below_the_rate_limit(batch: Batch) -> None:
    """With one call each twelve seconds the sample finishes on Starter, too."""
    batch.script(timing=LONG)
    sample = Sample(batch, "starter")
    status = sample.run(every=20)
    assert status["StatusCode"] == "Finished"
    assert sample.download(status["Results"]["output1"]) == batch.get(OUTPUT)


def use_up(batch: Batch, sample: Sample) -> None:
    """Make the 100 calls of a week's quota, twelve seconds apart; it is then 1,200 s later."""
    sample.submit()
    batch.advance(12)
    sample.start()
    batch.advance(12)
    for _ in range(98):
        assert sample.poll()["StatusCode"] == "Running"
        batch.advance(12)
    assert sample.calls == 100


def test_twenty_minutes_of_polling_use_up_the_week(batch: Batch) -> None:
    """Five calls a minute pass the rate limit; the 101st is above the quota until the week ends."""
    batch.script(timing="immediate", ending="hang")
    sample = Sample(batch, "starter")
    use_up(batch, sample)
    message = "Out of call volume quota. Quota will be replenished in 6.23:40:00."
    body = f'{{ "statusCode": 403, "message": "{message}" }}'
    assert refusal_of(sample) == (403, body, str(WEEK - 1200))
    batch.advance(WEEK - 1200 - 3600)
    message = "Out of call volume quota. Quota will be replenished in 01:00:00."
    body = f'{{ "statusCode": 403, "message": "{message}" }}'
    assert refusal_of(sample) == (403, body, "3600")
    batch.advance(3599)
    message = "Out of call volume quota. Quota will be replenished in 00:00:01."
    body = f'{{ "statusCode": 403, "message": "{message}" }}'
    assert refusal_of(sample) == (403, body, "1")
    batch.advance(1)
    assert sample.poll()["StatusCode"] == "Running"


def test_another_subscription_has_a_quota_of_its_own(batch: Batch) -> None:
    """While Starter's is used up, Unlimited and the all-access key go on."""
    batch.script(timing="immediate", ending="hang")
    sample = Sample(batch, "starter")
    use_up(batch, sample)
    assert refusal_of(sample)[0] == 403
    for product in ("unlimited", "master"):
        other = Sample(batch, product)
        other.job = sample.job
        assert other.poll()["StatusCode"] == "Running"


def test_a_reset_gives_everything_back(batch: Batch) -> None:
    """After POST /__admin/reset neither limit remembers anything."""
    batch.script(timing="immediate", ending="hang")
    sample = Sample(batch, "starter")
    use_up(batch, sample)
    assert refusal_of(sample)[0] == 403
    batch.admin("POST", "/reset")
    batch.freeze(BEGIN)
    batch.script(timing="immediate")
    fresh = Sample(batch, "starter")
    assert fresh.run(every=1)["StatusCode"] == "Finished"


def test_a_restart_keeps_the_quota_and_forgets_the_rate_limit(tmp_path: Path) -> None:
    """With a data folder the quota stays used up; the last minute's calls are forgotten."""
    with running_emulator(data_dir=tmp_path) as ready, batch_client(ready) as batch:
        batch.freeze(BEGIN)
        batch.script(timing="immediate", ending="hang")
        sample = Sample(batch, "starter")
        use_up(batch, sample)
        batch.advance(60)
        # Five calls that the quota refuses count for the rate limit in front of it.
        assert [refusal_of(sample)[0] for _ in range(6)] == [403] * 5 + [429]
        now, job = batch.admin("GET", "/clock")["now"], sample.job
    with running_emulator(data_dir=tmp_path) as ready, batch_client(ready) as batch:
        batch.freeze(now)
        sample = Sample(batch, "starter")
        sample.job = job
        assert [refusal_of(sample)[0] for _ in range(6)] == [403] * 5 + [429]
        batch.advance(WEEK)
        assert sample.poll()["StatusCode"] == "Running"


def counted(folder: Path, copies: Path) -> int:
    """Return how many calls the file with the quotas knows of; the emulator has it locked."""
    copies.mkdir(exist_ok=True)
    try:
        for file in folder.glob(f"{FILE_NAME}*"):
            shutil.copy(file, copies)
        with closing(sqlite3.connect(copies / FILE_NAME)) as connection:
            rows = connection.execute("SELECT calls FROM quota_counters").fetchall()
    except (OSError, sqlite3.DatabaseError):
        return 0  # it is being made, or written just now
    return sum(calls for (calls,) in rows)


@contextmanager
def process(folder: Path) -> Iterator[tuple[Any, Batch]]:
    """Serve the how-to's world from a process of its own."""
    with (
        served(folder, "--data-dir", str(folder)) as server,
        batch_client(server.ready()) as batch,
    ):
        yield server, batch


@pytest.mark.slow
def test_the_quota_outlives_a_kill(tmp_path: Path) -> None:
    """What is in the file when the process is killed is still used up afterwards."""
    with process(tmp_path) as (server, batch):
        batch.freeze(BEGIN)
        batch.script(timing="immediate", ending="hang")
        sample = Sample(batch, "starter")
        use_up(batch, sample)
        wait_for(
            lambda: counted(tmp_path, tmp_path / "copies") == 100, "the quota is in the file", 0.1
        )
        job = sample.job
        server.kill()
    with process(tmp_path) as (_, batch):
        batch.freeze("2026-03-01T10:20:00Z")
        sample = Sample(batch, "starter")
        sample.job = job
        status, body, wait = refusal_of(sample)
    assert (status, wait) == (403, str(WEEK - 1200))
    assert "Quota will be replenished in 6.23:40:00." in body
