"""TLS 1.2: verdicts, the sentences that tell them, and the changes that mend, by the table in tls_cases.yaml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from orchestrator.model.registry import Value
from orchestrator.sentences import say
from orchestrator.windows import branches, schannel, tls12
from orchestrator.windows.command import Command
from orchestrator.windows.registry import Key
from orchestrator.windows.tls12 import TlsSettings, Verdict

CASES = yaml.safe_load((Path(__file__).parent / "tls_cases.yaml").read_text(encoding="utf-8"))
PATHS = {"client": tls12.CLIENT, "server": tls12.SERVER, "winhttp": tls12.WINHTTP, "wow64": tls12.WINHTTP_WOW64}
BRANCHES = {
    branch.name: branch
    for branch in (branches.WINDOWS_7, branches.WINDOWS_8, branches.WINDOWS_8_1, branches.WINDOWS_10)
}
KINDS = {str: "REG_SZ", int: "REG_DWORD"}
ADD = re.compile(r'reg add "(?P<path>[^"]+)" /v "(?P<name>[^"]+)" /t REG_DWORD /d (?P<data>\d+) /f 2>&1')


def settings_of(case: dict[str, Any]) -> TlsSettings:
    """The registry of a case."""
    keys = []
    for place, path in PATHS.items():
        values = {
            name.lower(): Value(**data) if isinstance(data, dict) else Value(KINDS[type(data)], data)
            for name, data in case.get(place, {}).items()
        }
        keys.append(Key(path, values) if place in case else None)
    return TlsSettings(*keys)


def carried_out(settings: TlsSettings, commands: tuple[Command, ...]) -> TlsSettings:
    """The settings after `reg add` commands."""
    keys: dict[str, dict[str, Value]] = {path: {} for path in PATHS.values()}
    keys.update({key.path: dict(key.values) for key in vars(settings).values() if key})
    for command in commands:
        added = ADD.fullmatch(command.line)
        assert added, command.line
        keys[added["path"]][added["name"].lower()] = Value("REG_DWORD", int(added["data"]))
    return TlsSettings(*(Key(path, keys[path]) for path in PATHS.values()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_verdict(case: dict[str, Any]) -> None:
    """The verdict is the worst part's, and the sentence names what is at fault and nothing else."""
    judgement = tls12.judge(settings_of(case), BRANCHES[case["branch"]], case.get("architecture", "x64"))
    assert judgement.verdict == case["verdict"]
    assert judgement.satisfied == (case["verdict"] == "on")
    for words in case["words"]:
        assert words in say(judgement.sentence)
    for words in case.get("without", []):
        assert words not in say(judgement.sentence)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_mending_sets_what_is_at_fault(case: dict[str, Any]) -> None:
    """Mending sets exactly the values that the table names, and no value that was right."""
    change = tls12.enable(settings_of(case), BRANCHES[case["branch"]], case.get("architecture", "x64"))
    sets: dict[str, dict[str, int]] = {}
    for command in change.commands:
        added = ADD.fullmatch(command.line)
        assert added, command.line
        place = next(place for place, path in PATHS.items() if path == added["path"])
        sets.setdefault(place, {})[added["name"]] = int(added["data"])
    assert sets == case["sets"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_mending_satisfies(case: dict[str, Any]) -> None:
    """After the change the verdict is ON, whatever it was before, and there is nothing left to mend."""
    branch, architecture = BRANCHES[case["branch"]], case.get("architecture", "x64")
    settings = settings_of(case)
    after = carried_out(settings, tls12.enable(settings, branch, architecture).commands)
    assert tls12.judge(after, branch, architecture).verdict is Verdict.ON
    assert tls12.enable(after, branch, architecture).commands == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_what_mending_replaces_is_remembered(case: dict[str, Any]) -> None:
    """Of each value that is set to something else, what stood there is kept with its type, and which keys are new."""
    settings = settings_of(case)
    change = tls12.enable(settings, BRANCHES[case["branch"]], case.get("architecture", "x64"))
    standing = {key.path: key for key in vars(settings).values() if key}
    for each in change.values:
        key = standing.get(each.key, Key(each.key))
        assert each.before == key.values.get(each.name.lower())
        assert each.after == Value("REG_DWORD", case["sets"][place_of(each.key)][each.name])
    replaced = {(place_of(each.key), each.name) for each in change.values}
    for place, names in case["sets"].items():
        for name, number in names.items():
            stood = case.get(place, {}).get(name) == number
            assert ((place, name) in replaced) is not stood
    new = {PATHS[place] for place in case["sets"] if place not in case}
    assert set(change.created_keys) & set(PATHS.values()) == new


@pytest.mark.parametrize(
    ("protocols", "missing"),
    [
        (None, (schannel.PROTOCOLS, tls12.SCHANNEL_PROTOCOL)),
        (Key(schannel.PROTOCOLS, {}, ("SSL 2.0",)), (tls12.SCHANNEL_PROTOCOL,)),
        (Key(schannel.PROTOCOLS, {}, ("SSL 2.0", "tls 1.2")), ()),
    ],
    ids=["no protocols", "others", "TLS 1.2, in other letters"],
)
def test_keys_above_that_are_new(protocols: Key | None, missing: tuple[str, ...]) -> None:
    """The key of TLS 1.2, and the one above it, count as new where they are: an undo has to take them away again."""
    change = tls12.enable(TlsSettings(None, None, None, None, protocols), branches.WINDOWS_8_1, "x64")
    assert change.created_keys == (*missing, tls12.CLIENT, tls12.SERVER)


def place_of(path: str) -> str:
    """What the table calls a key."""
    return next(place for place, each in PATHS.items() if each == path)


def test_every_verdict_has_a_case() -> None:
    """The table provokes each verdict."""
    assert {case["verdict"] for case in CASES} == set(Verdict)


def test_evidence_shows_keys_that_exist() -> None:
    """The values behind a judgement are shown by path; a key that is not there is not shown as empty."""
    settings = TlsSettings(Key(tls12.CLIENT, {"enabled": Value("REG_DWORD", 1)}), None, Key(tls12.WINHTTP), None)
    assert settings.values == {tls12.CLIENT: {"enabled": 1}, tls12.WINHTTP: {}}


@pytest.mark.parametrize("value", [Value("REG_SZ", "1"), Value("REG_QWORD", 1)], ids=lambda value: value.kind)
def test_evidence_shows_a_type_that_is_wrong(value: Value) -> None:
    """Whoever reads what was read sees why a 1 is none."""
    settings = TlsSettings(Key(tls12.CLIENT, {"enabled": value, "other": value}), None, None, None)
    told = f'{value.kind} "1", wanted REG_DWORD'
    assert settings.values == {tls12.CLIENT: {"enabled": told, "other": value.data}}
