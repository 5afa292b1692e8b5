"""Which reports of a comparison were asked for, and where do they go?"""

from contracts.comparison.compare import Comparison
from contracts.comparison.options import Options
from contracts.comparison.reporting.content import content
from contracts.reporting.files import write_whole
from contracts.reporting.masking import Masking


def write_reports(comparison: Comparison, options: Options, masking: Masking) -> None:
    """Write each report that was asked for. Raises OSError."""
    if not options.reports:
        return
    # A page pulls in a library of templates, which only those pay for who want one.
    from contracts.comparison.reporting.html import as_html
    from contracts.comparison.reporting.json_report import as_json
    from contracts.comparison.reporting.junit import as_junit

    writers = {"html": as_html, "junit": as_junit, "json": as_json}
    told = content(comparison, options, masking)
    for form, file in options.reports.items():
        write_whole(file, writers[form](told))
