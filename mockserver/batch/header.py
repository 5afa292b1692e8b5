"""Where are the columns of the schema in a file?"""

from collections.abc import Sequence

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.failures import InputColumnsMismatch
from mockserver.experiment.tables import Schema

FACTS = (
    Fact(
        "A file may hold columns beyond the schema, which are ignored, and hold its columns in any"
        " order; a missing or doubled one is an InputColumnsMismatch.",
        Evidence.ASSUMED,
        "the how-to's data set has Col1 and Col2, its service takes Col2; a job over it would tell",
    ),
)

_MOST_NAMES = 20


def places_of(name: str, given: Sequence[str], schema: Schema) -> list[int]:
    """Return at which places of a file's header the schema's columns are."""
    missing = [column for column in schema.names if column not in given]
    doubled = [column for column in schema.names if given.count(column) > 1]
    if missing or doubled:
        shown = [*given[:_MOST_NAMES], *(["…"] if len(given) > _MOST_NAMES else [])]
        reason = f"{name}: missing {missing}, doubled {doubled}; the file has {shown}"
        raise InputColumnsMismatch(reason=reason)
    return [given.index(column) for column in schema.names]
