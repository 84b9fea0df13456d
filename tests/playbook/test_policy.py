"""Policy files: what comes of them, what a playbook says beside one, and what editors are given."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import jsonschema
import pytest

from orchestrator.app.prepare import plan
from orchestrator.model.document import load_document
from orchestrator.model.errors import DocumentError, UsageError
from orchestrator.model.finding import Severity
from orchestrator.playbook.load import load_playbook
from orchestrator.playbook.plan import Playbook
from orchestrator.steps.policy import PolicyEntry, load_policy, schema
from orchestrator.steps.preflight import PreflightParameters
from orchestrator.windows.egress import Endpoint
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import KINDS

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/schemas/policy.schema.json"
SAMPLE = ROOT / "playbooks/policies/sample.yaml"
FIRM = {"unsupported", "service_pack", "windows10_build"}


def written(folder: Path, text: str, name: str = "policy.yaml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def gone_by(playbook: Playbook) -> Policy:
    """The policy of a playbook's first step as a run goes by it."""
    parameters = plan(playbook)[0].parameters
    assert isinstance(parameters, PreflightParameters)
    return parameters.decided


def test_nothing_said_is_the_default(tmp_path: Path) -> None:
    """A policy that says one thing leaves all others as they are without a policy."""
    assert load_policy(written(tmp_path, "clock_minutes: 5\n")).decided == Policy()


def test_what_is_said_is_what_is_gone_by(tmp_path: Path) -> None:
    """Decisions and limits arrive as they were written."""
    text = "findings: {clock: block, uac: ignore}\nminimum_free_mb: 7\nclock_minutes: 90\n"
    policy = load_policy(written(tmp_path, text)).decided
    severities = {"clock": Severity.BLOCK, "uac": Severity.IGNORE}
    assert policy == Policy(severities, minimum_free_mb=7, clock_tolerance=timedelta(minutes=90))


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("egress:\n", Endpoint("passwordreset.microsoftonline.com", 443)),
        ("egress: {}\n", Endpoint("passwordreset.microsoftonline.com", 443)),
        ("egress: {name: reset.contoso.example}\n", Endpoint("reset.contoso.example", 443)),
        ("egress: {port: 8443}\n", Endpoint("passwordreset.microsoftonline.com", 8443)),
    ],
)
def test_what_is_to_be_reached(tmp_path: Path, text: str, endpoint: Endpoint) -> None:
    """Hosts try to reach the service only where the policy says so; name and port may be others."""
    assert load_policy(written(tmp_path, text)).decided.egress == endpoint
    assert load_policy(written(tmp_path, "findings: {}\n")).decided.egress is None


@pytest.mark.parametrize("name", ["a b", "x&calc", 'a"b', "https://a", "-a", "a..b", "a:443", "%PATH%", "x" * 254, ""])
def test_a_name_goes_into_a_command_line(tmp_path: Path, name: str) -> None:
    """What is no host's name is refused with its line, so that nothing else comes into command lines and scripts."""
    with pytest.raises(DocumentError, match=r"policy.yaml:2: `egress.name`: .* is not a host's name"):
        load_policy(written(tmp_path, f"egress:\n  name: {json.dumps(name)}\n"))


def test_a_playbook_names_its_policy(tmp_path: Path) -> None:
    """The file is found beside the playbook; what the playbook says itself goes before it, finding by finding."""
    written(tmp_path, "findings: {tls12: block, clock: block}\nminimum_free_mb: 7\nclock_minutes: 9\n")
    text = (
        "name: mine\ndescription: Mine.\nsteps:\n"
        "  - preflight: {policy: policy.yaml, findings: {tls12: warn}, clock_minutes: 4}\n"
    )
    policy = gone_by(load_playbook(str(written(tmp_path, text, "mine.yaml"))))
    severities = {"tls12": Severity.WARN, "clock": Severity.BLOCK}
    assert policy == Policy(severities, minimum_free_mb=7, clock_tolerance=timedelta(minutes=4))


def test_a_policy_of_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the command line names is found in the current folder; `install` still mends TLS 1.2 itself."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "findings: {tls12: block, clock: block}\n")
    by_setting = load_playbook("preflight").overridden(["preflight.policy=policy.yaml"])
    assert gone_by(by_setting) == gone_by(load_playbook("preflight").with_policy(Path("policy.yaml")))
    assert gone_by(by_setting).severities == {"tls12": Severity.BLOCK, "clock": Severity.BLOCK}
    install = load_playbook("install").overridden(["preflight.policy=policy.yaml"]).steps[0].parameters
    assert isinstance(install, PreflightParameters)
    assert install.prepared("preflight").decided.severities["tls12"] is Severity.WARN


def test_a_policy_for_nobody() -> None:
    """A playbook without a preflight has no use for a policy, and says so."""
    with pytest.raises(UsageError, match="`reboot` has no preflight"):
        load_playbook("reboot").with_policy(Path("policy.yaml"))


def test_mistakes_are_told_before_the_run(tmp_path: Path) -> None:
    """A run does not begin with a policy that cannot be used; the error names the policy, not the playbook."""
    policy = written(tmp_path, "findings:\n  clok: block\n")
    with pytest.raises(DocumentError) as raised:
        plan(load_playbook("preflight").with_policy(policy))
    assert str(raised.value).startswith(f"{policy}:2: ")


@pytest.mark.parametrize("code", sorted(FIRM))
def test_what_cannot_be_mended_stays(tmp_path: Path, code: str) -> None:
    """No policy makes a Windows fit that has no password reset; it may be said once more that it blocks."""
    assert {kind.code for kind in KINDS.values() if kind.firm} == FIRM
    assert load_policy(written(tmp_path, f"findings: {{{code}: block}}\n")).decided.severities == {code: Severity.BLOCK}
    for decision in ("warn", "info", "ignore"):
        with pytest.raises(DocumentError, match=f"`{code}` always blocks"):
            load_policy(written(tmp_path, f"findings: {{{code}: {decision}}}\n"))


def test_the_published_schema_is_current() -> None:
    """What editors are given is what the reader goes by, and describes every key and every finding."""
    command = [sys.executable, "-m", "orchestrator.playbook.entries", "policy"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == PUBLISHED.read_text("utf-8")
    jsonschema.Draft202012Validator.check_schema(schema())
    findings = schema()["properties"]["findings"]["properties"]
    assert list(findings) == list(KINDS)
    keys = {**schema()["properties"], **findings}
    assert [key for key, entry in keys.items() if not entry.get("description")] == []


def test_the_sample_fits_and_names_the_schema() -> None:
    """The sample is read without a complaint, and editors find the schema by its first line."""
    _, _, reference = SAMPLE.read_text("utf-8").splitlines()[0].partition("# yaml-language-server: $schema=")
    assert (SAMPLE.parent / reference).resolve() == PUBLISHED
    jsonschema.validate(load_document(SAMPLE).data, json.loads(PUBLISHED.read_text("utf-8")))
    assert load_policy(SAMPLE).decided != Policy()


def test_the_sample_shows_every_key() -> None:
    """Whoever copies the sample has seen all that can be said."""
    assert set(load_document(SAMPLE).data) == set(PolicyEntry.model_fields)


@pytest.mark.parametrize(
    "text", ["findings: {clok: block}", "findings: {unsupported: warn}", "clock_minutes: 0", "x: 1"]
)
def test_editors_see_what_is_wrong(tmp_path: Path, text: str) -> None:
    """What the reader refuses, an editor marks already."""
    data = load_document(written(tmp_path, text + "\n")).data
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema())
