"""Preflight where a host does not answer all: what came is judged, what did not is told, what is needed has to come."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.errors import CommandFailed, CommandUnanswered, DeadlineExceeded
from orchestrator.model.finding import Severity
from orchestrator.model.outcome import Outcome
from orchestrator.model.preflight import PreflightDetail
from orchestrator.remote import target as target_module
from orchestrator.sentences import say
from orchestrator.steps import preflight as step
from orchestrator.steps.preflight import PreflightParameters, preflight
from orchestrator.windows import boot, branches, disk, limits, provider, sessions, tls12
from orchestrator.windows.command import Command, Fact, with_unknown
from orchestrator.windows.readiness import survey
from orchestrator.windows.readiness.survey import PREFLIGHT, Survey
from sspr_lab.profile import Branch, Profile
from sspr_lab.registry import Value
from tests.steps.one_step import context, one

NEEDED = {command.place.key for command in PREFLIGHT.commands if command.place and command not in PREFLIGHT.open}
OPEN = {
    place.key
    for place in (command.place for command in PREFLIGHT.open)
    if place and not any(needed.lower().startswith(place.key.lower()) for needed in NEEDED)
}
"""Keys of the registry that can be refused without what is below them being needed."""
WAITS = "ping -n 600 127.0.0.1 >nul"


def swapped(old: Command, line: str) -> Fact[Survey]:
    """All that a preflight asks, with another command line in one place."""
    new = replace(old, line=line)
    assert old in survey._SURVEY.commands
    commands = tuple(new if command == old else command for command in survey._SURVEY.commands)
    left_open = frozenset(new if command == old else command for command in survey._SURVEY.open)
    return with_unknown(Fact("preflight", commands, survey._SURVEY.parse, left_open), survey._noting)


@pytest.mark.parametrize("branch", ["windows7", "windows8.1", "windows10"])
async def test_whatever_is_refused_the_rest_is_told(branch: Branch, tmp_path: Path) -> None:
    """All keys at once that need not be known: each is told with the host's words, and blames the host for nothing."""
    profile = Profile(branch).with_traits("schannel_explicit", "winhttp_a80", "user_logged_on")
    async with one(profile) as (host, reached):
        for key in OPEN:
            host.machine.registry.create(key)
            host.machine.registry.refuse(key)
        result = await preflight(reached, PreflightParameters(), context(tmp_path))
    assert result.outcome is Outcome.OK
    detail = result.detail
    assert isinstance(detail, PreflightDetail)
    assert detail.machine
    assert detail.machine.branch == branch
    told = Counter(finding.code for finding in detail.findings)
    assert told["not_known"] == len(OPEN)
    assert told["logged_on"] == 1
    assert {finding.severity for finding in detail.findings} <= {Severity.WARN, Severity.INFO}
    unknown = [say(finding.message) for finding in detail.findings if finding.code == "not_known"]
    assert all("the host says: ERROR: Access is denied." in words for words in unknown)
    assert not {"uac", "excluded", "remote_desktop", "domain_controller", "not_known"} & {*detail.fine}
    assert "disk" in detail.fine or branch == "windows10"
    assert (detail.limits, detail.addin) == (None, None)


async def test_of_what_is_not_known_no_number_is_told(tmp_path: Path) -> None:
    """Another type is told where the host shows it; where it refuses that, it is not known, and neither is fine."""
    async with one(Profile().with_traits("schannel_explicit", "winhttp_a80")) as (host, reached):
        host.machine.registry.set(limits.TERMINAL_SERVER, "fDenyTSConnections", Value.of("0"))
        host.machine.registry.set(provider.POLICIES_SYSTEM, "EnableLUA", Value.of("0"))
        host.machine.registry.refuse(provider.POLICIES_SYSTEM)
        result = await preflight(reached, PreflightParameters(), context(tmp_path))
    assert isinstance(result.detail, PreflightDetail)
    told = {finding.code: finding.evidence for finding in result.detail.findings}
    assert set(told) == {"not_known", "not_a_number"}
    assert list(told["not_a_number"]) == [rf"{limits.TERMINAL_SERVER}\fDenyTSConnections"]
    assert not {"uac", "remote_desktop", "not_a_number"} & {*result.detail.fine}
    assert "dot1x" in result.detail.fine


@pytest.mark.parametrize("line", ["for %i in do echo %i", "exit 5", WAITS], ids=["unreadable", "ends", "hangs"])
async def test_one_odd_question_is_told(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cmd.exe cannot read, what ends the line, and what hangs."""
    (odd,) = sessions.SESSIONS.commands
    monkeypatch.setattr(step, "PREFLIGHT", swapped(odd, line))
    if line == WAITS:
        monkeypatch.setattr(target_module, "EXCHANGE_SECONDS", 5.0)
    async with one(Profile().with_traits("schannel_explicit", "winhttp_a80")) as (_, reached):
        await reached.observe(disk.FREE_BYTES)
        result = await preflight(reached, PreflightParameters(), context(tmp_path))
    assert isinstance(result.detail, PreflightDetail)
    assert [finding.code for finding in result.detail.findings] == ["not_known"]
    assert line in say(result.reason)


@pytest.mark.parametrize("key", [tls12.CLIENT, branches.CURRENT_VERSION, branches.ENVIRONMENT, boot.CBS])
async def test_what_is_needed_to_do_no_harm_has_to_be_answered(key: str, tmp_path: Path) -> None:
    """TLS, which Windows it is and what waits for a restart: the error says what the host refused."""
    async with one() as (host, reached):
        host.machine.registry.create(key)
        host.machine.registry.refuse(key)
        with pytest.raises(CommandFailed, match="Access is denied"):
            await preflight(reached, PreflightParameters(), context(tmp_path))


@pytest.mark.parametrize(("line", "kind"), [("exit 5", CommandUnanswered), (WAITS, DeadlineExceeded)])
async def test_the_disk_has_to_be_answered(
    line: str, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether there is room, too, and the error names the command."""
    (needed,) = disk.FREE_BYTES.commands
    monkeypatch.setattr(step, "PREFLIGHT", swapped(needed, line))
    if line == WAITS:
        monkeypatch.setattr(target_module, "EXCHANGE_SECONDS", 5.0)
    async with one() as (_, reached):
        with pytest.raises(kind, match=line):
            await preflight(reached, PreflightParameters(), context(tmp_path))


async def test_no_other_question_takes_that_for_an_answer(tmp_path: Path) -> None:
    """Whoever needs right afterwards what has stayed open is refused it."""
    async with one() as (host, reached):
        host.machine.registry.create(limits.TERMINAL_SERVER)
        host.machine.registry.refuse(limits.TERMINAL_SERVER)
        await preflight(reached, PreflightParameters(), context(tmp_path))
        with pytest.raises(CommandFailed, match="Terminal Server"):
            await reached.observe(limits.DENIED)
