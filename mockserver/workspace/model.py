"""What is a workspace, a web service, an endpoint; and which endpoint does a URL mean?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mockserver.evidence import Evidence, Fact
from mockserver.experiment.tables import Cell, Experiment
from mockserver.failures import Failure
from mockserver.workspace.job_script import JobScript

FACTS = (
    Fact(
        "The id after `/services/` is the endpoint's, not the web service's.",
        Evidence.CAPTURED,
        "the R client derives it from help page addresses",
    ),
    Fact(
        "An endpoint accepts 20 concurrent calls, configurable up to 200.",
        Evidence.PUBLISHED,
        "the scaling document",
    ),
    Fact(
        "A service id may also be written as a GUID with dashes or in upper case.",
        Evidence.ASSUMED,
        "the published error text asks for `a valid guid`, no more",
    ),
)


class WorkspaceNotFound(Failure):
    """No workspace has this id."""


class ServiceNotFound(Failure):
    """No endpoint has this id."""


class ServiceInOtherWorkspace(Failure):
    """The endpoint exists, in another workspace."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of a web service: its id (32 hex digits), its two keys, its limit."""

    id: str
    name: str
    primary_key: str
    secondary_key: str
    max_concurrent_calls: int = 20
    max_running_jobs: int = 40


@dataclass(frozen=True, slots=True)
class Service:
    """A published web service.

    `sample` is one example row per input, for its documents; `jobs` is how its jobs go.
    """

    id: str
    name: str
    experiment: Experiment
    endpoints: tuple[Endpoint, ...]
    description: str = "No description provided for this web service."
    sample: Mapping[str, Mapping[str, Cell]] = field(default_factory=dict)
    jobs: JobScript = field(default_factory=JobScript)


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace: its id (32 hex digits) and its web services."""

    id: str
    name: str
    services: tuple[Service, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """One endpoint with all that stands above it."""

    workspace: Workspace
    service: Service
    endpoint: Endpoint


class Directory:
    """All endpoints by their address."""

    def __init__(self, workspaces: Iterable[Workspace]) -> None:
        self.workspaces = tuple(workspaces)
        self.published = tuple(
            Published(workspace, service, endpoint)
            for workspace in self.workspaces
            for service in workspace.services
            for endpoint in service.endpoints
        )
        self._by_endpoint = {published.endpoint.id: published for published in self.published}
        self._workspace_ids = {workspace.id for workspace in self.workspaces}

    def find(self, workspace_id: str, endpoint_id: str) -> Published:
        """Return the endpoint at this address; both ids as 32 lower-case hex digits."""
        published = self._by_endpoint.get(endpoint_id)
        if published is not None and published.workspace.id == workspace_id:
            return published
        if workspace_id not in self._workspace_ids:
            raise WorkspaceNotFound(reason=f"no workspace {workspace_id[:64]!r}")
        if published is not None:
            raise ServiceInOtherWorkspace(reason=f"it is in {published.workspace.id}")
        raise ServiceNotFound(reason=f"no endpoint {endpoint_id}")

    def by_endpoint(self, endpoint_id: str) -> Published:
        """Return the endpoint with this id, which is one of ours."""
        return self._by_endpoint[endpoint_id]
