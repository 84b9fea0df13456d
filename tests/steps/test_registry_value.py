"""Step `registry_value`: any value of any type is set as it was meant, found again, and deleted."""

from pathlib import Path
from typing import Any

import pytest

from orchestrator.model.outcome import Outcome
from orchestrator.model.registry import Value as Recorded
from orchestrator.model.registry import Value as Shown
from orchestrator.sentences import say
from orchestrator.steps.registry_value import RegistryValueDetail, RegistryValueParameters, ensure_registry_value
from sspr_lab.faults import fault
from sspr_lab.profile import Profile
from sspr_lab.registry import Kind, Value
from tests.details import detail_of
from tests.lab_fixtures import kind, site
from tests.playbook.written import playbook
from tests.steps.one_step import context, in_check_mode, one

KEY = r"HKLM\SOFTWARE\Contoso\Sub Key"
PLACE: dict[str, Any] = {"key": KEY, "name": "A Value"}
SIGNS = "50 %% & | < > ^ ! ( ) ; , = ' ` ~ { } [ ] @ # $ + / ? *"
VALUES: list[tuple[Kind, Any, Any]] = [
    ("REG_DWORD", 0, 0),
    ("REG_DWORD", 4294967295, 0xFFFFFFFF),
    ("REG_DWORD", "0xff", 255),
    ("REG_QWORD", 1 << 40, 1 << 40),
    ("REG_SZ", "", ""),
    ("REG_SZ", SIGNS, SIGNS),
    ("REG_SZ", 'say "hello" & "bye"', 'say "hello" & "bye"'),
    ("REG_SZ", "C:\\Folder\\", "C:\\Folder\\"),
    ("REG_SZ", '\\"\\\\"', '\\"\\\\"'),
    ("REG_SZ", "%SystemRoot% %PATH% 100% %", "%SystemRoot% %PATH% 100% %"),
    ("REG_SZ", "/f", "/f"),
    ("REG_SZ", "한국어 Größe", "한국어 Größe"),
    ("REG_SZ", "0x10", "0x10"),
    ("REG_EXPAND_SZ", r"%SystemRoot%\x;%ProgramFiles(x86)%\y", r"%SystemRoot%\x;%ProgramFiles(x86)%\y"),
    ("REG_MULTI_SZ", ["one", "two words", 'with "quotes" & %signs%'], ["one", "two words", 'with "quotes" & %signs%']),
    ("REG_MULTI_SZ", ["only"], ["only"]),
    ("REG_BINARY", "00 ff,Ab", b"\x00\xff\xab"),
    ("REG_BINARY", "", b""),
]


def value(**said: Any) -> RegistryValueParameters:
    return RegistryValueParameters.model_validate({**PLACE, **said})


@pytest.mark.parametrize(("type_", "data", "wanted"), VALUES, ids=[f"{type_} {data!r}" for type_, data, _ in VALUES])
async def test_a_value_is_set_and_found_again(tmp_path: Path, type_: Kind, data: Any, wanted: Any) -> None:
    """What the playbook says stands in the registry to the last sign; a second look finds nothing to do."""
    parameters = value(type=type_, data=data)
    async with one() as (host, reached):
        result = await ensure_registry_value(reached, parameters, context(tmp_path))
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert host.machine.registry.get(KEY, "A Value") == Value(type_, wanted)
        assert reached.changed.created_keys == (r"HKLM\SOFTWARE\Contoso", KEY)
        commands = len(host.messages)
        reached.changed = type(reached.changed)()
        await reached.release()
        again = await ensure_registry_value(reached, parameters, context(tmp_path))
        assert again.outcome is Outcome.OK
        assert not any("reg add" in envelope for _, envelope in host.messages[commands:])


async def test_names_may_have_any_sign(tmp_path: Path) -> None:
    """Key and name are looked for, set and found again to the last sign, too."""
    key, name = r'HKLM\SOFTWARE\100% %PATH% & (x) ^ "y" <z> |\!', 'a "b" %SystemRoot% & ^ (c) | 한'
    parameters = value(key=key, name=name, type="REG_SZ", data="x")
    async with one() as (host, reached):
        assert (await ensure_registry_value(reached, parameters, context(tmp_path))).outcome is Outcome.CHANGED
        assert host.machine.registry.get(key, name) == Value("REG_SZ", "x")
        await reached.release()
        again = await ensure_registry_value(reached, parameters, context(tmp_path))
        assert detail_of(again, RegistryValueDetail).before == Recorded("REG_SZ", "x")


async def test_what_stood_before_is_recorded(tmp_path: Path) -> None:
    """Another type counts as another value; the prior one is in the record with its type, and in the result."""
    async with one() as (host, reached):
        host.machine.registry.set(KEY, "a value", Value("REG_SZ", "1"))
        result = await ensure_registry_value(reached, value(type="REG_DWORD", data=1, restart=True), context(tmp_path))
        assert (result.outcome, result.reboot_required) == (Outcome.CHANGED, True)
        detail = detail_of(result, RegistryValueDetail)
        assert (detail.before, detail.after) == (Recorded("REG_SZ", "1"), Recorded("REG_DWORD", 1))
        (changed,) = reached.changed.values
        assert (changed.key, changed.before, changed.after) == (KEY, Shown("REG_SZ", "1"), Shown("REG_DWORD", 1))
        assert reached.changed.created_keys == ()
        assert reached.changed.needs_restart


async def test_a_value_is_deleted_and_its_absence_found_again(tmp_path: Path) -> None:
    """Gone, the others stay; that it is not there is success, also where there is no key, and makes none."""
    async with one() as (host, reached):
        registry = host.machine.registry
        assert (await ensure_registry_value(reached, value(state="absent"), context(tmp_path))).outcome is Outcome.OK
        assert not registry.exists(KEY)
        registry.set(KEY, "A Value", Value.of(1))
        registry.set(KEY, "Other", Value.of(2))
        await reached.release()
        result = await ensure_registry_value(reached, value(state="absent"), context(tmp_path))
        assert result.outcome is Outcome.CHANGED
        assert registry.get(KEY, "A Value") is None
        assert registry.get(KEY, "Other") == Value.of(2)


@pytest.mark.parametrize(("architecture", "stands"), [("x64", {32}), ("x86", {32, 64})])
async def test_the_view_of_32_bit_programs(tmp_path: Path, architecture: Any, stands: set[int]) -> None:
    """On a 64-bit Windows only they see it, below the name by which it can be undone; a 32-bit one has but one view."""
    async with one(Profile(architecture=architecture)) as (host, reached):
        result = await ensure_registry_value(reached, value(type="REG_DWORD", data=1, view=32), context(tmp_path))
        assert result.outcome is Outcome.CHANGED
        found = {view for view in (32, 64) if host.machine.registry.get(KEY, "A Value", view) == Value.of(1)}
        assert found == stands
        assert ("Wow6432Node" in reached.changed.values[0].key) is (architecture == "x64")


async def test_it_is_foretold_and_changes_nothing(tmp_path: Path) -> None:
    """Under --check the result says what would be set, and the registry stays."""
    async with one(check=True) as (host, reached):
        setting = ensure_registry_value(reached, value(type="REG_DWORD", data=1), context(tmp_path))
        result = await in_check_mode(setting)
        assert (result.outcome, result.would_change) == (Outcome.CHANGED, True)
        assert say(result.reason) == rf"would set A Value in {KEY}"
        assert not host.machine.registry.exists(KEY)


@pytest.mark.parametrize("nth", range(1, 6))
async def test_a_lost_answer_is_settled_by_looking(tmp_path: Path, nth: int) -> None:
    """Wherever the line breaks, the value is set once, the result says changed, and the record is whole."""
    step = rf"registry_value: {{key: '{KEY}', name: A, type: REG_DWORD, data: 1}}"
    with site(tmp_path, {"host": kind(fault("drop_receive", nth=nth))}) as lab:
        result = (await lab.run(playbook(tmp_path, step)))["host"]
        assert result.outcome is Outcome.CHANGED, say(result.reason)
        assert lab.value("host", KEY, "A") == 1
        assert sum("reg add" in message for message in lab.sent) == 1
    (record,) = result.steps[0].result.registry.values
    assert (record.before, record.after) == (None, Recorded("REG_DWORD", 1))
