"""How is an expression compiled, and what can be done with it then?"""

from mockserver.gateway.call import Call
from mockserver.gateway.errors import ExpressionFailed
from mockserver.gateway.expressions.bounds import Frame
from mockserver.gateway.expressions.builder import Builder
from mockserver.gateway.expressions.kinds import VOID
from mockserver.gateway.expressions.nodes import Run
from mockserver.gateway.expressions.parse import EXPRESSION, STATEMENTS, parse
from mockserver.gateway.expressions.scope import Scope
from mockserver.gateway.expressions.source import Source
from mockserver.gateway.expressions.statements import StatementBuilder
