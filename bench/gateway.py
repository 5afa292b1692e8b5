"""What does a call cost through the gateway, beside nginx `proxy_pass` and without a gateway?

`make bench`, or `python bench/gateway.py --rounds 5`. One nginx is the backend of all: it returns
what RRS returns to the how-to's call, as fast as anything can. Before it stand, one after the other
in each round, nginx as a proxy, the gateway with a rate limit and two header policies, and the
gateway without them. Results go to `bench/results/gateway.md`. Exit code 2 if wrk or nginx is
missing, 1 if a server does not work.
"""

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from bench.calls import Call, small_call
from bench.measure import Load, Options, Subject, Task, check, measure_loads
from bench.servers import HERE, NotUsable, Place, Server, running
from bench.tables import NONE, spread, table

MANY, ONE = "32 connections", "1 connection"
DIRECT, PROXY, POLICIES, PLAIN = "no gateway", "nginx proxy_pass", "gateway", "gateway, no policies"
RRS, RRS_GATEWAY = "RRS, no gateway", "RRS through the gateway"
_KEY = "bench-subscription"
_ANSWER = (
    '{"Results":{"output1":{"type":"table","value":{"ColumnNames":["Col2"'
    + "".join(f',"Col2_HashingFeature.{n}"' for n in range(8))
    + '],"ColumnTypes":["String"'
    + ',"Int32"' * 8
    + '],"Values":[["This is a good day","1","1","2","2","0","2","0","1"]]}}}}'
)
_TEMPLATE = (
    "/workspaces/{workspace}/services/{service}/execute?api-version={apiversion}&details={details}"
)
_POLICY = """
        <policies>
          <inbound>
            <base />
            <rate-limit calls="1000000000" renewal-period="1" />
            <set-header name="Authorization"><value>Bearer of-the-backend</value></set-header>
            <set-header name="Ocp-Apim-Subscription-Key" exists-action="delete" />
          </inbound>
          <backend><base /></backend>
          <outbound><base /></outbound>
        </policies>
"""


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser("bench/gateway.py", description="Measure the gateway.")
    parser.add_argument("--rounds", type=int, default=3, help="default 3")
    parser.add_argument("--seconds", type=int, default=4, help="of each load, default 4")
    options = parser.parse_args()
    for program in ("wrk", "nginx"):
        if shutil.which(program) is None:
            print(f"bench: {program} is missing; apt-get install {program}", file=sys.stderr)
            return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    notes: list[str] = []
    before = ", ".join(f"{load:.1f}" for load in os.getloadavg()[:2])
    with tempfile.TemporaryDirectory(prefix="mockserver-bench-") as folder:
        try:
            loads = list(_measure(options, Path(folder), notes))
        except NotUsable as error:
            print(f"bench: {error}", file=sys.stderr)
            return 1
    head = _head(options, before)
    text = "\n".join(["# The gateway beside nginx", "", *head, *_report(loads), *notes, ""])
    print(f"\n{text}")
    results = HERE / "results"
    (results / "gateway.md").write_text(text, encoding="utf-8")
    content = json.dumps([asdict(load) for load in loads], indent=1)
    (results / "gateway.json").write_text(content + "\n", encoding="utf-8")
    print("written: bench/results/gateway.md, bench/results/gateway.json")
    return 0


def _measure(options: argparse.Namespace, folder: Path, notes: list[str]) -> Iterator[Load]:
    with running(_nginx("backend", folder, _fixed()), small_call(), folder) as backend:
        subjects = [_checked(each, folder) for each in _subjects(folder, backend.port)]
        chosen = Options(options.rounds, options.seconds, 0)
        for load in measure_loads(subjects, chosen, folder, notes.append):
            print(
                f"  round {load.round + 1}  {load.load:14}  {load.server:24}"
                f" {load.per_second:9,.0f}/s, p50 {load.p50:6.3f} ms, {load.cpu:4.0f} µs CPU",
                flush=True,
            )
            if load.errors:
                notes.append(f"{load.server}: {load.errors} errors in round {load.round + 1}")
            yield load


def _subjects(folder: Path, backend: int) -> Iterator[Subject]:
    direct = small_call()
    through = replace(direct, path=f"/azureml-demo{direct.path}&subscription-key={_KEY}")
    yield _subject(_nginx(DIRECT, folder, _fixed()), direct)
    yield _subject(_nginx(PROXY, folder, _proxy(backend)), direct)
    url = f"http://127.0.0.1:{backend}"
    yield _subject(_gateway(POLICIES, folder, url, _POLICY), through)
    yield _subject(_gateway(PLAIN, folder, url, ""), through)
    yield _subject(_services(folder), direct)
    embedded = "https://ussouthcentral.services.azureml.net"
    yield _subject(_gateway(RRS_GATEWAY, folder, embedded, ""), through)


def _subject(server: Server, call: Call) -> Subject:
    return Subject(
        server,
        [Task(server.name, MANY, call), Task(server.name, ONE, replace(call, connections=1))],
    )


def _checked(subject: Subject, folder: Path) -> Subject:
    check(subject, folder)
    return subject


def _nginx(name: str, folder: Path, location: str) -> Server:
    def command(at: Place) -> list[str]:
        place = folder / name.replace(" ", "-")
        place.mkdir(exist_ok=True)
        temporary = " ".join(
            f"{kind}_temp_path {place}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        upstream, _, rest = location.rpartition("---")
        (place / "nginx.conf").write_text(
            f"worker_processes 1; daemon off; pid {place}/pid; error_log {place}/error.log;\n"
            "events { worker_connections 512; }\n"
            f"http {{ access_log off; {temporary} keepalive_requests 1000000000; {upstream}\n"
            f"server {{ listen 127.0.0.1:{at.port}; location / {{ {rest} }} }} }}\n",
            encoding="utf-8",
        )
        return ["nginx", "-p", str(place), "-c", str(place / "nginx.conf")]

    return Server(name, command)


def _fixed() -> str:
    return f"default_type application/json; return 200 '{_ANSWER}';"


def _proxy(backend: int) -> str:
    return (
        f"upstream b {{ server 127.0.0.1:{backend}; keepalive 64; keepalive_requests 1000000000; }}"
        '---proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection "";'
    )


def _gateway(name: str, folder: Path, service_url: str, policy: str) -> Server:
    file = folder / f"{name.replace(' ', '-').replace(',', '')}.yaml"
    api = {
        "id": "bench",
        "name": "Bench",
        "path": "azureml-demo",
        "service_url": service_url,
        "operations": [{"name": "RRS Execute", "method": "POST", "url_template": _TEMPLATE}],
        **({"policy": policy} if policy else {}),
    }
    subscription = {
        "id": "bench",
        "scope": "/apis",
        "primary_key": _KEY,
        "secondary_key": f"{_KEY}-2",
    }
    _declare(file, {"apis": [api], "subscriptions": [subscription]})
    return Server(name, lambda at: _serve(file, gateway=at.port))


def _services(folder: Path) -> Server:
    file = folder / "services.yaml"
    _declare(file, {})
    return Server(RRS, lambda at: _serve(file, services=at.port))


def _declare(file: Path, gateway: dict[str, object]) -> None:
    """Write the how-to's world with another gateway. JSON is YAML."""
    import yaml

    from mockserver.workspace.configuration import DEMO

    world = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    file.write_text(json.dumps(world | {"gateway": gateway}), encoding="utf-8")


def _serve(file: Path, services: int = 0, gateway: int = 0) -> list[str]:
    program = str(Path(sys.executable).with_name("mockserver"))
    ports = {"services": services, "gateway": gateway, "storage": 0}
    flags = [part for name, port in ports.items() for part in (f"--{name}-port", str(port))]
    return [program, "serve", "--config", str(file), *flags]


def _head(options: argparse.Namespace, before: str) -> list[str]:
    named = ", ".join(f"{name} {version(name)}" for name in ("mockserver", "uvicorn", "httptools"))
    machine = f"Cores: {os.cpu_count()}; Python: {platform.python_version()}"
    return [
        f"{datetime.now(UTC):%Y-%m-%d}. {machine}; load average before: {before}. {named}.",
        "",
        f"{options.rounds} rounds of {options.seconds} s; min / median / max.",
        "",
    ]


def _report(loads: Sequence[Load]) -> list[str]:
    """Return the aims, then a table for each load."""
    aims = [
        _aim("gateway to nginx proxy_pass, requests/s", _ratios(loads, POLICIES, PROXY), 0.15),
        _aim("the same without policies", _ratios(loads, PLAIN, PROXY), None),
        _aim("gateway to no gateway, requests/s", _ratios(loads, POLICIES, DIRECT), None),
        _aim("added p50 at one connection, ms", _added(loads, POLICIES, DIRECT), -1.0),
        _aim("the same of nginx proxy_pass, ms", _added(loads, PROXY, DIRECT), None),
        _aim("RRS through the gateway to RRS, requests/s", _ratios(loads, RRS_GATEWAY, RRS), None),
        _aim("its added p50 at one connection, ms", _added(loads, RRS_GATEWAY, RRS), None),
    ]
    lines = ["## Aims", "", *table(["figure", "measured", "aim", "verdict"], aims), ""]
    for name in (MANY, ONE):
        rows = [
            [
                server,
                spread([load.per_second for load in found]),
                spread([load.p50 for load in found], ".3f"),
                spread([load.p99 for load in found], ".2f"),
                spread([load.cpu for load in found]),
                spread([load.memory for load in found]),
            ]
            for server in dict.fromkeys(load.server for load in loads)
            if (found := [x for x in loads if (x.server, x.load) == (server, name)])
        ]
        head = ["server", "requests/s", "p50 ms", "p99 ms", "CPU µs/request", "MB after"]
        lines += [f"## {name}", "", *table(head, rows), ""]
    return lines


def _aim(what: str, values: Sequence[float], aim: float | None) -> list[str]:
    """Compare a median with an aim: at least so much, or less than so much if it is negative."""
    if aim is None or not values:
        return [what, spread(values, ".2f"), NONE, ""]
    if aim < 0:
        verdict = "met" if median(values) < -aim else "missed"
        return [what, spread(values, ".2f"), f"< {-aim:g}", verdict]
    verdict = "met" if median(values) >= aim else "missed"
    return [what, spread(values, ".2f"), f"≥ {aim:g}", verdict]


def _ratios(loads: Sequence[Load], one: str, other: str) -> list[float]:
    """Return requests per second of one server in those of another, round by round."""
    found = {(x.round, x.server): x.per_second for x in loads if x.load == MANY}
    return [found[n, one] / found[n, other] for n in _rounds(found, one, other)]


def _added(loads: Sequence[Load], one: str, other: str) -> list[float]:
    """Return how much longer the median call takes at one connection, in ms, round by round."""
    found = {(x.round, x.server): x.p50 for x in loads if x.load == ONE}
    return [found[n, one] - found[n, other] for n in _rounds(found, one, other)]


def _rounds(found: dict[tuple[int, str], float], one: str, other: str) -> list[int]:
    numbers = sorted({number for number, _ in found})
    return [n for n in numbers if (n, one) in found and (n, other) in found]


if __name__ == "__main__":
    sys.exit(main())
