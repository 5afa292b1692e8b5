"""Does every case that the contract allows, or just does not allow, get an answer of its form?"""

from typing import Any

from hypothesis import strategies as st
from schemathesis import GenerationMode

from contracts.check import performs
from contracts.exchange import Exchange, Request
from contracts.findings import Broken
from contracts.generated import drive, narrowed, offered, request_of
from contracts.profiles import Profile
from contracts.session import NOBODYS_JOB, Session
from contracts.wire import Unsendable

NOTHING = Exchange(0, Request("GET", "/"), None)
"""For a case that HTTP cannot carry."""


@performs(
    "Every request, valid or not, gets an answer that has the form of the contract.",
    "paths",
    "execute",
    "submit_job",
    "start_job",
    "get_job_status",
    "delete_job",
    "get_swagger_document",
    least=Profile.CI,
)
def contract_cases(session: Session) -> None:
    """Send examples, the coverage phase and fuzzed cases; those that must fail, must fail."""
    schema = narrowed(session, session.submitted() if session.blobs else NOBODYS_JOB)

    def send(case: Any) -> tuple[Exchange, Broken | None]:
        request = request_of(session, case)
        try:
            exchange = session.send(request) if request else NOTHING
        except Unsendable:
            exchange = NOTHING
        return exchange, rejection_missing(case, exchange)

    for name, operation in offered(session, schema):
        examples = operation.get_strategies_from_examples()
        if examples:
            drive(session, st.one_of(examples), send, 2 * len(examples), f"examples {name}")
        for case in coverage_cases(session, schema, operation)[: session.amounts.coverage_cases]:
            exchange, broken = send(case)
            if broken is not None and not exchange.blame:
                session.found.append(broken)
        for mode in modes(operation):
            strategy = operation.as_strategy(generation_mode=mode)
            drive(session, strategy, send, session.amounts.fuzzed_cases, f"{mode} {name}")


def coverage_cases(session: Session, schema: Any, operation: Any) -> list[Any]:
    """Return the coverage phase's cases in an order that the seed decides."""
    cases = list(
        schema.iter_coverage_cases(
            operation,
            generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
            generation_config=schema.config.generation,
        )
    )
    session.random(f"coverage {operation.label}").shuffle(cases)
    return cases


def modes(operation: Any) -> list[GenerationMode]:
    """Return how cases may be made: what has no parameter and no body cannot be wrong."""
    can_be_wrong = list(operation.iter_parameters()) or list(operation.body)
    return [GenerationMode.POSITIVE, *([GenerationMode.NEGATIVE] if can_be_wrong else [])]


def rejection_missing(case: Any, exchange: Exchange) -> Broken | None:
    """Return what is wrong, if a case that breaks the contract's schema is taken all the same."""
    if exchange.reply is None or not 200 <= exchange.status < 300 or not breaks_schema(case):
        return None
    where = getattr(case.meta.phase.data, "description", None) or "the request"
    return Broken(
        f"{exchange.status} to a request that breaks the contract: {where}",
        exchange,
        cause=f"{exchange.operation} takes what breaks the contract",
    )


JUDGED_SCENARIOS = {
    "object_missing_required_property", "incorrect_type", "invalid_enum_value", "missing_parameter",
    "string_above_max_length", "string_below_min_length", "invalid_pattern",
}  # fmt: skip
"""Coverage scenarios whose refusal the contract asks for; media types and methods are lenient."""


def breaks_schema(case: Any) -> bool:
    """Whether a case breaks a schema of the contract in what we send: keys are ours."""
    meta = case.meta
    if meta is None or meta.generation.mode is not GenerationMode.NEGATIVE:
        return False
    data = meta.phase.data
    if str(getattr(data, "parameter_location", "") or "").lower().endswith("header"):
        return False
    if "additionalProperties" in str(getattr(data, "description", "")):
        return False  # unknown query parameters are ignored (assumed)
    scenario = getattr(data, "scenario", None)
    return scenario is None or str(scenario.value) in JUDGED_SCENARIOS
