"""Are filters, orders and intervals read as they are meant, and refused otherwise?"""

import math
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.reports.query import (
    Filter,
    QueryNotUsable,
    read_filter,
    read_interval,
    read_order,
)

JUNE = "datetime'2017-06-01T00:00:00'"


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_filter_by_time() -> None:
    """As in the examples of the specification; without an offset it is UTC."""
    text = f"timestamp ge {JUNE} and timestamp le datetime'2017-06-04T02:00:00.1234567+02:00'"
    assert read_filter(text) == Filter(
        seconds("2017-06-01T00:00:00Z"), seconds("2017-06-04T00:00:00.123456Z"), []
    )


def test_the_narrowest_times_count() -> None:
    """Several limits hold all of them."""
    found = read_filter(
        f"timestamp ge {JUNE} and timestamp ge datetime'2018-01-01'"
        f" and timestamp le datetime'2020-01-01' and timestamp le datetime'2019-01-01'"
    )
    limits = (found.least, found.most)
    assert limits == (seconds("2018-01-01T00:00Z"), seconds("2019-01-01T00:00Z"))


def test_a_filter_by_ids() -> None:
    """Without a time every time is meant; quotes are doubled, and blanks may stand about."""
    found = read_filter("  apiId eq '/apis/Echo/'and userId eq 'O''Hara'  ")
    assert (found.least, found.most) == (-math.inf, math.inf)
    assert found.ids == [("apiId", "apis/echo"), ("userId", "o'hara")]


@pytest.mark.parametrize(
    ("literal", "is_allowed"),
    [
        ("get", True),
        ("/operations/get", True),
        ("/apis/echo/operations/get", True),
        ("/subscriptions/s/service/x/apis/Echo/operations/GET", True),
        ("et", False),
        ("/apis/other/operations/get", False),
        ("", False),
    ],
)
def test_an_id_may_be_written_in_several_ways(literal: str, is_allowed: bool) -> None:
    """As itself, as its path, or as the whole resource id."""
    found = read_filter(f"operationId eq '{literal}'")
    assert found.allows("operationId", "/apis/echo/operations/get") is is_allowed
    assert found.allows("apiId", "/apis/whatever")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "at its end"),
        ("timestamp", "from character 1 on: timestamp"),
        (f"timestamp ge {JUNE} or apiId eq 'a'", "or apiId"),
        (f"timestamp ge {JUNE} and", "at its end"),
        (f"timestamp ge {JUNE} andapiId eq 'a'", "andapiId"),
        ("timestamp ge '2017-06-01'", "'timestamp ge' is none of"),
        (f"timestamp gt {JUNE}", "'timestamp gt' is none of"),
        (f"apiId eq {JUNE}", "'apiId eq' is none of"),
        ("apiId ne 'a'", "'apiId ne' is none of"),
        ("callCountTotal eq '1'", "'callCountTotal eq' is none of"),
        ("(apiId eq 'a')", "(apiId"),
        ("apiId eq 'a", "from character 1"),
        ("timestamp ge datetime'soon'", "'soon' is no moment"),
        ("timestamp ge datetime'0001-01-01T00:00:00+23:00'", ""),
    ],
)
def test_another_filter_is_refused(text: str, problem: str) -> None:
    """The text says where it stops making sense."""
    if problem:
        with pytest.raises(QueryNotUsable, match="filter") as raised:
            read_filter(text)
        assert problem in str(raised.value)
    else:
        assert read_filter(text).least < 0


def problem_of(text: str) -> str:
    """Return why a filter is refused, or nothing."""
    try:
        read_filter(text)
    except QueryNotUsable as error:
        return str(error)
    return ""


@given(st.text())
def test_no_text_is_too_strange_for_a_filter(text: str) -> None:
    """It is read, or it is refused in one way."""
    for given_text in (text, f"apiId eq '{text}'", f"timestamp ge datetime'{text}'"):
        problem = problem_of(given_text)
        assert not problem or problem.startswith("$filter: ")


def test_an_order() -> None:
    """Up is the default; names of the specification stand for those of the records."""
    text = "displayName, callCountTotal desc ,cacheHitsCount asc"
    fields = ("name", "callCountTotal", "cacheHitCount")
    assert read_order(text, fields) == [
        ("name", False),
        ("callCountTotal", True),
        ("cacheHitCount", False),
    ]


@pytest.mark.parametrize("text", ["", "nothing", "name down", "name,", "name desc asc", "name;"])
def test_another_order_is_refused(text: str) -> None:
    """A field that there is not, or a direction that there is not."""
    with pytest.raises(QueryNotUsable, match="orderby"):
        read_order(text, ("name",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("PT15M", 900), ("PT1H", 3600), ("PT1H30M", 5400), ("P1D", 86_400), ("PT900S", 900)],
)
def test_an_interval(text: str, expected: int) -> None:
    """An ISO 8601 duration, whatever it is written in."""
    assert read_interval(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PT0S",
        "PT10M",
        "15",
        "00:15:00",
        "P",
        "-PT15M",
        "P-1D",
        "PT15M0.5S",
        "P1000D",
        "P999999999D",
    ],
)
def test_another_interval_is_refused(text: str) -> None:
    """It must be a multiple of 15 minutes, not zero, and a year at most."""
    with pytest.raises(QueryNotUsable, match="15 minutes"):
        read_interval(text)
