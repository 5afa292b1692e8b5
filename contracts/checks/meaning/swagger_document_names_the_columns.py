"""Does the service's own document tell what it really takes and gives?"""

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
    """Compare it with a scored reply."""
    reply = session.expect(session.swagger(), 200)
    exchange = session.execute(session.service.sample, details="true")
    for name, table in session.results(exchange).items():
        match reply.json:
            case {"definitions": dict(definitions)}:
                item = definitions.get(f"{name}Item", {})
            case _:
                item = {}
        # In any order: members of a JSON object have none.
        told = sorted(item.get("properties", {}))
        match table:
            case {"value": {"ColumnNames": list(given)}} if told and told != sorted(given):
                raise Broken(f"swagger.json names other columns of {name}", exchange)
            case _:
                pass
