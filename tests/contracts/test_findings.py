"""Is one cause one finding?"""

from contracts.exchange import Exchange, Reply, Request
from contracts.findings import Broken, Finding, Findings, Tally, blame, normalized
from contracts.spec import Clause


def finding(what: str, body: bytes = b"", operation: str = "execute") -> Finding:
    exchange = Exchange(1, Request("POST", "/", (), body), Reply(400), operation)
    return Finding("check", "promise", Clause("paths", 1), what, what, (exchange,))


def test_what_differs_only_in_ids_and_values_is_one_cause() -> None:
    """It is counted, with every operation where it came up; the smallest request is kept."""
    findings = Findings()
    findings.add(finding("status 500 for 'abc'", b"long body"))
    findings.add(finding("status 404 for 'x'", b"s", operation="submit_job"))
    findings.add(finding("status 404 for 'y'", b"quite long", operation="submit_job"))
    (found,) = findings.found.values()
    assert (found.count, found.operations) == (3, {"execute", "submit_job"})
    assert found.exchanges[0].request.body == b"s"
    assert len(findings) == 1


def test_another_cause_is_another_finding() -> None:
    """Even of the same check."""
    findings = Findings()
    findings.add(finding("no envelope"))
    findings.add(finding("no answer"))
    assert len(findings) == 2


def test_calls_that_only_shrink_do_not_count() -> None:
    """How often it happened stays what the run met."""
    findings = Findings()
    findings.add(finding("a", b"xxx"))
    findings.add(finding("a", b"x"), counts=False)
    (found,) = findings.found.values()
    assert (found.count, found.exchanges[0].request.body) == (1, b"x")


def test_blame_tells_causes_apart() -> None:
    """By check and by normalized cause."""
    job = "5b0c2f6e9d3a4817a1e4c7f08d926b35"
    assert normalized(f"job {job} is 'odd', 12 times") == "job … is …, … times"
    assert blame("a", "x 1") == blame("a", "x 2") != blame("b", "x 1")


def test_a_broken_promise_has_a_cause() -> None:
    """It is what was said, unless another is given."""
    assert Broken("what").cause == "what"
    assert Broken("what", cause="why").cause == "why"
    assert Tally(tried=3, failed=1).passed == 2
