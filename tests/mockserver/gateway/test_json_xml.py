"""What does JSON look like as XML?"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.json_xml import NotConvertible, XmlStyle, xml_of_json
from mockserver.gateway.xml_json import JsonStyle, json_of_xml

PLAIN = XmlStyle()
NIL = '<a xsi:nil="true" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" />'


def xml(value: Any, style: XmlStyle = PLAIN) -> str:
    """Return a value as XML."""
    return xml_of_json(json.dumps(value).encode(), style).decode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": "x"}, "<a>x</a>"),
        ({"a": "x", "b": 1}, "<Document><a>x</a><b>1</b></Document>"),
        ({}, "<Document />"),
        ("x", "<Document>x</Document>"),
        ({"a": {}}, "<a />"),
        ({"a": []}, "<a />"),
        ({"a": ["x"]}, "<a>x</a>"),
        ({"a": [1, 2]}, "<Document><a>1</a><a>2</a></Document>"),
        (
            {"a": [1, [2, 3], [4]]},
            "<Document><a>1</a><a><a>2</a><a>3</a></a><a><a>4</a></a></Document>",
        ),
        ({"a": None}, NIL),
        ({"a": True}, "<a>True</a>"),
        ({"a": False}, "<a>False</a>"),
        ({"a": 1.0}, "<a>1</a>"),
        ({"a": -2.5}, "<a>-2.5</a>"),
        ({"a": "<&>"}, "<a>&lt;&amp;&gt;</a>"),
        ({"a": {"@b": "x", "#text": "y"}}, '<a b="x">y</a>'),
        ({"a": {"@b": None}}, '<a b="" />'),
        ({"@a": "x"}, '<Document a="x" />'),
        ({"a b": 1}, "<a_x0020_b>1</a_x0020_b>"),
        ({"1": 1}, "<_x0031_>1</_x0031_>"),
        ({"a:b": 1}, "<a_x003A_b>1</a_x003A_b>"),
        ({"a_b": 1}, "<a_b>1</a_b>"),
        ({"a·Ș😀\ud800": 1}, "<a·_x0218__x1F600__xD800_>1</a·_x0218__x1F600__xD800_>"),
        ({"Straße": "é"}, "<Straße>é</Straße>"),
    ],
)
def test_a_value(value: Any, expected: str) -> None:
    """Members are elements, arrays repeat them, and texts are those of .NET."""
    assert xml(value) == expected


def test_the_recorded_document() -> None:
    """The tutorial's document comes out as it was printed there, but for the blanks."""
    value = {
        "firstName": "John",
        "isAlive": True,
        "age": 25,
        "address": {"city": "New York"},
        "phoneNumbers": [{"type": "home", "number": "1"}, {"type": "mobile", "number": "2"}],
        "children": [],
        "spouse": None,
    }
    assert xml(value) == (
        "<Document><firstName>John</firstName><isAlive>True</isAlive><age>25</age>"
        "<address><city>New York</city></address>"
        "<phoneNumbers><type>home</type><number>1</number></phoneNumbers>"
        "<phoneNumbers><type>mobile</type><number>2</number></phoneNumbers>"
        '<children /><spouse xsi:nil="true"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" /></Document>'
    )


def test_namespaces_and_attributes() -> None:
    """The page's example: prefixes that are declared stay, and a named object is attributes."""
    style = XmlStyle(separator=":", namespace_prefix="xmlns", attribute_block="#attrs")
    value = {
        "soapenv:Envelope": {
            "xmlns:soapenv": "http://schemas.xmlsoap.org/soap/envelope/",
            "xmlns": "urn:a",
            "soapenv:Header": {},
            "soapenv:Body": {
                "#attrs": {"soapenv:name": "test"},
                "v1:item": {"name": "dummy text", "xmlnsx": 1},
            },
        }
    }
    assert xml(value, style) == (
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns="urn:a"><soapenv:Header /><soapenv:Body soapenv:name="test"><v1_x003A_item>'
        "<name>dummy text</name><xmlnsx>1</xmlnsx></v1_x003A_item></soapenv:Body>"
        "</soapenv:Envelope>"
    )


def test_a_lone_special_member_is_no_root() -> None:
    """A declaration or a block of attributes needs an element to be in."""
    style = XmlStyle(separator="", namespace_prefix="ns", attribute_block="at")
    assert xml({"ns": "urn:a"}, style) == '<Document xmlns="urn:a" />'
    assert xml({"at": {"a": 1}}, style) == '<Document a="1" />'
    assert xml({"at": 1}, style) == "<Document><at>1</at></Document>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2012-03-21T05:40:00Z", "03/21/2012 05:40:00"),
        ("2012-03-21T05:40:00.1234567+02:00", "03/21/2012 03:40:00"),
        ("2012-03-21T05:40:00", "03/21/2012 05:40:00"),
        ("/Date(1198908717056)/", "12/29/2007 06:11:57"),
        ("/Date(9999999999999999)/", "/Date(9999999999999999)/"),
        ("2012-03-21", "2012-03-21"),
        ("2012-13-21T05:40:00Z", "2012-13-21T05:40:00Z"),
        ("0001-01-01T00:00:00+10:00", "0001-01-01T00:00:00+10:00"),
    ],
)
def test_a_date(text: str, expected: str) -> None:
    """A string that holds a moment is written as .NET does, unless dates are not parsed."""
    assert xml({"a": text}) == f"<a>{expected}</a>"
    assert xml({"a": text}, XmlStyle(parses_dates=False)) == f"<a>{text}</a>"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[" * 200_000, "no JSON"),
        (b'{"a":' + b"9" * 5000 + b"}", "no JSON"),
        (b"[1]", "array"),
        (b'{"a":"\\u0001"}', "XML does not have"),
        (b'{"a":"\\ud800"}', "XML does not have"),
        (b'{"":1}', "without a name"),
        (b'{"a":{"@b":{}}}', "no single value"),
        (b'{"a":' * 200 + b"1" + b"}" * 200, "levels"),
        (b'{"a":' + b"[" * 200 + b"1,2" + b"]" * 200 + b"}", "levels"),
    ],
)
def test_what_cannot_be_converted(content: bytes, problem: str) -> None:
    """What is no JSON, or has no form in XML, is told."""
    with pytest.raises(NotConvertible, match=problem):
        xml_of_json(content, PLAIN)


def test_a_byte_order_mark_is_skipped() -> None:
    """A document may begin with a byte order mark."""
    assert xml_of_json(b'\xef\xbb\xbf{"a":1}', PLAIN) == b"<a>1</a>"


NAMES = st.text("abcÄz_", min_size=1, max_size=4)
TEXTS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
).filter(lambda text: text.strip() != "")
MEMBERS = st.recursive(
    TEXTS,
    lambda inner: st.one_of(
        st.dictionaries(NAMES, inner, min_size=1, max_size=3),
        st.lists(inner.filter(lambda item: not isinstance(item, list)), min_size=2, max_size=3),
    ),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, MEMBERS, min_size=1, max_size=3))
def test_there_and_back(value: dict[str, Any]) -> None:
    """Objects of texts and of longer arrays come back from XML as they were."""
    root = {"root": value}
    there = xml_of_json(json.dumps(root).encode(), XmlStyle(parses_dates=False))
    assert json.loads(json_of_xml(there, JsonStyle(is_direct=True))) == root


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda i: st.lists(i) | st.dictionaries(st.text(), i),
        max_leaves=12,
    )
)
def test_any_json_is_xml_or_refused(value: Any) -> None:
    """Whatever comes is converted to XML that a parser reads, or told to be not convertible."""
    style = XmlStyle(separator=":", namespace_prefix="xmlns", attribute_block="@")
    try:
        written = xml_of_json(json.dumps(value).encode(), style)
    except NotConvertible:
        return
    assert json_of_xml(written, JsonStyle(is_direct=True))
