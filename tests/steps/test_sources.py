"""Sources as data: what ships, what a file adds, and what is said of one that cannot be used."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from orchestrator.app.prepare import plan
from orchestrator.model.document import load_document
from orchestrator.model.errors import DocumentError
from orchestrator.playbook.load import load_playbook
from orchestrator.steps import sources
from orchestrator.steps.collect import CollectParameters
from orchestrator.windows import provider, tls12
from orchestrator.windows.sources import Events, Files, RegistryKey, Source

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs/schemas/sources.schema.json"
HEAD = "sources:\n  - name: mine\n    why: To see.\n    personal: no\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def meant(path: Path, days: int = 30) -> Source:
    (only,) = sources.load_sources(path)
    return only.meant(days)


def test_what_ships_is_what_support_needs() -> None:
    """The add-in's events however old; installer, boot, services, Schannel, CAPI2; keys, logs and what a look tells."""
    shipped = {entry.name: entry.meant(7) for entry in sources.shipped()}
    events = {name: each.what for name, each in shipped.items() if isinstance(each.what, Events)}
    own = events["application-provider"]
    assert (own.providers, own.ids, own.days) == ((provider.EVENT_SOURCE,), (), None)
    assert events["system-schannel"].ids == ((36870, 36888),)
    assert {each.days for name, each in events.items() if name != "application-provider"} == {7}
    keys = {each.what.path for each in shipped.values() if isinstance(each.what, RegistryKey)}
    assert {provider.PROVIDER, provider.PROVIDERS, provider.FILTERS, tls12.WINHTTP, tls12.WINHTTP_WOW64} <= keys
    assert any(tls12.SCHANNEL_PROTOCOL.startswith(key) for key in keys)
    assert {"check", "capi2", "system-boot", "system-services", "application-msiinstaller"} <= shipped.keys()
    assert shipped["installer-logs"].what == Files(r"%SystemRoot%\Temp\MSI*.log")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("    events: {log: Contoso VPN}\n", Events("Contoso VPN", days=30)),
        ("    events: {log: System, ids: [7, 1-3], days: all}\n", Events("System", ids=((7, 7), (1, 3)))),
        ("    registry: HKLM\\SOFTWARE\\Contoso\n", RegistryKey("HKLM\\SOFTWARE\\Contoso")),
        ("    files: C:\\ProgramData\\Contoso\\*.log\n", Files("C:\\ProgramData\\Contoso\\*.log")),
    ],
)
def test_one_more_log_key_or_folder(tmp_path: Path, text: str, what: object) -> None:
    """Is five lines of YAML."""
    found = meant(written(tmp_path, HEAD + text))
    assert (found.what, found.personal, found.most_bytes) == (what, None, 16 * 1024 * 1024)


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (HEAD, 2, "`sources[0]`: a source has exactly one of `events`, `registry`, `files`, `look`; found none"),
        (HEAD + "    look: check\n    registry: HKLM\\A\\B\n", 2, "found `registry` and `look`"),
        (HEAD + "    events:\n      log: 'a\"b'\n", 6, '`sources[0].events.log`: `a"b` is no name as `wevtutil el`'),
        (HEAD + "    events:\n      lgo: System\n", 6, "did you mean `log`"),
        (HEAD + "    events:\n      log: System\n      ids: [9-1]\n", 7, "expected numbers of events up to 65535"),
        (HEAD + "    events:\n      log: System\n      ids: [x]\n", 7, "expected an event's number"),
        (HEAD + "    events:\n      log: System\n      days: some\n", 7, "days`: expected a number of days, or `all`"),
        (HEAD + f"    events: {{log: System, ids: {list(range(30))}}}\n", 5, "of more than 22 conditions"),
        (HEAD + "    registry: HKLM\\SAM\\SAM\n", 5, "Windows keeps secrets of accounts there"),
        (HEAD + "    files: Temp\\*.log\n", 5, "begins with neither a drive nor an environment variable"),
        (HEAD + "    look: check\n    most_mb: 0\n", 6, "`sources[0].most_mb`: expected at least 1, found `0`"),
        (HEAD.replace("mine", "Mine!") + "    look: check\n", 2, "`sources[0].name`"),
        ("sources:\n  - name: mine\n    look: check\n", 2, "the key `why` is missing"),
        ("sources:\n  - name: mine\n    look: check\n", 2, "the key `personal` is missing"),
        ("sources: []\n", 1, "expected at least 1 item(s)"),
        (
            HEAD + "    look: check\n" + HEAD.removeprefix("sources:\n") + "    look: check\n",
            6,
            "`sources[1].name`: `mine` is there in line 2 already",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_file_line_and_key(tmp_path: Path, text: str, line: int, told: str) -> None:
    """Before any host is touched."""
    path = written(tmp_path, text)
    with pytest.raises(DocumentError) as raised:
        sources.load_sources(path)
    (found,) = [each for each in str(raised.value).splitlines() if told in each]
    assert found.startswith(f"{path}:{line}: ")


def test_a_playbook_adds_sources(tmp_path: Path) -> None:
    """A file's and its own: each goes before what stands further away, and takes the place of one of the same name."""
    another = HEAD.removeprefix("sources:\n").replace("mine", "capi2") + "    look: check\n"
    written(tmp_path, HEAD + "    registry: HKLM\\SOFTWARE\\File\n" + another)
    own = f"{HEAD}    registry: HKLM\\SOFTWARE\\Own\n".replace("sources:", "added:").replace("\n", "\n      ")
    playbook = tmp_path / "mine.yaml"
    step = f"  - collect:\n      sources: sources.yaml\n      {own}"
    playbook.write_text(f"name: a\ndescription: b\nsteps:\n{step}", encoding="utf-8")
    parameters = plan(load_playbook(str(playbook)))[0].parameters
    assert isinstance(parameters, CollectParameters)
    found = {each.name: each.what for each in parameters.meant}
    assert found["mine"] == RegistryKey("HKLM\\SOFTWARE\\Own")
    assert not isinstance(found["capi2"], Events)
    assert [each.name for each in parameters.meant][:2] == ["application-provider", "check"]
    assert CollectParameters.model_validate(parameters.model_dump(mode="json")) == parameters, "a run is kept as JSON"


def test_the_schema_is_published() -> None:
    """docs/schemas/sources.schema.json is what the code says; the shipped file keeps to it."""
    command = [sys.executable, "-m", "orchestrator.playbook.entries", "sources"]
    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8", cwd=ROOT).stdout
    assert PUBLISHED.read_text(encoding="utf-8") == printed
    jsonschema.Draft202012Validator.check_schema(json.loads(printed))
    jsonschema.validate(load_document(sources.SHIPPED).data, json.loads(printed))
