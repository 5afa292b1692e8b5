"""A run for the tests of reports: findings of several kinds, odd characters, keys everywhere."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

from contracts.catalogue import all_checks
from contracts.exchange import Exchange, Reply, Request
from contracts.findings import Finding, Findings
from contracts.run import Plan, Report
from contracts.spec import Contract
from contracts.target import SUBSCRIPTION_KEY, Target

KEY = "a/secret+key=&<'\"> of mine"
SUBSCRIPTION = "0123-subscription/key=="
ACCOUNT_KEY = "YWNjb3VudCBrZXk+/w=="
TARGET = Target(
    "http://127.0.0.1:1",
    "b" * 32,
    "c" * 32,
    KEY,
    prefix="/azureml-demo",
    subscription_key=SUBSCRIPTION,
    storage=f"AccountName=a;AccountKey={ACCOUNT_KEY};BlobEndpoint=http://127.0.0.1:2/a",
)
SECRETS = (KEY, SUBSCRIPTION, ACCOUNT_KEY)
"""What no report may show, in any form."""


def exchange(number: int, status: int = 200, body: bytes = b"{}", trouble: str = "") -> Exchange:
    """Return a call whose request and reply both hold keys."""
    headers = (
        ("Authorization", f"Bearer {KEY}"),
        (SUBSCRIPTION_KEY, SUBSCRIPTION),
        ("X-Echo", SUBSCRIPTION),
    )
    sent = json.dumps({"ConnectionString": TARGET.storage}).encode()
    reply = (
        None if trouble else Reply(status, (("Content-Type", "text/html"), ("X-Key", KEY)), body)
    )
    return Exchange(
        number,
        Request("POST", f"{TARGET.base}/execute?api-version=2.0", headers, sent),
        reply,
        "execute",
        "json_media_type",
        trouble,
        started=1_795_834_698.4,
        seconds=number / 1000,
    )


def report() -> Report:
    """Return the run."""
    contract = Contract()
    checks = all_checks()
    findings = Findings()
    echoed = f"<script>alert('{KEY}')</script> {SUBSCRIPTION} \x00 é".encode()
    calls = [exchange(1), exchange(2, 500, echoed), exchange(3, trouble=f"ReadError: {KEY}")]
    calls.append(exchange(4, 200, b"\xff\xfe" + echo()))
    calls.append(exchange(5, 400, echo()))
    calls.append(exchange(6, 400, json.dumps({"said": echo().decode()}).encode()))
    lone = b'{"half": "\\ud800 \\u001b[2J"}'
    calls.append(exchange(7, 200, lone))
    for name, what, shown in (
        ("json_media_type", f"500 with <b>HTML</b> and {KEY}", calls[:2]),
        ("no_server_error", "no answer: ReadError", calls[2:3]),
        ("error_envelope", f"an envelope of {echo().decode()}", calls[4:7]),
        ("cells_are_strings", "\x1b[31m \ud800 \u202e]]> a cell", calls[6:7]),
    ):
        check = checks[name]
        findings.add(
            Finding(name, check.promise, contract.clause(check.clause), what, what, tuple(shown))
        )
        tally = findings.tally(name, "execute")
        tally.tried, tally.failed = 4, 1
    findings.tally("rate_limit_is_kept", "execute").skipped = "needs --expect-rate-limit"
    findings.tally("howto_request_is_scored", "execute").tried = 7
    for name in ("delete_keeps_outputs", "jobs_keep_apart"):
        findings.tally(name, checks[name].operations[0]).skipped = "needs <b>--storage</b>"
    return Report(TARGET, contract, Plan(), findings, calls, checks, seconds=1.5, obeyed=2)


def forms_of(secret: str) -> set[str]:
    """Return a secret in the forms in which a report could give it away."""
    return {
        secret,
        quote(secret, safe=""),
        quote(secret, safe="").lower(),
        quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret)[1:-1].replace("/", "\\/"),
        base64.b64encode(secret.encode()).decode(),
        html.escape(secret),
        html.escape(secret).replace("/", "&#x2F;"),
        html.escape(secret).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
        html.escape(html.escape(secret)),
        secret.swapcase(),
        secret[1:],
        secret[:-1],
    }


def echo() -> bytes:
    """Return what a target says that gives each key away in each form."""
    return "\n".join(form for secret in SECRETS for form in sorted(forms_of(secret))).encode()
