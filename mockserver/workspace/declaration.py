"""What may stand in `mockserver.yaml`? The declared form, before anything is built from it."""

import base64
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from mockserver.development_account import DEVELOPMENT_ACCOUNT, DEVELOPMENT_KEY
from mockserver.experiment.feature_hashing import (
    BITSIZE,
    COLUMNS,
    MOST_BITS,
    MOST_NGRAMS,
    NGRAMS,
)
from mockserver.experiment.tables import ColumnType
from mockserver.settings import Settings
from mockserver.workspace.job_script import JobScriptChange, Timing

Identifier = Annotated[str, StringConstraints(pattern="^[0-9a-f]{32}$")]
"""32 lower-case hex digits, as in the addresses of the services."""

Key = Annotated[str, StringConstraints(min_length=8, max_length=512, pattern=r"^[!-~]+$")]
"""An API key: 8 to 512 visible ASCII characters."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
EndpointName = Annotated[str, StringConstraints(pattern="^[a-z0-9]{1,24}$")]
CONTAINER_NAME, LONGEST_CONTAINER_NAME = "[a-z0-9](-?[a-z0-9]){2,62}", 63
ContainerName = Annotated[
    str, StringConstraints(max_length=LONGEST_CONTAINER_NAME, pattern=f"^{CONTAINER_NAME}$")
]
Columns = Annotated[dict[Name, ColumnType], Field(min_length=1)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeatureHashingDeclaration(_Declared):
    kind: Literal["feature-hashing"]
    columns: Annotated[list[Name], Field(min_length=1)] | None = None
    bitsize: Annotated[int, Field(ge=1, le=MOST_BITS)] = 10
    ngrams: Annotated[int, Field(ge=0, le=MOST_NGRAMS)] = 2
    output: Name = "output1"
    exposed: list[Literal["Hashing bitsize", "N-grams", "Target column(s)"]] = []


class PythonDeclaration(_Declared):
    kind: Literal["python"]
    function: Annotated[str, StringConstraints(pattern=r"^[\w.]+:\w+$")]
    rows_per_call: Annotated[int, Field(ge=1, le=10**9)] = 10_000


class CannedDeclaration(_Declared):
    kind: Literal["canned"]
    rows: dict[Name, list[list[Any]]]


class ParameterDeclaration(_Declared):
    type: ColumnType
    default: str | bool | int | float | date | None = None

    @property
    def is_required(self) -> bool:
        return "default" not in self.model_fields_set


class EndpointDeclaration(_Declared):
    name: EndpointName = "default"
    id: Identifier
    primary_key: Key
    secondary_key: Key
    max_concurrent_calls: Annotated[int, Field(ge=1, le=200)] = 20
    max_running_jobs: Annotated[int, Field(ge=1, le=1000)] = 40


class ServiceDeclaration(_Declared):
    name: Name
    id: Identifier
    description: str = "No description provided for this web service."
    experiment: Annotated[
        FeatureHashingDeclaration | PythonDeclaration | CannedDeclaration,
        Field(discriminator="kind"),
    ]
    inputs: dict[Name, Columns] = {}
    outputs: dict[Name, Columns] = {}
    parameters: dict[Name, ParameterDeclaration] = {}
    sample: dict[Name, dict[Name, Any]] = {}
    bes: JobScriptChange = JobScriptChange()
    endpoints: Annotated[list[EndpointDeclaration], Field(min_length=1)]

    @model_validator(mode="after")
    def _fits_its_experiment(self) -> "ServiceDeclaration":
        hashing = self.experiment.kind == "feature-hashing"
        if hashing and (len(self.inputs) != 1 or self.outputs or self.parameters):
            raise ValueError(
                "feature-hashing takes exactly one input and declares neither outputs"
                f" nor parameters (expose {BITSIZE!r}, {NGRAMS!r} or {COLUMNS!r} instead)"
            )
        if not hashing and not self.outputs:
            raise ValueError(f"{self.experiment.kind} needs its outputs declared")
        return self


class WorkspaceDeclaration(_Declared):
    id: Identifier
    name: Name = "workspace"
    services: Annotated[list[ServiceDeclaration], Field(min_length=1)]


def _base64(text: str) -> str:
    """Return a key if it can sign."""
    try:
        if base64.b64decode(text, validate=True):
            return text
    except ValueError:
        pass
    raise ValueError("not a key in Base64")


class AccountDeclaration(_Declared):
    """A storage account: `endpoint` is `embedded`, or the address of another blob service."""

    name: Annotated[str, StringConstraints(pattern="^[a-z0-9]{3,24}$")]
    key: Annotated[str, AfterValidator(_base64)]
    endpoint: Annotated[str, StringConstraints(pattern="^(embedded|https?://[^?#@]+)$")] = (
        "embedded"
    )
    containers: list[ContainerName] = []


class StorageDeclaration(_Declared):
    accounts: list[AccountDeclaration] = [
        AccountDeclaration(name=DEVELOPMENT_ACCOUNT, key=DEVELOPMENT_KEY, containers=["demo"])
    ]
    allowed_hosts: list[Annotated[str, StringConstraints(pattern=r"^[\w.\-]+(:\d+)?$")]] = []
    default_container: ContainerName = "experimentoutput"

    @model_validator(mode="after")
    def _names_are_single(self) -> "StorageDeclaration":
        names = [account.name for account in self.accounts]
        if len(set(names)) != len(names):
            raise ValueError("two storage accounts have the same name")
        return self


class BesDeclaration(_Declared):
    """What holds for the jobs of every service that does not say otherwise."""

    void_status: Literal[200, 204] = 200
    timing: Timing = "quick"


class Declaration(_Declared):
    """The whole file."""

    settings: Settings = Settings()
    storage: StorageDeclaration = StorageDeclaration()
    bes: BesDeclaration = BesDeclaration()
    gateway: Any = None
    """A GatewayDeclaration, or the name of a file with one; left out: the how-to's gateway. It is
    validated where it is built, so that a mistake is told with the file it is in."""
    workspaces: Annotated[list[WorkspaceDeclaration], Field(min_length=1)]
