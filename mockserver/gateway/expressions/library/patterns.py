"""What can be done with regular expressions?"""

from mockserver.gateway.expressions.members import Rows

TABLES: dict[str, Rows] = {}
STATIC: dict[str, Rows] = {}
ENUMS: dict[str, tuple[str, ...]] = {}
