"""A run for the tests of reports: findings of several kinds, odd characters, keys everywhere."""

import base64
import json

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
    calls.append(exchange(4, 200, b"\xff\xfe" + SUBSCRIPTION.encode()))
    for name, what, shown in (
        ("json_media_type", f"500 with <b>HTML</b> and {KEY}", calls[:2]),
        ("no_server_error", "no answer: ReadError", calls[2:3]),
    ):
        check = checks[name]
        findings.add(
            Finding(name, check.promise, contract.clause(check.clause), what, what, tuple(shown))
        )
        tally = findings.tally(name, "execute")
        tally.tried, tally.failed = 4, 1
    findings.tally("rate_limit_is_kept", "execute").skipped = "needs --expect-rate-limit"
    findings.tally("cells_are_strings", "execute").tried = 7
    return Report(TARGET, contract, Plan(), findings, calls, checks, seconds=1.5, obeyed=2)


def forms_of(secret: str) -> set[str]:
    """Return a secret in the forms in which a report could give it away."""
    return {
        secret,
        json.dumps(secret)[1:-1],
        base64.b64encode(secret.encode()).decode(),
        secret.replace("&", "&amp;").replace("<", "&lt;"),
    }
