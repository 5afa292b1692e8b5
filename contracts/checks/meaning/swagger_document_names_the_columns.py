"""Does the service's own document tell what it really takes and gives?"""

from typing import Any

from contracts.check import Need, performs
from contracts.findings import Broken
from contracts.session import Session


@performs(
    "swagger.json names the columns that the service takes and gives.",
    "components schemas SwaggerDocument properties definitions",
    "get_swagger_document",
    "execute",
    needs=(Need.SWAGGER,),
)
def swagger_document_names_the_columns(session: Session) -> None:
    """Compare it with a sample that is scored, and with the reply."""
    swagger = session.swagger()
    document = session.expect(swagger, 200).json
    exchange = session.execute(session.service.sample, details="true")
    results = session.results(exchange)
    taken = {name: set(columns) for name, columns in session.service.inputs.items()}
    given = {name: set(_names(table)) for name, table in results.items()}
    for name, columns in {**taken, **given}.items():
        told = told_of(document, name)
        if told is not None and columns and told != columns:
            raise Broken(f"swagger.json names other columns of {name}", swagger, exchange)


def _names(table: Any) -> list[str]:
    match table:
        case {"value": {"ColumnNames": [*names]}}:
            return [str(name) for name in names]
        case _:
            return []


def told_of(document: Any, name: str) -> set[str] | None:
    """Return the columns that a document names for an input or output, if it does."""
    match document:
        case {"definitions": {**definitions}}:
            item = definitions.get(f"{name}Item")
        case _:
            item = None
    match item:
        case {"properties": {**columns}}:
            return set(map(str, columns))
        case _:
            return None
