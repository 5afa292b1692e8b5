"""Can we judge this target at all, and what does it offer? Asked once, before anything else.

A wrong key or a closed port would otherwise be a run in which every refusal looks right.
"""

import json
from collections.abc import Mapping

from contracts.exchange import NOT_JSON, Exchange
from contracts.service import (
    HOWTO_BODY,
    Columns,
    Service,
    hashing_of,
    inputs_from_sample,
    inputs_from_swagger,
)
from contracts.session import VERSION, Session


class CannotJudge(Exception):
    """Why there can be no verdict, as one clear line."""


def prepare(session: Session) -> None:
    """Learn what the gateway requires and what the service takes. Raises CannotJudge."""
    session.label = "preflight"
    _learn_gateway(session)
    document = _swagger(session)
    learnt = inputs_from_swagger(document)
    sample = session.target.sample
    if sample is None:
        sample = learnt[1] if learnt else HOWTO_BODY
    try:
        inputs: Mapping[str, Columns] = inputs_from_sample(sample)
    except ValueError as error:
        raise CannotJudge(str(error)) from error
    if learnt and set(learnt[0]) == set(inputs):
        inputs = {
            name: {c: learnt[0][name].get(c, type_) for c, type_ in columns.items()}
            for name, columns in inputs.items()
        }
    exchange = session.execute(sample, details="true")
    _must_score(session, exchange)
    session.service = _service(session, inputs, sample, exchange)


def _learn_gateway(session: Session) -> None:
    """Ask with and without a query parameter: 404 in the gateway's words means it is required."""
    rules = session.gateway
    if not session.target.has_gateway:
        return
    sample = session.target.sample or HOWTO_BODY
    missing_job = "0" * 32
    version = {"api-version": VERSION}
    probes = {
        "execute": ("POST", "/execute", {**version, "details": "true"}, sample),
        "submit_job": ("POST", "/jobs", version, {}),
        "start_job": ("POST", f"/jobs/{missing_job}/start", version, b""),
        "get_job_status": ("GET", f"/jobs/{missing_job}", version, b""),
        "delete_job": ("DELETE", f"/jobs/{missing_job}", version, b""),
        "get_swagger_document": ("GET", "/swagger.json", version, b""),
    }
    for operation, (method, path, query, body) in probes.items():
        if _is_closed(session, session.call(method, path, query, body)):
            rules.missing.add(operation)
            continue
        for name in query:
            left = {other: value for other, value in query.items() if other != name}
            if _is_closed(session, session.call(method, path, left, body)):
                rules.required.setdefault(operation, set()).add(name)


def _is_closed(session: Session, exchange: Exchange) -> bool:
    return exchange.status == 404 and session.gateway.is_own_answer(exchange)


def _swagger(session: Session) -> object:
    if "get_swagger_document" in session.gateway.missing:
        return None
    reply = session.swagger().reply
    return None if reply is None or reply.status != 200 else reply.json


def _must_score(session: Session, exchange: Exchange) -> None:
    reply = exchange.reply
    if reply is None:
        raise CannotJudge(f"{session.target.url} cannot be reached: {exchange.trouble}")
    if reply.status == 401 and session.gateway.is_own_answer(exchange):
        raise CannotJudge("the gateway refuses the subscription key (401)")
    if reply.status == 401:
        raise CannotJudge("the service refuses the API key (401)")
    if reply.status == 404:
        raise CannotJudge(
            f"{session.target.base} is not there (404): see to workspace, service and prefix"
        )
    if reply.status == 400:
        # All that follows is made of the sample, so every finding would be this one.
        codes = "" if reply.error is None else f" {' '.join(reply.error)}"
        raise CannotJudge(
            f"the sample request is refused (400{codes}): give one that is scored, with --sample"
        )


def _service(
    session: Session, inputs: Mapping[str, Columns], sample: object, exchange: Exchange
) -> Service:
    """Return what is known; a reply of another form is a finding of later checks, not ours."""
    outputs: dict[str, tuple[str, ...]] = {}
    content = exchange.reply.json if exchange.reply else NOT_JSON
    results = content.get("Results") if isinstance(content, dict) else None
    for name, table in results.items() if isinstance(results, dict) else ():
        match table:
            case {"value": {"ColumnNames": list(columns)}}:
                outputs[name] = tuple(map(str, columns))
            case _:
                outputs[name] = ()
    first = next(iter(outputs.values()), ())
    return Service(
        inputs,
        json.loads(json.dumps(sample)),
        tuple(outputs),
        outputs,
        hashing_of(first, session.target.ngrams),
    )
