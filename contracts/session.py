"""What does a check have at hand? The target, ready to be called, and words for what must hold."""

import csv
import io
import json
import random
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx

from contracts.blobs import Blobs, address_of, download
from contracts.exchange import Exchange, Header, Reply, Request
from contracts.findings import Broken, NotJudged
from contracts.gateway import GatewayRules
from contracts.profiles import Amounts
from contracts.service import Service
from contracts.spec import Contract
from contracts.target import SUBSCRIPTION_KEY, Target
from contracts.wire import Wire

VERSION = "2.0"
NOBODYS_JOB = "0" * 32
"""An id that no service has given."""
TERMINAL = {"Finished", "Failed", "Cancelled"}
_ID = re.compile("[0-9a-f]{32}")

Query = Mapping[str, str | None]
"""Query parameters; None leaves one out that would be there."""


class Given:
    """Stands for: whatever is usual."""


USUAL = Given()


@dataclass
class Session:
    """One run against one target."""

    target: Target
    contract: Contract
    wire: Wire
    gateway: GatewayRules
    amounts: Amounts
    seed: int
    service: Service = field(default_factory=lambda: Service({}, {}))
    blobs: Blobs | None = None
    label: str = ""
    """Which check makes the calls now."""
    deadline: float = float("inf")
    """The moment of `time.monotonic` at which the run must be over."""
    made: int = 0
    found: list[Broken] = field(default_factory=list)
    """Where a check that finds several things leaves them."""
    is_shrinking: bool = False
    """Whether calls are made only to find a smaller case; they do not count."""

    # --- requests ------------------------------------------------------------------------------

    def request(  # noqa: PLR0913  all but three are keywords
        self,
        method: str,
        path: str,
        query: Query | None = None,
        body: Any = USUAL,
        *,
        key: str | Given | None = USUAL,
        subscription_key: str | Given | None = USUAL,
        headers: tuple[Header, ...] = (),
    ) -> Request:
        """Build a request below the endpoint's address, with the usual headers and keys.

        `body` is JSON unless it is bytes. A key of None leaves its header out, as does a header
        given as one with another value.
        """
        target = self.target
        chosen: list[Header] = [("Host", target.host), ("User-Agent", "contracts")]
        chosen += [("Accept", "application/json"), *target.headers]
        api_key = target.api_key if isinstance(key, Given) else key
        if api_key is not None:
            chosen.append(("Authorization", f"Bearer {api_key}"))
        gate = target.subscription_key if isinstance(subscription_key, Given) else subscription_key
        if gate is not None:
            chosen.append((SUBSCRIPTION_KEY, gate))
        content = b""
        if not isinstance(body, Given):
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            chosen.append(("Content-Type", "application/json"))
        given = {name.lower() for name, _ in headers}
        merged = [header for header in chosen if header[0].lower() not in given] + list(headers)
        if (method in {"POST", "PUT"} or content) and "transfer-encoding" not in given | {
            "content-length"
        } & given:
            merged.append(("Content-Length", str(len(content))))
        pairs = {name: value for name, value in (query or {}).items() if value is not None}
        suffix = "?" + urlencode(pairs) if pairs else ""
        return Request(method, target.base + path + suffix, tuple(merged), content)

    def send(self, request: Request, *, obey: bool = True) -> Exchange:
        """Send a request as it is."""
        if time.monotonic() > self.deadline:
            raise OutOfTime
        return self.wire.send(request, self.label, obey=obey)

    def call(
        self, method: str, path: str, query: Query | None = None, body: Any = USUAL, **options: Any
    ) -> Exchange:
        """Build a request (see there) and send it."""
        return self.send(self.request(method, path, query, body, **options))

    def query(self, operation: str, **given: str | None) -> dict[str, str | None]:
        """Return the usual query of an operation: the version, and what a gateway requires."""
        usual: dict[str, str | None] = {"api-version": VERSION}
        if "details" in self.gateway.required.get(operation, set()):
            usual["details"] = "false"
        needs_version = "api-version" in self.gateway.required.get(operation, set())
        if operation in {"delete_job", "get_swagger_document"} and not needs_version:
            usual = {}
        return {**usual, **{name.replace("_", "-"): value for name, value in given.items()}}

    # --- the operations ------------------------------------------------------------------------

    def execute(
        self,
        body: Any,
        *,
        details: str | Given | None = USUAL,
        format: str | None = None,  # noqa: A002  the parameter's own name
        api_version: str | None = VERSION,
        **options: Any,
    ) -> Exchange:
        """Score rows now."""
        query = self.query("execute", api_version=api_version, format=format)
        if not isinstance(details, Given):
            query["details"] = details
        return self.call("POST", "/execute", query, body, **options)

    def submit(self, body: Any, **options: Any) -> Exchange:
        """Submit a job."""
        return self.call("POST", "/jobs", self.query("submit_job"), body, **options)

    def start(self, job: str, **options: Any) -> Exchange:
        """Start a job."""
        return self.call("POST", f"/jobs/{job}/start", self.query("start_job"), **options)

    def status(self, job: str, **options: Any) -> Exchange:
        """Ask how far a job is."""
        return self.call("GET", f"/jobs/{job}", self.query("get_job_status"), **options)

    def delete(self, job: str, **options: Any) -> Exchange:
        """Cancel a job."""
        return self.call("DELETE", f"/jobs/{job}", self.query("delete_job"), **options)

    def swagger(self, **options: Any) -> Exchange:
        """Read the service's own Swagger document."""
        return self.call("GET", "/swagger.json", self.query("get_swagger_document"), **options)

    # --- what must hold ------------------------------------------------------------------------

    def reply(self, exchange: Exchange) -> Reply:
        """Return the reply. Raises Broken without one, NotJudged if the gateway may refuse this."""
        if exchange.reply is None:
            raise Broken(f"no answer: {exchange.trouble}", exchange)
        if self.gateway.is_own_answer(exchange) and exchange.status in self.gateway.predicted(
            exchange.request
        ):
            raise NotJudged("the gateway answers this by itself")
        return exchange.reply

    def expect(self, exchange: Exchange, *statuses: int) -> Reply:
        """Return the reply, if it has one of these statuses. Raises Broken, NotJudged."""
        reply = self.reply(exchange)
        if reply.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise Broken(
                f"{reply.status} instead of {wanted}{_said(reply)}",
                exchange,
                cause=f"status {reply.status} for {wanted}",
            )
        return reply

    def refused(self, exchange: Exchange, status: int, *codes: str) -> Reply:
        """Return the reply, if it refuses with this status, and with one of these detail codes."""
        reply = self.expect(exchange, status)
        if reply.error is None:
            raise Broken(
                f"{status} without the service's error envelope{_said(reply)}",
                exchange,
                cause="no envelope",
            )
        if codes and reply.error[1] not in codes:
            raise Broken(f"detail code {reply.error[1]} instead of {' or '.join(codes)}", exchange)
        return reply

    def results(self, exchange: Exchange) -> Any:
        """Return the `Results` of a call that scores. Raises Broken, NotJudged."""
        reply = self.expect(exchange, 200)
        match reply.json:
            case {"Results": dict(results)} if results:
                return results
            case _:
                pass
        raise Broken(f"a reply without Results{_said(reply)}", exchange, cause="no Results")

    def rows(self, exchange: Exchange, output: str | None = None) -> list[list[Any]]:
        """Return the rows of an output in table form, the first unless named. Raises Broken."""
        results = self.results(exchange)
        table = results.get(output or next(iter(results)))
        match table:
            case {"value": {"Values": list(rows)}}:
                return rows
            case _:
                pass
        raise Broken("an output that is no table", exchange)

    # --- jobs ----------------------------------------------------------------------------------

    def new_name(self, ending: str = "csv") -> str:
        """Return a blob name that this run has not used."""
        self.made += 1
        return f"{self.seed}/{self.made}.{ending}"

    def input_blob(
        self, rows: list[list[Any]] | None = None, name: str | None = None
    ) -> dict[str, Any]:
        """Write rows (the sample's unless given) as an input of a job; return its reference.

        It is the first input unless `name` says which.
        """
        if self.blobs is None:
            raise NotJudged("needs --storage")
        name = name or self.service.input_name
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(self.service.inputs[name])
        writer.writerows(self.service.sample["Inputs"][name]["Values"] if rows is None else rows)
        return self.blobs.put(self.new_name(), text.getvalue().encode())

    def job_body(self, rows: list[list[Any]] | None = None, output: str | None = None) -> Any:
        """Return the body that submits a job over these rows, all outputs to blobs of their own.

        `output` names the blob of the first output. Other inputs get the sample's rows.
        """
        inputs = {
            name: self.input_blob(rows if name == self.service.input_name else None, name)
            for name in self.service.inputs
        }
        if self.blobs is None:
            raise NotJudged("needs --storage")
        names = self.service.output_names or ("output1",)
        places = {name: self.blobs.reference(self.new_name()) for name in names}
        if output:
            places[names[0]] = self.blobs.reference(output)
        parameters = self.service.sample.get("GlobalParameters") or {}
        return {"Inputs": inputs, "Outputs": places, "GlobalParameters": parameters}

    def job_id(self, exchange: Exchange) -> str:
        """Return the id that a submit call gave. Raises Broken.

        With an id of another form nothing more is tried: all that fails then has this one cause.
        """
        reply = self.expect(exchange, 200)
        if not isinstance(reply.json, str) or not _ID.fullmatch(reply.json):
            raise Broken(f"submit answers no id in quotes{_said(reply)}", exchange, cause="no id")
        return reply.json

    def submitted(self, rows: list[list[Any]] | None = None, output: str | None = None) -> str:
        """Submit a job; return its id."""
        return self.job_id(self.submit(self.job_body(rows, output)))

    def started(self, rows: list[list[Any]] | None = None, output: str | None = None) -> str:
        """Submit and start a job; return its id."""
        job = self.submitted(rows, output)
        self.expect(self.start(job), 200, 204)
        return job

    def state(self, exchange: Exchange) -> str:
        """Return the StatusCode of a status call. Raises Broken."""
        reply = self.expect(exchange, 200)
        match reply.json:
            case {"StatusCode": str(state)}:
                return state
            case _:
                pass
        raise Broken(
            f"a status without a StatusCode{_said(reply)}", exchange, cause="no StatusCode"
        )

    def ended(self, job: str, seen: Callable[[Exchange, str], None] = lambda *_: None) -> Exchange:
        """Poll until a job has ended; return the last poll.

        Every poll is shown to `seen`. Raises Broken, and NotJudged if it takes too long.
        """
        waited = 0.0
        pause = self.amounts.first_pause
        while True:
            exchange = self.status(job)
            state = self.state(exchange)
            seen(exchange, state)
            if state in TERMINAL:
                return exchange
            if waited >= self.amounts.poll_budget:
                raise NotJudged(f"a job had not ended after {waited:.0f} s of polling")
            self.wire.pass_time(pause)
            waited += pause
            pause = min(pause * 1.5, self.amounts.longest_pause)

    def finished(self, job: str) -> Exchange:
        """Poll until a job is finished; return the last poll. Raises Broken on another end."""
        exchange = self.ended(job)
        state = self.state(exchange)
        if state != "Finished":
            raise Broken(
                f"a job over good data ended as {state}{_said(self.reply(exchange))}",
                exchange,
                cause=f"ended as {state}",
            )
        return exchange

    def download_of(
        self, exchange: Exchange, changes: Mapping[str, str], output: str | None = None
    ) -> httpx.Response:
        """Read an output of a finished job by its address alone, as clients do. Raises Broken.

        `changes` stand in for parts of the address, to see what else a token opens.
        """
        results = self.reply(exchange).json.get("Results") or {}
        reference = results.get(output or next(iter(results), ""))
        if not isinstance(reference, dict):
            raise Broken("a finished job does not say where its output is", exchange)
        try:
            return download(address_of({**reference, **changes}), self.target.timeout)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = f"the address of an output does not open: {error}"
            raise Broken(what, exchange, cause="address does not open") from error

    def download(self, exchange: Exchange, output: str | None = None) -> httpx.Response:
        """Read an output of a finished job by its address alone. Raises Broken."""
        return self.download_of(exchange, {}, output)

    def output_rows(self, exchange: Exchange, output: str | None = None) -> list[list[str]]:
        """Return the rows of a finished job's output (CSV), its header first. Raises Broken."""
        answer = self.download(exchange, output)
        if answer.status_code != 200:
            raise Broken(
                f"the address of an output (base, path, token) gives {answer.status_code}",
                exchange,
                cause="address does not open",
            )
        return list(csv.reader(io.StringIO(answer.text, newline="")))

    def random(self, salt: str) -> random.Random:
        """Return a source of chance that is the same for a seed."""
        return random.Random(f"{self.seed} {salt}")  # noqa: S311  nothing secret


class OutOfTime(Exception):
    """The time for the whole run is over."""


def _said(reply: Reply) -> str:
    text = reply.body[:200].decode("utf-8", "replace")
    return f": {text}" if text else ""
