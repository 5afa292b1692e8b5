"""What can be wrong with a call about a job, apart from the blobs that it names?

Failure
├── JobNotFound, JobIdMissing
├── JobCannotStart                        started already, or ended
├── InputTwice                            both the single and the map form
├── InputsNotSpecified, TooManyInputs     some of several are missing; more than there are
├── UnknownOutput, OutputNotSpecified     the name of an output, or its blob
└── StateNotSaved                         the disk or the database does not take it
"""

from mockserver.failures import Failure


class JobNotFound(Failure):
    """The endpoint has no job with this id."""


class JobIdMissing(Failure):
    """The address has nothing where the job's id belongs."""


class JobCannotStart(Failure):
    """The job was started before, or has ended. Argument: its state."""


class InputTwice(Failure):
    """`Input` and `Inputs` are both given."""


class InputsNotSpecified(Failure):
    """Some of the service's inputs are given, not all. Argument: the missing ones, joined."""


class TooManyInputs(Failure):
    """More inputs are given than the service has. Argument: those that it has, joined."""


class UnknownOutput(Failure):
    """An output was named that the service does not have. Argument: the name."""


class OutputNotSpecified(Failure):
    """An output was named without a blob for it. Argument: the name."""


class StateNotSaved(Failure):
    """What happened could not be written down, so it has not happened."""


class StateNotUsable(Exception):
    """What is kept of jobs cannot be opened or is no database; the text says which and why."""
