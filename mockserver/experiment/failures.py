"""What can be wrong with the data that an experiment is given, or with what it computes?

Failure
├── InputNotProvided        the service has inputs, the call has none
├── UnknownInput            an input of another name
├── InputColumnsMismatch    columns missing, unknown or doubled
├── InputNotParsed          a row of the wrong width, a cell of the wrong type
├── ParameterMissing        a required web service parameter is absent
├── ParameterUnexpected     a parameter that the service does not have
├── ParameterNotParsed      a parameter value of the wrong type
├── MemoryQuotaExceeded     the answer would not fit the quota
└── ModuleFailed            a module of the experiment failed, with its published error number
"""

from mockserver.failures import Failure


class InputNotProvided(Failure):
    """The service has inputs and the call brings none of them, or not all."""


class UnknownInput(Failure):
    """An input was given that the service does not have. Argument: the names, joined."""


class InputColumnsMismatch(Failure):
    """The columns of an input are not those of its schema."""


class InputNotParsed(Failure):
    """A row or cell of an input could not be read. Argument: which, and why."""


class ParameterMissing(Failure):
    """A web service parameter without default was not given."""


class ParameterUnexpected(Failure):
    """A parameter was given that the service does not have."""


class ParameterNotParsed(Failure):
    """A parameter value is not of its type. Argument: the module's own wording of it."""


class MemoryQuotaExceeded(Failure):
    """The answer would take more memory than permitted. Argument: the quota in MB."""


class ModuleFailed(Failure):
    """A module failed. `number` is the published error number, the argument its full text."""

    def __init__(self, number: int, text: str, *, target: str, reason: str = "") -> None:
        super().__init__(f"Error {number:04d}: {text}", reason=reason, target=target)
        self.number = number
