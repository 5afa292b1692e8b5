"""How do reports get into files, whole or not at all?"""

from collections.abc import Callable, Mapping
from pathlib import Path

from contracts.run import Report


def _writers() -> dict[str, Callable[[Report], str]]:
    """Return what makes each form; only what is asked for is paid for."""
    from contracts.reporting.har import as_har
    from contracts.reporting.html import as_html
    from contracts.reporting.json_report import as_json
    from contracts.reporting.junit import as_junit

    return {"html": as_html, "junit": as_junit, "json": as_json, "har": as_har}


def write_reports(report: Report, files: Mapping[str, Path]) -> None:
    """Write each report that was asked for. Raises OSError."""
    writers = _writers() if files else {}
    for form, file in files.items():
        write_whole(file, writers[form](report))


def write_whole(file: Path, text: str) -> None:
    """Write a file so that nobody ever sees a part of it. Raises OSError."""
    written = file.with_name(f".{file.name}.part")
    try:
        # JSON may name half a character, which UTF-8 cannot hold; its escape can be read anywhere.
        written.write_text(text, encoding="utf-8", errors="backslashreplace")
        written.replace(file)
    finally:
        written.unlink(missing_ok=True)
