"""How is a run told to other programs?"""

import json

from contracts.reporting.content import content
from contracts.run import Report


def as_json(report: Report) -> str:
    """Return a run as one JSON object; `report.schema.json` beside this module describes it."""
    return json.dumps(content(report), indent=2, ensure_ascii=False) + "\n"
