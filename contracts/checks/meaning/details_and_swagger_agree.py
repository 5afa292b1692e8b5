"""Do all forms of a reply carry the same values?"""

from typing import Any

from contracts.check import performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "Details and format change the form of a reply and not its values.",
    "paths /workspaces/{workspace}/services/{service}/execute post description",
    "execute",
)
def details_and_swagger_agree(session: Session) -> None:
    """Ask for the sample in three forms."""
    service = session.service
    exchange = session.execute(service.sample, details="true")
    detailed = session.results(exchange)
    plain = session.execute(service.sample, details="false")
    for name, table in session.results(plain).items():
        if values(table) != values(detailed.get(name)):
            raise Broken(f"the values of {name} change with details", exchange, plain)
    records = session.execute(service.records(service.sample_rows), format="swagger")
    for name, output in session.results(records).items():
        if not isinstance(output, list):
            raise Broken(f"{name} is no array of records", records)
        # By name: JSON has no order of members, and a proxy may write them anew.
        if output != named(detailed.get(name)):
            raise Broken(f"the values of {name} change with format=swagger", exchange, records)


def values(table: Any) -> Any:
    """Return the rows of a table, or None if it is none."""
    match table:
        case {"value": {"Values": [*rows]}}:
            return rows
        case _:
            return None


def named(table: Any) -> Any:
    """Return the rows of a table with details as records, or None if it is none."""
    match table:
        case {"value": {"ColumnNames": [*names], "Values": [*rows]}}:
            return [dict(zip(names, row, strict=False)) for row in rows]
        case _:
            return None
