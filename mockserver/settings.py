"""Which knobs are there, with which default and unit?

Each has a place under `settings:` in `mockserver.yaml` and an environment variable
`MOCKSERVER_<NAME>`; some also a flag of `mockserver serve`. The flag wins over the variable, the
variable over the file. Read once, at start.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

PREFIX = "MOCKSERVER_"

Port = Annotated[int, Field(ge=0, le=65535)]


AbsolutePath = Annotated[Path, AfterValidator(Path.absolute)]
"""A path that means the same wherever a model's module takes the process."""


class Settings(BaseModel):
    """Every knob of one emulator."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="address that the surfaces listen on")
    services_port: Port = Field(default=8080, description="port of RRS and BES; 0 picks a free one")
    storage_port: Port = Field(
        default=10000, description="port of the embedded blob service; 0 picks a free one"
    )
    gateway: bool = Field(default=True, description="whether the API Management gateway is served")
    gateway_port: Port = Field(default=8081, description="port of the gateway; 0 picks a free one")
    admin: bool = Field(
        default=True,
        description="whether /__admin is served, beside RRS and BES; it asks for no key",
    )
    data_dir: AbsolutePath | None = Field(
        default=None, description="folder for jobs and blobs, which outlive a restart then"
    )
    state_url: str | None = Field(
        default=None,
        description="database of the jobs as an SQLAlchemy URL, instead of a file in data_dir;"
        " blobs outlive a restart only in data_dir",
    )
    scoring_processes: int | None = Field(
        default=None,
        ge=1,
        le=64,
        description="how many jobs are really scored at a time; left out: one for each core",
    )
    ready_file: AbsolutePath | None = Field(
        default=None, description="file to write addresses and keys to once every surface listens"
    )
    log_format: Literal["text", "json"] = Field(default="text", description="form of the log lines")
    journal_megabytes: int = Field(
        default=0,
        ge=0,
        le=4096,
        description="how many MB of the last calls, bodies included, /__admin/journal keeps;"
        " 0 keeps none",
    )
    max_body_bytes: int = Field(
        default=64 << 20,
        ge=1,
        description="largest request body, in bytes; above it the answer is 413",
    )
    poll_wait_seconds: float = Field(
        default=4,
        ge=0,
        description="how long a poll waits, in seconds, for the real scoring of a job"
        " that is over by the clock",
    )
    score_timeout_seconds: float = Field(
        default=300,
        gt=0,
        description="longest run of one scoring, in seconds; then the answer is 408",
    )
    memory_quota_megabytes: int = Field(
        default=1024,
        ge=1,
        description="largest reply of feature hashing, in MB of memory; above it: 413",
    )
    shutdown_seconds: int = Field(
        default=30, ge=0, description="how long a stop waits for running requests, in seconds"
    )

    def overridden(self, values: Mapping[str, Any]) -> "Settings":
        """Return a copy with these values in place, validated."""
        return Settings.model_validate({**self.model_dump(exclude_unset=True), **values})


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that are given as environment variables."""
    return {
        name: environment[variable]
        for name in Settings.model_fields
        if (variable := PREFIX + name.upper()) in environment
    }
