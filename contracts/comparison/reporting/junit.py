"""How is a comparison told to a CI server? As JUnit XML.

Each operation is a case, and each prediction.
"""

from typing import Any
from xml.etree import ElementTree as ET

from contracts.reporting.junit import legal


def as_junit(told: dict[str, Any]) -> str:
    """Return a comparison as JUnit XML. A case fails by the first difference of its operation."""
    top = ET.Element("testsuites", name="contracts compare", time=f"{told['seconds']:.3f}")
    _operations(top, told)
    _predictions(top, told)
    if told["incomplete"]:
        suite = ET.SubElement(top, "testsuite", name="run", tests="1", errors="1")
        case = ET.SubElement(suite, "testcase", classname="contracts.compare", name="is_complete")
        ET.SubElement(case, "error", message=legal(told["incomplete"]))
    ET.indent(top)
    return ET.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _operations(top: ET.Element, told: dict[str, Any]) -> None:
    names = sorted({*told["calls"], *(found["operation"] for found in told["found"])})
    failed = {found["operation"] for found in told["found"]}
    counts: dict[str, str] = {"tests": str(len(names)), "failures": str(len(failed))}
    suite = ET.SubElement(top, "testsuite", attrib={"name": "operations", **counts})
    for name in names:
        case = ET.SubElement(suite, "testcase", classname="contracts.compare", name=name)
        lines = [_line(found) for found in told["found"] if found["operation"] == name]
        if lines:
            failure = ET.SubElement(case, "failure", message=legal(lines[0]))
            failure.text = legal("\n".join(lines))


def _predictions(top: ET.Element, told: dict[str, Any]) -> None:
    counts: dict[str, str] = {
        "tests": str(len(told["allowed"])),
        "failures": str(len(told["stale"])),
    }
    suite = ET.SubElement(top, "testsuite", attrib={"name": "allowed", **counts})
    for entry in told["allowed"]:
        case = ET.SubElement(suite, "testcase", classname="contracts.allowed", name=entry["name"])
        if entry["name"] in told["stale"]:
            ET.SubElement(case, "failure", message="predicted, and not seen")
        elif not entry["count"]:
            ET.SubElement(case, "skipped", message="not seen")


def _line(found: dict[str, Any]) -> str:
    values = found["values"][0]
    where = " ".join(filter(None, (found["part"], found["path"])))
    return (
        f"{found['verdict']}: {where} {found['kind']}, {found['count']} of {found['calls']} calls:"
        f" {values['primary']} -> {values['candidate']}"
    )
