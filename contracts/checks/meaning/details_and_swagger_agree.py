"""Do all forms of a reply carry the same values?"""

from typing import Any

from contracts.check import performs
from contracts.echo import scored_the_same
from contracts.findings import Broken
from contracts.session import Session

FORMS: tuple[dict[str, str], ...] = (
    {"details": "false"},
    {"details": "false", "format": "swagger"},
    {"details": "true", "format": "swagger"},
)


@performs(
    "Details and format change the form of a reply and not its values.",
    "paths /workspaces/{workspace}/services/{service}/execute post description",
    "execute",
)
def details_and_swagger_agree(session: Session) -> None:
    """Ask for the sample in every form. A service that answers anew each time is not judged."""
    service = session.service
    exchange, detailed = scored_the_same(session, service.sample_rows)
    for form in FORMS:
        is_records = "format" in form
        body = service.records(service.sample_rows) if is_records else service.sample
        other = session.execute(body, **form)
        came = session.results(other)
        if set(came) != set(detailed):
            raise Broken(f"the outputs change with {form}", exchange, other, cause="outputs change")
        for name, table in detailed.items():
            if values(came[name]) != values(table, as_records=is_records):
                what = "format=swagger" if is_records else "details=false"
                raise Broken(f"the values of {name} change with {what}", exchange, other)


def values(table: Any, *, as_records: bool = False) -> Any:
    """Return rows or records as they came, or a table's rows as what its records would be."""
    match table:
        case {"value": {"Values": [*rows], "ColumnNames": [*names]}} if as_records:
            return [dict(zip(names, row, strict=False)) for row in rows]
        case {"value": {"Values": [*rows]}}:
            return rows
        case [*records]:
            return records
        case _:
            return None
