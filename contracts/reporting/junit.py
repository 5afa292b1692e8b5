"""How is a run told to a CI server? As JUnit XML: a suite for each folder of checks."""

from itertools import groupby
from xml.etree import ElementTree as ET

from contracts.findings import Finding
from contracts.reporting.content import Row, rows
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl
from contracts.run import Report


def as_junit(report: Report) -> str:
    """Return a run as JUnit XML; a check at an operation is a test case."""
    masking = Masking(report.target)
    findings: dict[str, list[Finding]] = {}
    for finding in report.findings.found.values():
        findings.setdefault(finding.check, []).append(finding)
    top = ET.Element("testsuites", name="contracts", time=f"{report.seconds:.3f}")
    for group, members in groupby(rows(report), key=lambda row: row.group):
        _suite(report, top, group, list(members), findings, masking)
    if report.incomplete or report.trouble:
        suite = ET.SubElement(top, "testsuite", name="run", tests="1", errors="1")
        case = ET.SubElement(suite, "testcase", classname="contracts.run", name="is_complete")
        told = report.incomplete or ", ".join(f"{n}: {t}" for n, t in report.trouble.items())
        ET.SubElement(case, "error", message=legal(masking(told)))
    ET.indent(top)
    return ET.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _suite(
    report: Report,
    top: ET.Element,
    group: str,
    members: list[Row],
    findings: dict[str, list[Finding]],
    masking: Masking,
) -> None:
    suite = ET.SubElement(
        top,
        "testsuite",
        name=group,
        tests=str(len(members)),
        failures=str(sum(row.failed > 0 for row in members)),
        skipped=str(sum(bool(row.skipped) for row in members)),
    )
    for row in members:
        name = f"{row.check}[{row.operation}]" if row.operation else row.check
        case = ET.SubElement(suite, "testcase", classname=f"contracts.{group}", name=name)
        if row.skipped:
            ET.SubElement(case, "skipped", message=legal(masking(row.skipped)))
        elif row.failed:
            told = [_told(report, finding, masking) for finding in findings.get(row.check, [])]
            message = told[0][0] if told else "another check has reported the same cause"
            failure = ET.SubElement(case, "failure", message=legal(message))
            failure.text = legal("\n\n".join(text for _, text in told))


def _told(report: Report, finding: Finding, masking: Masking) -> tuple[str, str]:
    lines = [f"promised: {finding.promise}", f"{finding.clause}", f"came: {finding.what}"]
    lines += [exchange.summary for exchange in finding.exchanges]
    if finding.exchanges:
        lines.append(as_curl(report.target, finding.exchanges[-1].request, masking))
    return masking(finding.what), masking("\n".join(lines))


def legal(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return "".join(character if _is_legal(character) else "�" for character in text)


def _is_legal(character: str) -> bool:
    return character in "\t\n" or (character >= " " and character not in "\ufffe\uffff")
