"""What can be wrong with the blobs that a job names?

Failure
├── ReferenceMissing            no connection string and path, no address
├── ConnectionStringNotUsable   not readable, or of an account that must not be contacted
├── AddressNotAllowed           a BaseLocation that must not be contacted
├── ContainerNotNamed, ContainerNameNotValid
├── BlobNotNamed, OutputNotNamed, BlobNameTooLong
├── OutputsShareBlob            two outputs of a job cannot be the same blob
├── ExtensionNotSupported       neither .csv nor .tsv nor .arff
└── BlobNotAccessible           not there, or storage refuses the key or the token
"""

from mockserver.failures import Failure

FORBIDDEN = "The remote server returned an error: (403) Forbidden"
NOT_FOUND = "The remote server returned an error: (404) Not Found"
"""How the service's .NET client words what storage answered."""


class ReferenceMissing(Failure):
    """A reference is null, or names neither an account nor an address."""


class ConnectionStringNotUsable(Failure):
    """A connection string cannot be read, or leads where it must not. Argument: it, masked."""


class AddressNotAllowed(Failure):
    """A BaseLocation leads where it must not. Argument: what is wrong."""


class ContainerNotNamed(Failure):
    """The RelativeLocation is missing or empty."""


class ContainerNameNotValid(Failure):
    """The container's name breaks the rules of blob storage."""


class BlobNotNamed(Failure):
    """The RelativeLocation of an input names a container alone."""


class OutputNotNamed(Failure):
    """The RelativeLocation of an output names a container alone. Argument: the location."""


class OutputsShareBlob(Failure):
    """Two outputs are to be written to the same blob. Argument: container/blob."""


class BlobNameTooLong(Failure):
    """A blob's name is longer than 1,024 characters. Argument: its beginning."""


class ExtensionNotSupported(Failure):
    """The blob's name has another extension. Arguments: container/blob, what is supported."""


class BlobNotAccessible(Failure):
    """Storage does not give the blob. Arguments: container/blob, what storage says."""
