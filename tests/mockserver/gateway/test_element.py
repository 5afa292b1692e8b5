"""What is read from policy XML, and what is refused in it, on which line?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.gateway.element import DocumentNotUsable, Source, read_elements


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ('@("a" + "b")', '@("a" + "b")'),
        ("@(&quot;a&quot; == x &amp;&amp; y &lt; 3)", '@("a" == x && y < 3)'),
        ('@(a && b < c ? ")" : "(")', '@(a && b < c ? ")" : "(")'),
        ("@{ if (a) { return \"}\"; } // ' }\n return '\\''; }", None),
        ('@($"{x["a"]} {{literal}} {(y ? "}" : "{")}")', None),
        ('@(@"a ""quoted"" ) text")', None),
        ("@(/* ) */ 1)", None),
    ],
)
@pytest.mark.parametrize("document", ['<a b="{}"/>', "<a b='{}'/>", "<a>\n  {}\n</a>"])
def test_an_expression_is_cut_out_whole(document: str, written: str, code: str | None) -> None:
    """Brackets in strings, characters and comments do not end it; escapes are undone."""
    root = read_elements(document.replace("{}", written, 1))
    value = root.text or root.attributes["b"]
    assert isinstance(value, Source)
    assert value.text == (code or written)


def test_an_expression_knows_its_place() -> None:
    """Line and column of its `@`, whatever stands before it."""
    root = read_elements('<a>\n  <b c="@(1)" d="@{\n return 2;\n}"/><e>\n\n  @(3)</e></a>')
    places = [root.children[0].attributes["c"], root.children[0].attributes["d"]]
    places.append(root.children[1].text)
    assert [(each.line, each.column) for each in places if isinstance(each, Source)] == [
        (2, 9),
        (2, 18),
        (6, 3),
    ]
    assert (root.children[1].line, root.children[1].column) == (4, 5)


def test_comments_and_cdata_are_what_xml_says() -> None:
    """An expression in a comment is none, one in CDATA is one."""
    root = read_elements(
        '<a><!-- b="@(" --><c><![CDATA[@(1 < 2)]]></c><d><![CDATA[x < y]]></d></a>'
    )
    assert root.children[0].text == Source("@(1 < 2)", 1, 31)
    assert root.children[1].text == "x < y"


@pytest.mark.parametrize(
    ("document", "place", "problem"),
    [
        ("<a>\n<b>\n</a>", (3, 3), "not XML: mismatched tag"),
        ("", (1, 1), "not XML: no element found"),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', (1, 14), "a document type cannot be used"),
        ('<a b="@(1"/>', (1, 7), "an expression without an end: '@(1\"/>'"),
        ('<a b="@(1) and more"/>', (1, 7), "an expression must be the whole value"),
        ("<a>text<b/></a>", (1, 2), "<a> holds text beside elements"),
        ("<a>" * 50, (1, 122), "too many elements, or nested too deeply"),
        ("<a>" + "<b/>" * 6000, (1, 20001), "too many elements, or nested too deeply"),
        ("<a>" + " " * 300_000, (1, 1), "the document is longer than 262144 characters"),
        ("<a>\ue000</a>", (1, 1), "U+E000 cannot be used"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    document: str, place: tuple[int, int], problem: str
) -> None:
    """The line is that of the mistake, so that it is found in the file."""
    with pytest.raises(DocumentNotUsable) as refused:
        read_elements(document)
    assert str(refused.value) == problem
    assert (refused.value.line, refused.value.column) == place


@given(st.text(alphabet="<>/ab=\"'@({)} &;!-[]\n?x", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing but DocumentNotUsable comes out."""
    try:
        name = read_elements(text).name
    except DocumentNotUsable as refusal:
        name = f"line {refusal.line}"
    assert name
