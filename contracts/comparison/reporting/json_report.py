"""How is a comparison told to other programs?"""

import json
from typing import Any


def as_json(told: dict[str, Any]) -> str:
    """Return a comparison as one JSON object."""
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"
