"""Is `gateway:` read as documented, and is each mistake told with its file and line?"""

import textwrap
from pathlib import Path

import pytest

from mockserver.gateway.build import Plan
from mockserver.workspace.configuration import (
    DEMO,
    Configuration,
    ConfigurationError,
    load_configuration,
    parse_configuration,
)

WORLD = "workspaces:" + DEMO.read_text(encoding="utf-8").split("workspaces:", 1)[1]
POLICY = "<policies><inbound>{}</inbound><backend><forward-request/></backend></policies>"


def parsed(beginning: str, folder: Path = Path(), **settings: object) -> Configuration:
    """Read a file that begins with a gateway, given as YAML."""
    text = textwrap.dedent(beginning).lstrip("\n") + WORLD
    return parse_configuration(text, "m.yaml", folder, settings)


def plan(gateway: str, folder: Path = Path()) -> Plan:
    found = parsed(gateway, folder).gateway
    assert found is not None
    return found


def complaints(gateway: str, folder: Path = Path(), **settings: object) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parsed(gateway, folder, **settings)
    return list(caught.value.lines)


# --- there, elsewhere, left out, off --------------------------------------------------------------


@pytest.mark.parametrize("gateway", ["", "gateway:\n", "gateway: null\n"])
def test_left_out_it_is_the_how_tos(gateway: str) -> None:
    """With its API, its five operations, its products and its keys."""
    model = plan(gateway).model
    (api,) = model.apis
    assert (model.name, api.path, len(api.operations)) == ("demoazureml", "azureml-demo", 5)
    assert list(model.products) == ["starter", "unlimited"]
    assert [each.id for each in model.subscriptions] == ["starter", "unlimited", "master"]
    demo = load_configuration(None).gateway
    assert demo is not None
    assert demo.model.subscriptions == model.subscriptions


def test_an_empty_gateway_is_one_without_apis() -> None:
    """Whoever writes `gateway: {}` gets no API of the how-to."""
    model = plan("gateway: {}\n").model
    assert (model.apis, model.subscriptions, model.products) == ((), (), {})


def test_a_gateway_stands_in_the_file() -> None:
    """As it is declared, and nothing of the how-to's."""
    model = plan("gateway: {apis: [{id: a, name: A, service_url: 'http://b.example'}]}\n").model
    assert [api.id for api in model.apis] == ["a"]
    assert model.subscriptions == ()


def test_a_gateway_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    """Relative to the file that names it; its policies relative to itself."""
    folder = tmp_path / "sub"
    folder.mkdir()
    (folder / "g.yaml").write_text(
        "apis: [{id: a, name: A, service_url: 'http://b'}]\npolicy: p.xml\n", encoding="utf-8-sig"
    )
    (folder / "p.xml").write_text(POLICY.format('<set-variable name="x" value="" />'))
    found = plan("gateway: sub/g.yaml\n", tmp_path)
    assert [api.id for api in found.model.apis] == ["a"]
    assert [policy.name for policy in found.everywhere["inbound"]] == ["set-variable"]


def test_switched_off_there_is_none() -> None:
    """By the setting of the file, or one that wins over it."""
    assert parsed("settings: {gateway: false}\n").gateway is None
    assert parsed("", gateway=False).gateway is None
    assert parsed("settings: {gateway: false}\n", gateway="true").gateway is not None


def test_switched_off_it_is_not_built() -> None:
    """A file that is not there does not matter then."""
    assert parsed("gateway: nowhere.yaml\n", gateway=False).gateway is None


def test_two_readings_share_nothing() -> None:
    """Each has policies of its own: what they count is apart."""
    one, other = plan(""), plan("")
    place = ("azureml-demo-api", "rrs-execute", "starter")
    first, second = (each.policies[place]["inbound"][0] for each in (one, other))
    assert first.name == second.name == "rate-limit"
    assert first is not second


# --- mistakes in the declaration ------------------------------------------------------------------

API = """
gateway:
  apis:
    - id: a
      name: A
      service_url: http://b.example
      operations:
        - name: Get
          method: GET
          url_template: /a
  products:
    - {id: p, name: P, apis: [a]}
  subscriptions:
    - id: s
      scope: /products/p
      primary_key: one
      secondary_key: two
"""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("- id: a", "- id: a b", "m.yaml:3: gateway.apis[0].id: String should match pattern"),
        ("service_url: http", "service_url: ftp", "m.yaml:5: gateway.apis[0].service_url: "),
        ("b.example", "b:99999", "m.yaml:5: gateway.apis[0].service_url: "),
        ("b.example", "[::1", "m.yaml:5: gateway.apis[0].service_url: "),
        ("method: GET", "method: get", "m.yaml:8: gateway.apis[0].operations[0].method: "),
        ("/a\n", "/{a\n", "m.yaml:9: gateway.apis[0].operations[0].url_template: "),
        ("- name: Get", "- nome: Get", "m.yaml:7: gateway.apis[0].operations[0].name: Field requ"),
        ("apis: [a]", "apis: [b]", "m.yaml:11: gateway.products[0].apis[0]: there is no API 'b'"),
        ("/products/p", "/products/q", "m.yaml:14: gateway.subscriptions[0].scope: there is no pr"),
        ("/products/p", "products", "m.yaml:14: gateway.subscriptions[0].scope: String should ma"),
        ("key: two", "key: one", "m.yaml:16: gateway.subscriptions[0].secondary_key: the key is"),
        ("  products:", "  nonsense: 1\n  products:", "m.yaml:10: gateway.nonsense: Extra inputs"),
        ("  products:", "  apis: []\n  products:", "m.yaml:10: gateway.apis: given twice"),
        ("gateway:\n", "gateway:\n  name: 'A B'\n", "m.yaml:2: gateway.name: String should match"),
        ("  products:", "  products: [", "m.yaml:1"),
    ],
)
def test_a_mistake_has_its_line(before: str, after: str, told: str) -> None:
    """In the file itself: one line per mistake, with the field as it is written there."""
    assert API.count(before) >= 1
    lines = complaints(API.replace(before, after, 1))
    assert lines[0].startswith(told)
    if "nome" not in after:
        assert len(lines) == 1


def test_every_mistake_is_told() -> None:
    """Each on its own line."""
    text = API.replace("name: A", "name: ''").replace("method: GET", "method: get")
    assert [line.split(":")[1] for line in complaints(text)] == ["4", "8"]


@pytest.mark.parametrize("gateway", ["gateway: []", "gateway: 5", "gateway: true"])
def test_what_is_no_gateway(gateway: str) -> None:
    """Neither a mapping nor the name of a file: one line says so."""
    (line,) = complaints(f"{gateway}\n")
    assert line.startswith("m.yaml:1: gateway: Input should be a valid dictionary")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("apis:\n  - {id: a}\n", ["g.yaml:2: apis[0].name: ", "g.yaml:2: apis[0].service_url: "]),
        ("\n\nname: 'A B'\n", ["g.yaml:3: name: String should match"]),
        ("a: [", ["g.yaml:2: did not find expected node"]),
        ("a: 1\na: 2\n", ["g.yaml:2: a: given twice"]),
        ("[]", ["g.yaml:1: the file: Input should be a valid dictionary"]),
        ("", ["g.yaml:1: the file: Input should be a valid dictionary"]),
        ("gateway: {}\n", ["g.yaml:1: gateway: Extra inputs"]),
        ("products: [{id: p, name: P, apis: [x]}]", ["g.yaml:1: products[0].apis[0]: there is no"]),
        ("policy: nowhere.xml", ["g.yaml:1: policy: nowhere.xml: No such file"]),
        ("[" * 100, ["g.yaml:1: nested too deeply"]),
    ],
)
def test_a_mistake_in_the_gateways_file(content: str, told: list[str], tmp_path: Path) -> None:
    """It bears the name of that file, and its line there."""
    (tmp_path / "g.yaml").write_text(content)
    lines = complaints("gateway: g.yaml\n", tmp_path)
    assert len(lines) == len(told)
    for line, start in zip(lines, told, strict=True):
        assert line.startswith(f"{tmp_path}/{start}")


def test_a_gateways_file_that_cannot_be_read(tmp_path: Path) -> None:
    """The line is that of its name, and it is told what is wrong with it."""
    (tmp_path / "latin.yaml").write_bytes(b"name: \xff")
    for name, problem in (
        ("nowhere.yaml", "No such file or directory"),
        ("latin.yaml", "not UTF-8"),
        (".", "Is a directory"),
    ):
        (line,) = complaints(f"# a comment\ngateway: {name}\n", tmp_path)
        assert line.startswith("m.yaml:2: gateway: ")
        assert line.endswith(f": {problem}")


# --- mistakes in policies -------------------------------------------------------------------------

WRONG = POLICY.format("\n  <nonsense/>")


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        ("|\n    <policies>\n      <inbound>\n        <nonsense/>", 5),
        ("|-\n    <policies>\n      <inbound>\n        <nonsense/>", 5),
        ("|   # the policy\n    <policies>\n      <inbound>\n        <nonsense/>", 5),
        ("|\n\n    <policies>\n      <inbound>\n        <nonsense/>", 6),
        ("<policies><inbound><nonsense/>", 2),
        ("'<policies><inbound><nonsense/>", 2),
        ('"<policies><inbound><nonsense/>', 2),
        (">\n    <policies>\n      <inbound>\n        <nonsense/>", 2),
        ("\n    <policies>\n      <inbound>\n        <nonsense/>", 2),
    ],
)
def test_a_mistake_in_inline_xml_has_its_line(policy: str, line: int) -> None:
    """If YAML keeps the lines of the XML; otherwise it is the line of the name."""
    quote = policy[0] if policy[0] in "'\"" else ""
    text = f"gateway:\n  policy: {policy}</inbound></policies>{quote}\n"
    (told,) = complaints(text)
    assert told.startswith(f"m.yaml:{line}: gateway.policy: Error in element 'nonsense' on line ")
    assert told.endswith("the policy 'nonsense' is not supported")


@pytest.mark.parametrize(
    "place",
    [
        "policy: p.xml",
        "products: [{id: p, name: P, policy: p.xml}]",
        "apis: [{id: a, name: A, service_url: 'http://b', policy: p.xml}]",
        """apis: [{id: a, name: A, service_url: 'http://b', operations: [{
            name: G, method: GET, url_template: /, policy: p.xml}]}]""",
    ],
)
@pytest.mark.parametrize("own_file", [False, True])
def test_a_mistake_in_a_policy_file_has_its_line(
    place: str, own_file: bool, tmp_path: Path
) -> None:
    """File and line are those of the XML, wherever it is named."""
    (tmp_path / "p.xml").write_text(WRONG)
    text = f"gateway: {{{place}}}\n"
    if own_file:
        (tmp_path / "g.yaml").write_text(place)
        text = "gateway: g.yaml\n"
    (line,) = complaints(text, tmp_path)
    assert line == (
        f"{tmp_path}/p.xml:2: Error in element 'nonsense' on line 2, column 4:"
        " the policy 'nonsense' is not supported"
    )


def test_xml_that_is_none_has_its_line(tmp_path: Path) -> None:
    """Also if it cannot be read as XML at all."""
    (tmp_path / "p.xml").write_text("<policies>\n\n<inbound></policies>")
    (line,) = complaints("gateway: {policy: p.xml}\n", tmp_path)
    assert line.startswith(f"{tmp_path}/p.xml:3: not XML: mismatched tag")


def test_a_mistake_in_an_expression_has_its_line(tmp_path: Path) -> None:
    """That of the expression, not of its element."""
    (tmp_path / "p.xml").write_text(
        POLICY.format('\n<set-variable name="a"\n\nvalue="@(nonsense)" />')
    )
    (line,) = complaints("gateway: {policy: p.xml}\n", tmp_path)
    assert line.startswith(f"{tmp_path}/p.xml:4: ")


INCLUDE = POLICY.format('\n\n<include-fragment fragment-id="f" />')


@pytest.mark.parametrize("in_file", [False, True])
def test_a_mistake_in_a_fragment(in_file: bool, tmp_path: Path) -> None:
    """One that may not stand where it is included is told there."""
    (tmp_path / "p.xml").write_text(INCLUDE)
    (tmp_path / "f.xml").write_text("<fragment>\n<forward-request/>\n</fragment>")
    written = "f.xml" if in_file else "'<fragment>\n\n    <forward-request/></fragment>'"
    text = f"gateway:\n  fragments:\n  - id: f\n    policy: {written}\n  policy: p.xml\n"
    (line,) = complaints(text, tmp_path)
    assert line.startswith(f"{tmp_path}/p.xml:3: Error in element 'include-fragment' on line 3")
    assert "in the fragment 'f'" in line
    assert line.endswith("Policy is not allowed in the specified section.")


@pytest.mark.parametrize(
    ("content", "line"),
    [("<fragment>\n<a></fragment>", 2), ("<policies/>", 1), ("\n\n<fragment a='b'/>", 3)],
)
def test_a_fragments_file_that_cannot_be_read(content: str, line: int, tmp_path: Path) -> None:
    """Its own file and line."""
    (tmp_path / "f.xml").write_text(content)
    (told,) = complaints("gateway: {fragments: [{id: f, policy: f.xml}]}\n", tmp_path)
    assert told.startswith(f"{tmp_path}/f.xml:{line}: ")


def test_a_policy_file_that_is_not_there() -> None:
    """The line is that of its name."""
    (line,) = complaints("gateway:\n  name: a\n  policy: nowhere.xml\n")
    assert line == "m.yaml:3: gateway.policy: nowhere.xml: No such file or directory"


def test_an_unused_fragment_is_checked() -> None:
    """A mistake in it is told before anybody includes it."""
    (line,) = complaints("gateway: {fragments: [{id: f, policy: '<fragment><no/></fragment>'}]}\n")
    assert line.startswith("m.yaml:1: gateway.fragments[0].policy: Error in element 'no'")
