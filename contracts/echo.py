"""Which rows make it plain what a service did with them?"""

from dataclasses import dataclass
from typing import Any

from contracts.exchange import Exchange
from contracts.findings import NotJudged
from contracts.session import Session


@dataclass(frozen=True)
class Echo:
    """A text column that a service gives back as it is."""

    input_place: int
    output_place: int


def echoed(session: Session) -> Echo:
    """Return the first text column that is in the output too. Raises NotJudged without one."""
    columns = session.service.inputs[session.service.input_name]
    outputs = next(iter(session.service.outputs.values()), ())
    for place, (name, type_) in enumerate(columns.items()):
        if type_ == "string" and name in outputs:
            return Echo(place, outputs.index(name))
    raise NotJudged("the service gives no text column back")


def numbered(session: Session, count: int, place: int) -> list[list[Any]]:
    """Return rows like the sample's first, told apart by a number in one column."""
    first = session.service.sample_rows[0]
    return [
        [f"row {number}" if at == place else cell for at, cell in enumerate(first)]
        for number in range(count)
    ]


WORDS = (
    "good", "Good", "day", "book", "a", "the", "42", "007", "3.5", "x:y", "p|q", "naïve", "日本",
    "🙂", "isn't", "-", "1e3", "word", "word",
)  # fmt: skip


def texts(session: Session, count: int) -> list[list[Any]]:
    """Return rows whose hashed column holds random words: cases, digits, scripts, repetitions."""
    chance = session.random("texts")
    made = [
        chance.choice((" ", "  ", "\t")).join(chance.choices(WORDS, k=chance.randint(1, 12)))
        for _ in range(count)
    ]
    return with_texts(session, made)


def with_texts(session: Session, made: list[str]) -> list[list[Any]]:
    """Return rows like the sample's first, with these texts in the column that is hashed."""
    hashing = session.service.hashing
    names = list(session.service.inputs[session.service.input_name])
    if hashing is None or hashing.column not in names:
        raise NotJudged("what is hashed is no column of the first input")
    place = names.index(hashing.column)
    first = session.service.sample_rows[0]
    return [[*first[:place], text, *first[place + 1 :]] for text in made]


def scored_the_same(session: Session, rows: list[list[Any]]) -> tuple[Exchange, Any]:
    """Score rows twice; return the call and its results. Raises NotJudged if they differ.

    Only what answers the same to the same can be compared with anything.
    """
    first, second = (session.execute(session.service.body(rows), details="true") for _ in range(2))
    results = session.results(first)
    if session.results(second) != results and session.service.hashing is None:
        raise NotJudged("the service does not give the same answer twice")
    return first, results
