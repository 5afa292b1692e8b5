"""Is XML of clients read without danger, and is ours well-formed?"""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.blobserver.errors import Refusal
from mockserver.blobserver.markup import element, name_element, read_block_list


def test_a_block_list() -> None:
    """Kinds and ids in their order; space around ids does not count."""
    document = b"""<?xml version="1.0" encoding="utf-8"?>
    <BlockList>
      <Committed>AAAA</Committed>
      <Latest> AAAB
      </Latest><Uncommitted>AAAC</Uncommitted>
    </BlockList>"""
    assert read_block_list(document) == [
        ("Committed", "AAAA"),
        ("Latest", "AAAB"),
        ("Uncommitted", "AAAC"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"nonsense",
        b"<BlockList>",
        b"<Other/>",
        b"<BlockList><Other/></BlockList>",
        b"<BlockList><Latest><Latest>A</Latest></Latest></BlockList>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><BlockList><Latest>&a;</Latest></BlockList>',
        b'<!DOCTYPE x SYSTEM "file:///dev/zero"><BlockList/>',
        b"<BlockList/><BlockList/>",
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_block_list(document: bytes) -> None:
    """Entities, other elements, deep ones, broken ones: one code for all."""
    with pytest.raises(Refusal, match="InvalidXmlDocument"):
        read_block_list(document)


@pytest.mark.parametrize(
    "encoding", ["gbk", "utf-7", "nosuch", "rot13", "hex", "idna", "punycode", "utf-16", "latin-1"]
)
def test_the_encoding_that_a_document_claims_is_no_matter(encoding: str) -> None:
    """Ids are plain letters: whatever a client declares, the list is read as UTF-8."""
    document = (
        f'<?xml version="1.0" encoding="{encoding}"?><BlockList><Latest>AAAA</Latest></BlockList>'
    )
    assert read_block_list(document.encode()) == [("Latest", "AAAA")]


@given(st.text(min_size=1))
def test_text_is_escaped(text: str) -> None:
    """What is written is well-formed, and no part of a text becomes markup."""
    node = ET.fromstring(f"<a>{element('Name', text)}{name_element(text)}</a>")
    assert [child.tag for child in node] == ["Name", "Name"]
    assert not list(node[0])


def test_a_name_that_xml_cannot_say() -> None:
    """It is written with escapes, and says so."""
    assert name_element("a\x01b") == '<Name Encoded="true">a%01b</Name>'
    assert name_element("a&b") == "<Name>a&amp;b</Name>"
