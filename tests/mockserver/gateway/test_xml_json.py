"""What does XML look like as JSON?"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.json_xml import NotConvertible
from mockserver.gateway.xml_json import JsonStyle, json_of_xml

DIRECT, FRIENDLY = JsonStyle(is_direct=True), JsonStyle(is_direct=False)


def converted(xml: str, style: JsonStyle = DIRECT) -> str:
    """Return a document as JSON."""
    return json_of_xml(xml.encode(), style).decode()


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<a>x</a>", '{"a":"x"}'),
        ("<a>1</a>", '{"a":"1"}'),
        ("<a/>", '{"a":null}'),
        ("<a>\n <b/>\n</a>", '{"a":{"b":null}}'),
        ("<a><b>1</b><c/><b>2</b></a>", '{"a":{"b":["1","2"],"c":null}}'),
        ("<a><b/><b/><b/></a>", '{"a":{"b":[null,null,null]}}'),
        ('<a b="1">x</a>', '{"a":{"@b":"1","#text":"x"}}'),
        ('<a b="1"/>', '{"a":{"@b":"1"}}'),
        ("<a>x<b/>y</a>", '{"a":{"b":null,"#text":["x","y"]}}'),
        ("<a> x <!-- no --></a>", '{"a":" x "}'),
        ("<a><![CDATA[<é>]]>&amp;</a>", '{"a":"<é>&"}'),
        ("<?xml version='1.0' encoding='utf-8'?><?pi x?><a/>", '{"version":"1.0","a":null}'),
    ],
)
def test_the_direct_form(xml: str, expected: str) -> None:
    """Elements are members, attributes have an @, and what comes again is an array."""
    assert converted(xml) == expected


def test_the_recorded_document() -> None:
    """The tutorial's document comes out as it was printed there."""
    xml = (
        '<?xml version="1.0"?><soap:Envelope xmlns="http://fyicenter.com/"'
        ' xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><GetOrders>'
        "<Customer>1234567</Customer></GetOrders></soap:Body></soap:Envelope>"
    )
    assert json.loads(converted(xml)) == {
        "version": "1.0",
        "soap$Envelope": {
            "@xmlns": "http://fyicenter.com/",
            "@xmlns$soap": "http://schemas.xmlsoap.org/soap/envelope/",
            "soap$Body": {"GetOrders": {"Customer": "1234567"}},
        },
    }


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ('<?xml version="1.0"?><s:a xmlns:s="u" xmlns="v"><s:b/></s:a>', '{"a":{"b":null}}'),
        ('<a b="1" s:c="2">x</a>', '{"a":{"b":"1","c":"2","text":"x"}}'),
        ('<a b="1"><b>2</b><b>3</b></a>', '{"a":{"b":["1","2","3"]}}'),
    ],
)
def test_the_javascript_friendly_form(xml: str, expected: str) -> None:
    """Names are plain: no @, no prefixes, no declarations."""
    assert converted(xml, FRIENDLY) == expected


def test_every_child_in_an_array() -> None:
    """Asked for arrays, each child element is in one, but not the root."""
    style = JsonStyle(is_direct=True, always_arrays=True)
    assert converted('<a x="1"><b>1</b><c>2</c><c><d/></c></a>', style) == (
        '{"a":{"@x":"1","b":["1"],"c":["2",{"d":[null]}]}}'
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"<a>", "no XML"),
        (b"", "no XML"),
        (b"{}", "no XML"),
        (b"<a>\xff</a>", "no XML"),
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "no XML"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "document type"),
        (b"<a>&b;</a>", "no XML"),
        (b"<a>" * 200 + b"</a>" * 200, "levels"),
    ],
)
def test_what_cannot_be_converted(content: bytes, problem: str) -> None:
    """What is no XML, or could do harm, is told."""
    with pytest.raises(NotConvertible, match=problem):
        json_of_xml(content, DIRECT)


def test_other_encodings() -> None:
    """The document's own encoding counts; JSON is always UTF-8."""
    xml = "<?xml version='1.0' encoding='iso-8859-1'?><a>é</a>"
    assert json.loads(json_of_xml(xml.encode("latin-1"), FRIENDLY)) == {"a": "é"}
    assert json.loads(json_of_xml("<a>é</a>".encode("utf-16"), FRIENDLY)) == {"a": "é"}


@given(st.text("<>/a &;!x[]=\"'?", max_size=20) | st.binary(max_size=20))
def test_anything_is_json_or_refused(body: str | bytes) -> None:
    """Whatever comes is converted to JSON, or told to be not convertible."""
    content = body.encode() if isinstance(body, str) else body
    for style in (DIRECT, FRIENDLY):
        try:
            written = json_of_xml(content, style)
        except NotConvertible:
            continue
        assert isinstance(json.loads(written), dict)
