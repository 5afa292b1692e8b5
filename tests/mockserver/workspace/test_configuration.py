"""Is `mockserver.yaml` read as documented, and is each mistake told with its line?"""

import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from mockserver.experiment.canned import Canned
from mockserver.experiment.feature_hashing import FeatureHashing
from mockserver.experiment.python_function import PythonFunction
from mockserver.workspace.configuration import (
    DEMO,
    ConfigurationError,
    load_configuration,
    parse_configuration,
)
from mockserver.workspace.job_script import Fail, JobScript, SecondsTiming

KEYS = "primary_key: primary-key, secondary_key: secondary-key"
ID = "0123456789abcdef0123456789abcde"


def world(service: str) -> str:
    """Return a file with one service, given as YAML."""
    top = f"workspaces:\n  - id: '{ID}0'\n    services:\n"
    return top + textwrap.indent(textwrap.dedent(service).strip(), "      ") + "\n"


def complaints(text: str, folder: Path = Path()) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        parse_configuration(text, "m.yaml", folder)
    return list(caught.value.lines)


def test_without_a_file_the_how_to_is_served() -> None:
    """The built-in world is one service with 3 bits and 2-grams over Col2."""
    (workspace,) = load_configuration(None).workspaces
    (service,) = workspace.services
    assert service.name == "SimpleFeatureHashingExperiment"
    assert isinstance(service.experiment, FeatureHashing)
    assert len(service.experiment.outputs["output1"].names) == 9
    assert service.sample == {"input1": {"Col2": "This is a good day"}}


def test_the_commented_examples_of_the_demo_are_valid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever takes the comment signs away in the written file gets a working world."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "sentiment.py").write_text("def score(rows, parameters): return rows\n")
    lines = DEMO.read_text().splitlines()
    start = next(i for i, line in enumerate(lines) if "- name: Sentiment" in line)
    examples = [
        line.replace("# ", "", 1)
        for line in lines[start:]
        if line.strip().startswith("# ") and not line.strip().startswith("# A stub")
    ]
    text = "\n".join([*lines[:start], *examples])
    (workspace,) = parse_configuration(text, "m.yaml", tmp_path).workspaces
    kinds = [type(service.experiment) for service in workspace.services]
    assert kinds == [FeatureHashing, PythonFunction, Canned]


HASHING = f"""
    - name: s
      id: '{ID}1'
      inputs: {{input1: {{a: String, n: Int32}}}}
      experiment: {{kind: feature-hashing}}
      endpoints: [{{id: '{ID}2', {KEYS}}}]
"""
CANNED = f"""
    - name: s
      id: '{ID}1'
      outputs: {{o: {{a: String, p: Double, d: DateTime}}}}
      parameters: {{k: {{type: Int32, default: 3}}, r: {{type: String}}}}
      experiment:
        kind: canned
        rows: {{o: [[x, 0.5, 2010-05-30], [null, null, null]]}}
      endpoints: [{{id: '{ID}2', {KEYS}}}]
"""


def test_the_target_columns_default_to_the_texts() -> None:
    """Without `columns` every String column is hashed, with 10 bits."""
    (workspace,) = parse_configuration(world(HASHING), "m.yaml", Path()).workspaces
    outputs = workspace.services[0].experiment.outputs["output1"]
    assert outputs.names[:3] == ("a", "n", "a_HashingFeature.0")
    assert len(outputs.names) == 2 + 1024


def test_canned_rows_are_written_as_the_service_writes() -> None:
    """Values of the file become wire text; parameters have types and defaults."""
    (workspace,) = parse_configuration(world(CANNED), "m.yaml", Path()).workspaces
    experiment = workspace.services[0].experiment
    rows = experiment.score({}, {})["o"].rows
    assert rows == [["x", "0.5", "5/30/2010 12:00:00 AM"], [None, None, None]]
    assert experiment.parameters["k"].default == 3
    assert experiment.parameters["r"].is_required


@pytest.mark.parametrize(
    ("before", "after", "line", "complaint"),
    [
        ("kind: feature-hashing", "kind: magic", 7, "experiment: Input tag 'magic'"),
        (
            "kind: feature-hashing",
            "kind: feature-hashing, bitsize: 32",
            7,
            "experiment.bitsize: Input should be less than or equal to 31",
        ),
        (
            "kind: feature-hashing",
            "kind: feature-hashing, bitsize: 17",
            7,
            (
                'experiment.bitsize: Error 0008: Parameter "Hashing bitsize" value should be in the'
                " range of [1, 16]."
            ),
        ),
        (
            "kind: feature-hashing",
            "kind: feature-hashing, columns: [b]",
            7,
            'experiment.columns: Error 0001: Column with name or index "b" not found',
        ),
        (
            "kind: feature-hashing",
            "kind: feature-hashing, columns: [n]",
            7,
            'experiment.columns: Error 0017: Cannot process column "n" of type Int32.',
        ),
        ("a: String, n: Int32", "n: Int32", 7, "experiment: the input has no String column"),
        ("n: Int32", "n: Integer", 6, "inputs.input1.n: Input should be 'String'"),
        (f"id: '{ID}1'", "id: 'abc'", 5, "id: String should match pattern"),
        ("name: s", "nome: s", 4, "nome: Extra inputs are not permitted"),
        (f"id: '{ID}2', ", "", 8, "endpoints[0].id: Field required"),
        ("primary-key", "short", 8, "endpoints[0].primary_key: String should have at least 8"),
        (
            "secondary-key",
            "secondary-key, max_concurrent_calls: 201",
            8,
            "endpoints[0].max_concurrent_calls: Input should be less than or equal to 200",
        ),
        (f"id: '{ID}2'", f"id: '{ID}0'", 8, "endpoints[0].id: "),
        ("inputs: {", "outputs: {o: {a: String}}\n        inputs: {", 4, "exactly one input"),
        ("experiment:", "sample: {input1: {a: x}}\n        experiment:", 7, "sample.input1: must"),
        (
            "experiment:",
            "sample: {input1: {a: x, n: y}}\n        experiment:",
            7,
            "sample.input1.n: 'y' is not a value of type Int32",
        ),
    ],
)
def test_a_mistake_is_told_with_line_and_field(
    before: str, after: str, line: int, complaint: str
) -> None:
    """Each mistake names the file, the line and the field, and what is wrong."""
    text = world(HASHING)
    assert before in text
    (told, *_) = [one for one in complaints(text.replace(before, after)) if complaint in one]
    assert told.startswith(f"m.yaml:{line}: workspaces[0]")


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("[x, 0.5, 2010-05-30]", "[x, 0.5]", "rows.o[0]: 2 values for 3 columns"),
        ("[x, 0.5, 2010-05-30]", "[x, y, 2010-05-30]", "rows.o[0][1]: 'y' is not a value of type"),
        ("[x, 0.5, 2010-05-30]", "[x, [1], 2010-05-30]", "rows.o[0][1]: [1] is not a value"),
        ("[x, 0.5, 2010-05-30]", "[[x], 0.5, 2010-05-30]", "rows.o[0][0]: ['x'] is not a value"),
        (
            "2010-05-30",
            "0001-01-01T00:00:00+14:00",
            "rows.o[0][2]: datetime.datetime(1, 1, 1, 0, 0",
        ),
        ("rows: {o:", "rows: {p:", "rows: rows are needed for exactly ['o']"),
        ("default: 3", "default: x", "parameters.k.default: 'x' is not a value of type Int32"),
        ("outputs: {o", "inputs: {o", "canned needs its outputs declared"),
    ],
)
def test_a_mistake_in_a_stub_is_told(before: str, after: str, complaint: str) -> None:
    """Rows, defaults and outputs of a stub are checked at load too."""
    text = world(CANNED)
    assert before in text
    (told,) = complaints(text.replace(before, after))
    assert complaint in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "m.yaml:1: the file: Input should be a valid dictionary"),
        ("- 1", "m.yaml:1: the file: Input should be a valid dictionary"),
        ("a: [", "m.yaml:2: did not find expected node content"),
        ("a: \x00", "m.yaml:1: unacceptable character"),
        ("workspaces: 1\n\nworkspaces: 2", "m.yaml:3: workspaces: given twice"),
        ("a: !!python/name:os.system x", "m.yaml:1: could not determine a constructor"),
        ("{" * 5000, "m.yaml:1: nested too deeply"),
        ("[" * 100_000, "m.yaml:1: nested too deeply"),
        ("a:\n  - 2024-02-30", "m.yaml:2: not a value of its type: 2024-02-30"),
        (f"a: {'9' * 5000}", "m.yaml:1: not a value of its type: 9999"),
        ("a: !!int abc", "m.yaml:1: not a value of its type: abc"),
        ("a: !!bool abc", "m.yaml:1: not a value of its type: abc"),
        ("a: !!timestamp abc", "m.yaml:1: not a value of its type: abc"),
        ("settings: {services_port: 99999}", "m.yaml:1: settings.services_port: Input should be"),
    ],
)
def test_a_file_that_is_no_configuration_is_told(text: str, told: str) -> None:
    """Broken YAML, unsafe YAML and other content are errors with a line, never a traceback."""
    assert complaints(text)[0].startswith(told)


def test_aliases_are_walked_once() -> None:
    """A few lines that stand for billions of values are read in no time, and refused."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    assert complaints("\n".join(lines))[0].startswith("m.yaml:1: ")


def test_defaults_keep_their_value() -> None:
    """Large whole numbers and dates are not squeezed into doubles or texts."""
    text = CANNED.replace(
        "k: {type: Int32, default: 3}",
        "k: {type: Int64, default: 9007199254740993},"
        " s: {type: String, default: 12345678901234567},"
        " d: {type: DateTime, default: 2024-01-01}",
    )
    (workspace,) = parse_configuration(world(text), "m.yaml", Path()).workspaces
    parameters = workspace.services[0].experiment.parameters
    assert parameters["k"].default == 9007199254740993
    assert parameters["s"].default == "12345678901234567"
    assert parameters["d"].default == datetime(2024, 1, 1)  # noqa: DTZ001


def test_paths_do_not_depend_on_what_a_model_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module that changes the folder of the process does not move the ready file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "moving_model.py").write_text(
        "import os\nos.chdir('/')\ndef score(rows, parameters): return rows\n"
    )
    text = world(CANNED.replace("kind: canned", "kind: python").replace("rows:", "function:"))
    start, _, _ = text.partition("function:")
    text = f"{start}function: moving_model:score\n  {text[text.index('      endpoints') :]}"
    given = {"ready_file": "ready.json"}
    loaded = parse_configuration(text, "m.yaml", tmp_path, given)
    assert loaded.settings.ready_file == tmp_path / "ready.json"


def test_storage_and_batch_have_defaults() -> None:
    """The development account with the container of the how-to; quick jobs, 40 at a time."""
    loaded = parse_configuration(world(HASHING), "m.yaml", Path())
    (account,) = loaded.storage.accounts
    assert (account.name, account.endpoint) == ("devstoreaccount1", "embedded")
    assert (account.containers, loaded.storage.allowed_hosts) == (["demo"], [])
    assert loaded.storage.default_container == "experimentoutput"
    assert loaded.bes.void_status == 200
    (service,) = loaded.workspaces[0].services
    assert service.jobs == JobScript(timing="quick", ending="score")
    assert service.endpoints[0].max_running_jobs == 40


def test_a_service_says_how_its_jobs_go() -> None:
    """What it does not say is as for every service of the file."""
    text = "bes: {void_status: 204, timing: observed}\n" + world(HASHING)

    def script(own: str) -> JobScript:
        changed = text.replace("experiment:", f"bes: {own}\n        experiment:")
        return parse_configuration(changed, "m.yaml", Path()).workspaces[0].services[0].jobs

    assert script("{}") == JobScript(timing="observed")
    assert script("{ending: hang}") == JobScript(timing="observed", ending="hang")
    timing = SecondsTiming(running_seconds=3, jitter=0.5, seed=7)
    assert script("{timing: {running_seconds: 3, jitter: 0.5, seed: 7}}").timing == timing
    assert script("{ending: {fail: why}}").ending == Fail(fail="why")


ACCOUNT = "{name: abc, key: a2V5}"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("storage: {accounts: [{name: abc}]}", "storage.accounts[0].key: Field required"),
        ("storage: {accounts: [{name: Abc, key: a2V5}]}", "storage.accounts[0].name: String"),
        ("storage: {accounts: [{name: ab, key: a2V5}]}", "storage.accounts[0].name: String"),
        ("storage: {accounts: [{name: abc, key: a2V}]}", "accounts[0].key: Value error, not a key"),
        ("storage: {accounts: [{name: abc, key: a}]}", "accounts[0].key: Value error, not a key"),
        ("storage: {accounts: [{name: abc, key: ''}]}", "accounts[0].key: Value error, not a key"),
        ("storage: {accounts: [{name: abc, key: 'a b='}]}", "accounts[0].key: Value error, not a"),
        (f"storage: {{accounts: [{ACCOUNT}, {ACCOUNT}]}}", "two storage accounts have the same"),
        (
            "storage: {accounts: [{name: abc, key: a2V5, endpoint: 'ftp://x'}]}",
            "storage.accounts[0].endpoint: String should match",
        ),
        (
            "storage: {accounts: [{name: abc, key: a2V5, endpoint: 'http://u@x'}]}",
            "storage.accounts[0].endpoint: String should match",
        ),
        (
            "storage: {accounts: [{name: abc, key: a2V5, endpoint: 'http://x?sig=a'}]}",
            "storage.accounts[0].endpoint: String should match",
        ),
        (
            "storage: {accounts: [{name: abc, key: a2V5, containers: [AB]}]}",
            "storage.accounts[0].containers[0]: String should match",
        ),
        (
            f"storage: {{accounts: [{{name: abc, key: a2V5, containers: [{'a-' * 40}a]}}]}}",
            "storage.accounts[0].containers[0]: String should",
        ),
        ("storage: {default_container: a--b}", "storage.default_container: String should match"),
        ("storage: {allowed_hosts: ['http://x']}", "storage.allowed_hosts[0]: String should match"),
        ("storage: {allowed_hosts: ['x:y']}", "storage.allowed_hosts[0]: String should match"),
        ("storage: {host: x}", "storage.host: Extra inputs are not permitted"),
        ("bes: {void_status: 202}", "bes.void_status: Input should be 200 or 204"),
        ("bes: {timing: slow}", "bes.timing"),
        ("bes: {ending: hang}", "bes.ending: Extra inputs are not permitted"),
    ],
)
def test_a_mistake_in_storage_or_batch_is_told(given: str, told: str) -> None:
    """With its line and its field, as any other."""
    found = complaints(f"{given}\n{world(HASHING)}")
    assert found[0].startswith("m.yaml:1: ")
    assert any(told in line for line in found)


@pytest.mark.parametrize("number", [0, 1001])
def test_the_limit_of_running_jobs_has_bounds(number: int) -> None:
    """From 1 to 1,000 jobs of an endpoint run at a time."""
    text = world(HASHING).replace("secondary-key", f"secondary-key, max_running_jobs: {number}")
    (told,) = complaints(text)
    assert "endpoints[0].max_running_jobs: Input should be" in told


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """A missing file and one that is not UTF-8 are clear errors."""
    with pytest.raises(ConfigurationError, match="No such file"):
        load_configuration(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe9\n")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_configuration(tmp_path / "latin.yaml")


def test_functions_are_checked_at_load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that is missing, or that takes too few arguments, is told with its line."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "my_model.py").write_text("def score(rows): return rows\n")
    text = world(CANNED.replace("kind: canned", "kind: python").replace("rows:", "function:"))
    start, _, _ = text.partition("function:")
    rest = text[text.index("      endpoints") :]
    told = complaints(f"{start}function: my_model:nope\n  {rest}", tmp_path)
    assert "experiment.function: cannot import my_model:nope" in told[0]
    told = complaints(f"{start}function: my_model:score\n  {rest}", tmp_path)
    assert "experiment.function: it is called with (rows, parameters)" in told[0]


def test_two_workspaces_cannot_share_an_id() -> None:
    """An address means one workspace."""
    text = world(HASHING)
    twin = text.replace("workspaces:\n", "").replace(f"{ID}2", f"{ID}3")
    assert complaints(text + twin) == [f"m.yaml:9: workspaces[1].id: {ID}0 is given twice"]
