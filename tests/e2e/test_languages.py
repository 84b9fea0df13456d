"""Hosts that speak five languages, with names and users in their letters: all playbooks, and what comes home."""

import re
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import get_args

import pytest

from orchestrator.harvest import bundle, msi_log, reading
from orchestrator.model.outcome import Outcome
from orchestrator.playbook.load import shipped_playbooks
from orchestrator.playbook.plan import Playbook
from orchestrator.sentences import say
from orchestrator.steps.collect import CollectDetail
from orchestrator.steps.fetch import FetchDetail
from orchestrator.steps.restarting import RebootDetail
from sspr_lab.faults import Fault
from sspr_lab.languages import LanguageTag, language
from sspr_lab.machine import Machine
from sspr_lab.mix import Kind
from sspr_lab.packages import standin
from sspr_lab.registry import Value
from tests.details import detail_of
from tests.e2e.journey import journey, travelled
from tests.lab_fixtures import Site, install, kind, shipped, site
from tests.playbook.written import playbook

NAMES = {
    "en-US": "LAB-EN",
    "ko-KR": "서울-01",
    "de-DE": "MÜNCHEN-1",
    "fr-FR": "HÉLÈNE-PC",
    "ja-JP": "東京-経理",
}
"""A computer in each language; NetBIOS names may have any letters."""
SAYS = {
    "en-US": "Product: {} -- Installation completed successfully.",
    "ko-KR": "제품: {} -- 설치를 완료했습니다.",
    "de-DE": "Produkt: {} -- Die Installation wurde erfolgreich abgeschlossen.",
    "fr-FR": "Produit : {} -- L'installation s'est terminée correctement.",
    "ja-JP": "製品: {} -- インストールを正しく完了しました。",
}
ENDED = "Action ended {time}: {action}. Return value {result}."
PRODUCT = "SSPR Windows Logon (lab stand-in)"
SOURCE = "AADPasswordResetCredentialProvider"
UAC = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System"
LETTERS = "Größe é 설치 日本"
CONTENT = bytes(range(256)) * 20
RESTART = "reboot.delay_minutes=0"


def machines(*faults: Fault) -> dict[str, Kind]:
    """A 64-bit Windows 7 in each language, with somebody in front of it."""
    return {
        tag: kind(*faults, language=tag, name=NAMES[tag], traits=["user_logged_on"]) for tag in get_args(LanguageTag)
    }


def test_the_journey_misses_no_playbook() -> None:
    """Every playbook that the product ships is among the runs that the tests of languages and branches make."""
    assert {leg.playbook.name for leg in journey()} == {playbook.name for playbook in shipped_playbooks()}


@pytest.mark.slow
@pytest.mark.timeout(240)  # several restarts of every host, one after the other
async def test_every_playbook_in_every_language(tmp_path: Path) -> None:
    """All shipped playbooks end as in English; who sits in front is found whatever quser calls its columns."""
    with site(tmp_path, machines()) as lab:
        await travelled(lab, dict.fromkeys(NAMES, "windows7"))
        results = await lab.run(shipped("reboot", "reboot.delay_minutes=600", "reboot.wait=false"))
        for tag, result in results.items():
            assert result.outcome == Outcome.REBOOT_PENDING
            assert detail_of(result.deciding, RebootDetail).logged_on == (language(tag).user,)
            assert lab.on(tag, lambda machine: machine.power.pending)


def _write_event(machine: Machine) -> None:
    """An event of the add-in that names the machine's user."""
    machine.events.write("Application", SOURCE, 1, data=machine.profile.users)


@pytest.mark.slow
async def test_what_comes_home_is_in_the_hosts_own_words(tmp_path: Path) -> None:
    """Bundles are whole and stand under the host's name; messages, registry and logs keep every letter."""
    with site(tmp_path, machines()) as lab:
        assert {result.outcome for result in (await lab.run(install(RESTART))).values()} == {Outcome.CHANGED}
        for tag in NAMES:
            lab.on(tag, _write_event)
        results = await lab.run(shipped("collect-logs"))
    for tag, result in results.items():
        folder = Path(detail_of(result.deciding, CollectDetail).folder or "")
        assert NAMES[tag] in folder.parts
        assert bundle.verify(folder) == []
        found = reading.read(folder / "collected")
        assert found.problems == {}
        assert {event.computer for event in found.events} == {NAMES[tag]}
        messages = [event.message for event in found.events]
        assert SAYS[tag].format(PRODUCT) in messages
        assert any(language(tag).user in event.data for event in found.events if event.provider == SOURCE)
        rendered = (folder / "collected" / "application-msiinstaller.xml").read_text("utf-16")
        assert f"<RenderingInfo Culture='{tag}'>" in rendered
        assert SAYS[tag].format(PRODUCT) in (folder / "timeline.txt").read_text(encoding="utf-8")


async def test_a_failed_installation_tells_its_cause(tmp_path: Path) -> None:
    """The cause is found in a log in any language, and the log that comes home is the host's, letter by letter."""
    with site(tmp_path, machines(Fault("installer_fails"))) as lab:
        results = await lab.run(install())
    expected = replace(msi_log.analyse(BytesIO(_log_of("LAB-EN", tmp_path))), evidence=())
    for tag, result in results.items():
        assert result.outcome == Outcome.FAILED
        assert "custom action RegisterCredentialProvider failed with code 1603" in say(result.reason)
        log = _log_of(NAMES[tag], tmp_path)
        ended = language(tag).text(ENDED, time="TIME", action="INSTALL", result=3)
        assert re.search(re.escape(ended).replace("TIME", ".*"), log.decode("utf-16"))
        assert replace(msi_log.analyse(BytesIO(log)), evidence=()) == expected


def _log_of(host: str, folder: Path) -> bytes:
    """The log of the installation on a host, from the folder that has its name."""
    (log,) = folder.rglob(f"{host}/**/msi-install.log")
    return log.read_bytes()


async def test_names_in_the_letters_of_the_language(tmp_path: Path) -> None:
    """An administrator with such a name logs on, and a package whose file has one is installed and removed."""
    kinds = {
        tag: replace(made, profile=replace(made.profile, administrators=(made.profile.users[0], "Administrator")))
        for tag, made in machines().items()
    }
    package = tmp_path / "Größe 설치 日本.msi"
    package.write_bytes(standin("x64").read_bytes())
    with site(tmp_path, kinds) as lab:
        for tag in kinds:
            _let_local_administrators_in(lab, tag)
        playbook = install("reboot.when=never", packages=[package])
        assert {result.outcome for result in (await lab.run(playbook)).values()} == {Outcome.REBOOT_PENDING}


def _let_local_administrators_in(lab: Site, tag: str) -> None:
    """LocalAccountTokenFilterPolicy=1, without which only the built-in account is an administrator over the network."""
    value = Value.of(1)
    lab.on(tag, lambda machine: machine.registry.set(UAC, "LocalAccountTokenFilterPolicy", value))


@pytest.mark.slow
async def test_the_further_steps_with_letters_of_every_language(tmp_path: Path) -> None:
    """A file goes there, is copied there by commands, and comes home; a value is set. A second run changes nothing."""
    (tmp_path / "source.bin").write_bytes(CONTENT)
    plan = further_steps(tmp_path)
    with site(tmp_path, machines()) as lab:
        first, again = await lab.run(plan), await lab.run(plan)
        assert {tag: result.outcome for tag, result in first.items()} == dict.fromkeys(NAMES, Outcome.CHANGED)
        assert {tag: result.outcome for tag, result in again.items()} == dict.fromkeys(NAMES, Outcome.OK)
        for tag, result in first.items():
            brought = [Path(each.file or "") for each in detail_of(result.steps[-1].result, FetchDetail).files]
            assert {path.name: path.read_bytes() for path in brought} == {
                f"{LETTERS} {by}.bin": CONTENT for by in ("SYSTEM", "us")
            }
            assert lab.value(tag, rf"HKLM\SOFTWARE\{LETTERS}", LETTERS) == LETTERS


def further_steps(folder: Path) -> Playbook:
    """One of each kind, a command in either way, with such letters wherever a name may stand."""
    stem = rf"%ProgramData%\{LETTERS}\{LETTERS}"
    commands = (
        f"""command:
      run: 'copy "{stem}.bin" "{stem} {by}.bin"'
      when_done: {{file: '{stem} {by}.bin'}}
      detached: {detached}
    name: copy-by-{by}"""
        for by, detached in (("SYSTEM", "true"), ("us", "false"))
    )
    return playbook(
        folder,
        f"copy: {{source: '{folder / 'source.bin'}', destination: '{stem}.bin'}}",
        *commands,
        rf"registry_value: {{key: 'HKLM\SOFTWARE\{LETTERS}', name: '{LETTERS}', type: REG_SZ, data: '{LETTERS}'}}",
        f"fetch: {{files: ['{stem} *.bin']}}",
    )
