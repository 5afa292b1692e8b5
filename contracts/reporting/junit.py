"""How is a run told to a CI server? As JUnit XML: a suite for each folder of checks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from xml.etree import ElementTree as ET

from contracts.findings import Finding
from contracts.reporting.content import Row, rows
from contracts.reporting.masking import Masking
from contracts.reporting.reproduction import as_curl
from contracts.run import Report


def as_junit(report: Report) -> str:
    """Return a run as JUnit XML; a check at an operation is a test case."""
    top = ET.Element("testsuites", name="contracts")
    writer = _Writer(report, Masking(report.target), _times(report))
    for group, members in groupby(rows(report), key=lambda row: row.group):
        suite = ET.SubElement(top, "testsuite", name=group)
        for row in members:
            writer.case(suite, row)
    if report.incomplete or report.trouble:
        suite = ET.SubElement(top, "testsuite", name="run")
        case = ET.SubElement(suite, "testcase", classname="contracts.run", name="is_complete")
        told = report.incomplete or ", ".join(f"{n}: {t}" for n, t in report.trouble.items())
        ET.SubElement(case, "error", type="incomplete", message=legal(writer.masking(told)))
    for suite in top:
        _count(suite, suite)
        suite.set("timestamp", _begun(report))
    _count(top, top)
    top.set("time", f"{report.seconds:.3f}")
    ET.indent(top)
    return ET.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def _times(report: Report) -> dict[tuple[str, str], float]:
    """Return how long the calls of each check took at each operation, and in all (`""`)."""
    times: dict[tuple[str, str], float] = {}
    for exchange in report.exchanges:
        for operation in {exchange.operation or "", ""}:
            key = (exchange.label, operation)
            times[key] = times.get(key, 0.0) + exchange.seconds
    return times


def _begun(report: Report) -> str:
    started = min((exchange.started for exchange in report.exchanges), default=0.0)
    return datetime.fromtimestamp(started, UTC).replace(tzinfo=None).isoformat(timespec="seconds")


def _count(element: ET.Element, below: ET.Element) -> None:
    """Write down how many cases there are, and how they went."""
    cases = list(below.iter("testcase"))
    element.set("tests", str(len(cases)))
    for name, child in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        element.set(name, str(sum(case.find(child) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


@dataclass(frozen=True)
class _Writer:
    """Writes the cases of one run."""

    report: Report
    masking: Masking
    times: dict[tuple[str, str], float]

    def case(self, suite: ET.Element, row: Row) -> None:
        """Add a check at an operation."""
        name = f"{row.check}[{row.operation}]" if row.operation else row.check
        case = ET.SubElement(suite, "testcase", classname=f"contracts.{row.group}", name=name)
        seconds = self.times.get((row.check, row.operation))
        if seconds is not None:
            case.set("time", f"{seconds:.3f}")
        trouble = self.report.trouble.get(row.check)
        if trouble is not None:
            ET.SubElement(case, "error", type="trouble", message=legal(self.masking(trouble)))
        elif row.failed:
            self._failure(case, row)
        elif row.skipped:
            ET.SubElement(case, "skipped", message=legal(self.masking(row.skipped)))

    def _failure(self, case: ET.Element, row: Row) -> None:
        told = [self._told(finding) for finding in self._findings(row)]
        message = told[0][0] if told else "another check has reported the same cause"
        failure = ET.SubElement(case, "failure", type=row.check, message=legal(message))
        failure.text = legal("\n\n".join(text for _, text in told))

    def _findings(self, row: Row) -> Iterator[Finding]:
        """Yield the findings of a check at an operation; those of none belong to all."""
        for finding in self.report.findings.found.values():
            here = not finding.operations or row.operation in {"", *finding.operations}
            if finding.check == row.check and here:
                yield finding

    def _told(self, finding: Finding) -> tuple[str, str]:
        lines = [f"promised: {finding.promise}", f"{finding.clause}", f"came: {finding.what}"]
        lines += [exchange.summary for exchange in finding.exchanges]
        if finding.exchanges:
            last = finding.exchanges[-1].request
            lines.append(as_curl(self.report.target, last, self.masking))
        return self.masking(finding.what), self.masking("\n".join(lines))


def legal(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return "".join(character if _is_legal(character) else "�" for character in text)


def _is_legal(character: str) -> bool:
    if "\ud800" <= character <= "\udfff":
        return False
    return character in "\t\n" or (character >= " " and character not in "\ufffe\uffff")
