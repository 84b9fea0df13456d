"""Preflight: what is said about a host. Each case is a sound host with one thing different."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.model.finding import Severity
from orchestrator.model.message import verbatim
from orchestrator.model.preflight import Language, Limits, Proxies, Roots, Updates, WinHttp, WinInet
from orchestrator.model.registry import Value
from orchestrator.sentences import say
from orchestrator.windows import branches, limits, numbers, provider, roots, tls12
from orchestrator.windows.boot import Boot, RestartState
from orchestrator.windows.branches import Machine
from orchestrator.windows.command import Reply, Unknown
from orchestrator.windows.egress import Egress, Endpoint
from orchestrator.windows.provider import Provider
from orchestrator.windows.readiness.finding import Policy
from orchestrator.windows.readiness.judging import KINDS, findings, found_fine
from orchestrator.windows.readiness.survey import Survey
from orchestrator.windows.registry import Key, long_name
from orchestrator.windows.roots import FOR_RSA, LISTED, NEEDED
from orchestrator.windows.schannel import Schannel
from orchestrator.windows.sessions import Session
from orchestrator.windows.tls12 import TlsSettings
from orchestrator.windows.updates import WATCHED
from tests.windows import windows_10

DEFAULTS = Policy()
SERVICE = Endpoint()
MINIMUM_MB = DEFAULTS.minimum_free_mb


def dwords(path: str, **values: int) -> Key:
    return Key(path, {name.lower(): Value("REG_DWORD", number) for name, number in values.items()})


def texts(path: str, **values: str) -> Key:
    return Key(path, {name.lower(): Value("REG_SZ", text) for name, text in values.items()})


MACHINE = Machine(branches.WINDOWS_7, "Windows 7 Professional", "Professional", "7601", 1, "x64", "PC-01")
ENABLED = TlsSettings(
    dwords(tls12.CLIENT, Enabled=1, DisabledByDefault=0),
    dwords(tls12.SERVER, Enabled=1, DisabledByDefault=0),
    dwords(tls12.WINHTTP, DefaultSecureProtocols=0xA80),
    dwords(tls12.WINHTTP_WOW64, DefaultSecureProtocols=0xA80),
)
RESTART = RestartState((), 0, False, None, None, None, 2)
BOOT = Boot(7, "2024-01-31T07:00:00Z")
DIRECT = WinInet(None, None, None)
BY_PROXY = WinInet("proxy.contoso.example:8080", None, None)
BY_SCRIPT = WinInet(None, "http://proxy.contoso.example/proxy.pac", None)


def off(*parts: str) -> Schannel:
    """Parts of cipher suites that are switched off."""
    return Schannel(None, parts)


SOUND = Survey(
    machine=MACHINE,
    tls=ENABLED,
    restart=RESTART,
    boot=BOOT,
    provider=Provider(None, None),
    other_providers=(),
    other_filters=(),
    policies=dwords("policies", EnableLUA=1),
    free_bytes=60 * 1024**3,
    sessions=(),
    updates=Updates(WATCHED, ()),
    proxy=Proxies(WinHttp(None, None), DIRECT, (DIRECT,), per_machine=False),
    cipher_order=None,
    language=Language("ko-KR", ("ko-KR",), "949"),
    limits=Limits(False, (), (), False, None),
    roots=Roots(tuple(LISTED), updates_off=False),
    schannel=off(),
    clock_ahead=timedelta(seconds=2),
)


def without(*packages: str, rollups: tuple[str, ...] = ()) -> Updates:
    """All updates that matter but these."""
    return Updates(tuple(each for each in WATCHED if each not in packages), rollups)


def but(**changes: Any) -> Survey:
    """The sound host with other answers; `machine__x` and the like reach into its parts."""
    whole = {name: value for name, value in changes.items() if "__" not in name}
    survey = dataclasses.replace(SOUND, **whole)
    for name, value in changes.items():
        part, _, field = name.partition("__")
        if field:
            survey = dataclasses.replace(survey, **{part: dataclasses.replace(getattr(survey, part), **{field: value})})
    return survey


CASES: dict[str, tuple[Survey, set[str], Severity]] = {
    **{
        f"Windows 10, {name}": (dataclasses.replace(SOUND, machine=machine, windows10=state), codes, severity)
        for name, (machine, state, codes, severity) in windows_10.CASES.items()
    },
    "a server": (but(machine__branch=branches.OTHER), {"unsupported"}, Severity.BLOCK),
    "another processor": (but(machine__architecture="other"), {"unsupported"}, Severity.BLOCK),
    "no service pack": (but(machine__service_pack=0), {"service_pack"}, Severity.BLOCK),
    "no TLS 1.2": (but(tls=TlsSettings(None, None, None, None)), {"tls12"}, Severity.BLOCK),
    "TLS 1.2 awaits a restart": (but(restart__awaited=BOOT.marker), {"tls12_restart"}, Severity.WARN),
    "log cleared while awaiting": (
        but(restart__awaited="6@x", boot=Boot(None, None)),
        {"tls12_restart"},
        Severity.WARN,
    ),
    "servicing": (but(restart__servicing=True), {"servicing"}, Severity.BLOCK),
    "full disk": (but(free_bytes=MINIMUM_MB * 1024**2 - 1), {"disk"}, Severity.BLOCK),
    "restart pending": (
        but(restart__waiting=(verbatim("A waits"), verbatim("B waits"))),
        {"restart_pending"},
        Severity.WARN,
    ),
    "renames": (but(restart__renames=3), {"file_renames"}, Severity.INFO),
    "WinRM by hand": (but(restart__winrm_start=3), {"winrm_start"}, Severity.WARN),
    "WinRM unknown": (but(restart__winrm_start=None), {"winrm_start"}, Severity.WARN),
    "UAC off": (but(policies=dwords("policies", EnableLUA=0)), {"uac"}, Severity.WARN),
    "a number that is text": (
        but(mistyped={numbers.SMART_CARD[0]: Value("REG_SZ", "1")}),
        {"not_a_number"},
        Severity.WARN,
    ),
    "another provider": (but(other_providers=("{A}",)), {"other_providers"}, Severity.WARN),
    "somebody logged on": (but(sessions=(Session("kim", "console", 1),)), {"logged_on"}, Severity.INFO),
    "another filter": (but(other_filters=("{A}", "{B}")), {"provider_filters"}, Severity.WARN),
    "excluded": (
        but(policies=texts("policies", ExcludedCredentialProviders=f"{{A}},{provider.CLSID.lower()}")),
        {"excluded"},
        Severity.BLOCK,
    ),
    "excluded in capitals": (
        but(policies=texts("policies", ExcludedCredentialProviders=provider.CLSID.upper())),
        {"excluded"},
        Severity.BLOCK,
    ),
    "disabled": (but(provider=Provider(dwords("provider", Disabled=1), None)), {"disabled"}, Severity.BLOCK),
    "smart cards": (but(policies=dwords("policies", scforceoption=1)), {"smart_card"}, Severity.WARN),
    "no suite is left": (but(cipher_order=("TLS_RSA_WITH_RC4_128_SHA",)), {"cipher_order"}, Severity.WARN),
    "WinINET without TLS 1.2": (
        but(proxy__system=WinInet(None, None, 0xA0)),
        {"wininet_tls12"},
        Severity.WARN,
    ),
    "suites that are doubtful": (
        but(cipher_order=("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",)),
        {"cipher_doubtful"},
        Severity.WARN,
    ),
    "suites of Windows 10 alone": (
        but(cipher_order=("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",)),
        {"cipher_order"},
        Severity.WARN,
    ),
    "ECDH is off": (but(schannel=off(r"KeyExchangeAlgorithms\ECDH")), {"cipher_doubtful"}, Severity.WARN),
    "AES is off": (
        but(schannel=off(r"Ciphers\AES 128/128", r"Ciphers\AES 256/256")),
        {"cipher_disabled"},
        Severity.WARN,
    ),
    "what the order leaves is off": (
        but(cipher_order=("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P384",), schannel=off(r"Hashes\SHA384")),
        {"cipher_disabled"},
        Severity.WARN,
    ),
    "the root is forbidden": (
        but(roots=Roots(tuple(LISTED)[1:], updates_off=False, disallowed=(NEEDED,))),
        {"root_disallowed"},
        Severity.WARN,
    ),
    "the root is forbidden, and Windows may fetch none": (
        but(roots=Roots(tuple(LISTED)[1:], updates_off=True, disallowed=(NEEDED,))),
        {"root_disallowed"},
        Severity.WARN,
    ),
    "one is forbidden, another is missing": (
        but(roots=Roots((), updates_off=False, disallowed=FOR_RSA[1:])),
        {"root_disallowed", "root_missing"},
        Severity.WARN,
    ),
    "the root is missing": (but(roots=Roots((), updates_off=False)), {"root_missing"}, Severity.INFO),
    "and Windows may not fetch it": (but(roots=Roots((), updates_off=True)), {"root_updates_off"}, Severity.WARN),
    "and only users have a proxy": (
        but(roots=Roots((), updates_off=False), proxy__users=(WinInet("proxy:8080", None, None),)),
        {"root_behind_proxy", "proxy_of_users"},
        Severity.WARN,
    ),
    "another root is missing": (but(roots=Roots((NEEDED,), updates_off=True)), {"root_others_missing"}, Severity.INFO),
    "no KB3140245": (but(updates=without("KB3140245")), {"kb3140245"}, Severity.WARN),
    "no KB4474419": (but(updates=without("KB4474419")), {"kb4474419"}, Severity.INFO),
    "no KB4490628": (but(updates=without("KB4490628")), {"kb4490628"}, Severity.INFO),
    "no KB3080079": (but(updates=without("KB3080079")), {"kb3080079"}, Severity.INFO),
    "WinHTTP by proxy": (but(proxy__winhttp=WinHttp("proxy:8080", None)), {"proxy"}, Severity.INFO),
    "SYSTEM by proxy": (but(proxy__system=BY_PROXY), {"proxy"}, Severity.INFO),
    "SYSTEM and users by script": (but(proxy__system=BY_SCRIPT, proxy__users=(BY_SCRIPT,)), {"proxy"}, Severity.INFO),
    "users alone by proxy": (but(proxy__users=(DIRECT, BY_PROXY)), {"proxy_of_users"}, Severity.WARN),
    "users alone by script": (but(proxy__users=(BY_SCRIPT,)), {"proxy_of_users"}, Severity.WARN),
    "WinHTTP in another form": (but(proxy__winhttp=None), {"proxy_unreadable"}, Severity.INFO),
    "clock a little fast": (but(clock_ahead=timedelta(minutes=6)), {"clock"}, Severity.WARN),
    "clock years behind": (but(clock_ahead=timedelta(days=-4000)), {"clock"}, Severity.WARN),
    "no name": (but(egress=Egress(SERVICE, 0x80072EE7)), {"egress_name"}, Severity.WARN),
    "no connection": (but(egress=Egress(SERVICE, 0x80072EFD)), {"egress_route"}, Severity.WARN),
    "no answer in time": (but(egress=Egress(SERVICE, 0x80072EE2)), {"egress_route"}, Severity.WARN),
    "a connection that is cut": (but(egress=Egress(SERVICE, 0x80072EFE)), {"egress_tls"}, Severity.WARN),
    "no secure channel": (but(egress=Egress(SERVICE, 0x80072F7D)), {"egress_tls"}, Severity.WARN),
    "a security failure": (but(egress=Egress(SERVICE, 0x80072F8F)), {"egress_tls"}, Severity.WARN),
    "an unknown CA": (but(egress=Egress(SERVICE, 0x80072F0D)), {"egress_certificate"}, Severity.WARN),
    "a proxy that asks": (but(egress=Egress(SERVICE, 0, 407)), {"egress_proxy"}, Severity.WARN),
    "a proxy that refuses": (
        but(proxy__winhttp=WinHttp("proxy:8080", None), egress=Egress(SERVICE, 0, 403)),
        {"egress_proxy", "proxy"},
        Severity.WARN,
    ),
    "scripts are forbidden": (but(egress=Egress(SERVICE, None)), {"egress_unknown"}, Severity.INFO),
    "an error of another kind": (but(egress=Egress(SERVICE, 0x800A01AD)), {"egress_unknown"}, Severity.INFO),
    "no status": (but(egress=Egress(SERVICE, 0)), {"egress_unknown"}, Severity.INFO),
    "Remote Desktop": (but(limits__remote_desktop=True), {"remote_desktop"}, Severity.INFO),
    "802.1X before log-on": (
        but(limits__pre_logon_profiles=("a.xml",), limits__dot1x=(verbatim("a sign"),)),
        {"dot1x_before_logon"},
        Severity.WARN,
    ),
    "802.1X in use": (but(limits__dot1x=(verbatim("a sign"),)), {"dot1x"}, Severity.INFO),
    "a domain": (but(limits__domain="contoso.example"), {"domain_controller"}, Severity.INFO),
    "a question that stayed open": (
        but(limits__remote_desktop=True, unknown=(Unknown(limits.DENIED.commands[0], "Access is denied."),)),
        {"not_known"},
        Severity.WARN,
    ),
    "CopyProfile": (but(limits__copied_profile=True), {"copy_profile"}, Severity.INFO),
}
SOUND_CASES = {
    "text for a number of Windows 10 alone": but(mistyped={numbers.RESET[0]: Value("REG_SZ", "1")}),
    "sound": SOUND,
    "Windows 8.1 without service packs": but(machine__branch=branches.WINDOWS_8_1, machine__service_pack=0),
    "32-bit": but(machine__architecture="x86"),
    "restarted since": but(restart__awaited="6@2024-01-30T07:00:00Z"),
    "just enough space": but(free_bytes=MINIMUM_MB * 1024**2),
    "space not known": but(free_bytes=None),
    "not known who is logged on": but(sessions=None),
    "no policies": but(policies=None),
    "policies without UAC": but(policies=Key("policies")),
    "others are excluded": but(policies=texts("policies", ExcludedCredentialProviders="{A}, {B}")),
    "not disabled": but(provider=Provider(dwords("provider", Disabled=0), None)),
    "no smart cards": but(policies=dwords("policies", scforceoption=0)),
    "one suite is enough": but(cipher_order=("TLS_X", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384_P384")),
    "WinINET with TLS 1.2": but(proxy__system=WinInet(None, None, 0xA80)),
    "a rollup in place of an update": but(updates=without("KB3140245", rollups=("7601.24545.1.8",))),
    "one AES is enough": but(schannel=off(r"Ciphers\AES 128/128", r"Ciphers\RC4 128/128")),
    "roots not known": but(roots=None),
    "a root that need not be there yet": but(roots=Roots((NEEDED,), updates_off=False)),
    "no root with an elliptic curve": but(roots=Roots(FOR_RSA, updates_off=True)),
    "updates not known": but(updates=None),
    "no updates on Windows 8": but(machine__branch=branches.WINDOWS_8, updates=without(*WATCHED)),
    "the service answers": but(egress=Egress(SERVICE, 0, 200)),
    "the service has no such page": but(egress=Egress(SERVICE, 0, 404)),
    "the service has trouble of its own": but(egress=Egress(SERVICE, 0, 503)),
    "the service asks for a certificate": but(egress=Egress(SERVICE, 0x80072F0C)),
    "clock within bounds": but(clock_ahead=timedelta(minutes=-5)),
    "clock not known": but(clock_ahead=None),
}


@pytest.mark.parametrize("case", CASES)
def test_one_thing_makes_one_finding(case: str) -> None:
    """Each finding is provoked by its own cause alone, with the severity that decides about the host."""
    survey, codes, severity = CASES[case]
    always = windows_10.ALWAYS - codes
    found = [finding for finding in findings(survey, DEFAULTS) if finding.code not in always]
    assert {finding.code for finding in found} == codes
    assert found[0].severity == severity
    assert {finding.severity for finding in found} <= {severity, Severity.INFO}
    assert all(say(finding.message) == say(finding.message).strip() != "" for finding in found)


INSTEAD = {
    "cipher_order": {"cipher_doubtful", "cipher_disabled"},
    "cipher_doubtful": {"cipher_order", "cipher_disabled"},
    "cipher_disabled": {"cipher_order", "cipher_doubtful"},
    "root_updates_off": {"root_missing", "root_others_missing"},
    "root_behind_proxy": {"root_missing"},
}
"""Of findings that are told one in another's place, those that are not fine beside them."""


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_fine_of_which_another_finding_speaks(case: str) -> None:
    """Beside "a policy keeps Windows from fetching the root" nobody reads that the root is there."""
    survey, _, _ = CASES[case]
    found = findings(survey, DEFAULTS)
    fine = {*found_fine(survey, found)}
    for finding in found:
        assert fine.isdisjoint(INSTEAD.get(finding.code, set()))


@pytest.mark.parametrize("case", SOUND_CASES)
def test_a_sound_host_has_no_findings(case: str) -> None:
    """Nothing is said about what is in order, or is not known and does no harm."""
    assert list(findings(SOUND_CASES[case], DEFAULTS)) == []


@pytest.mark.parametrize("store", roots.DISALLOWED)
def test_a_forbidden_root_is_not_there(store: str) -> None:
    """Whichever store of that name has it: it is not among those that are trusted, and nothing calls it fine."""
    stores = {roots.OWN: (roots.WITNESS, NEEDED), store: (NEEDED,)}
    lines = [roots.place(each, thumbprint) for each, thumbprints in stores.items() for thumbprint in thumbprints]
    seen = roots.ROOTS.parse([Reply(0, "".join(f"{long_name(line)}\n" for line in lines))])
    assert seen == Roots((), updates_off=False, disallowed=(NEEDED,))
    survey = but(roots=seen)
    fine = found_fine(survey, findings(survey, DEFAULTS))
    assert {code for code in fine if code.startswith("root_")} == {"root_others_missing"}


def test_every_code_is_provoked_and_known() -> None:
    """The table provokes every code of KINDS, and no code that is not in it."""
    assert {code for _, codes, _ in CASES.values() for code in codes} == set(KINDS)


def test_blocking_findings_say_what_to_do() -> None:
    """Whoever is told that a host is blocked or warned about is told what to do about it."""
    for survey, _, _ in CASES.values():
        for finding in findings(survey, DEFAULTS):
            assert finding.remedy or finding.severity is Severity.INFO, finding.code


def test_everything_at_once_is_told_gravest_first() -> None:
    """A host with many faults hears of each, gravest first."""
    survey = but(
        machine__service_pack=0,
        tls=TlsSettings(None, None, None, None),
        restart=RestartState((verbatim("A waits"),), 2, True, None, None, None, 3),
        policies=dwords("policies", EnableLUA=0, scforceoption=1),
        other_providers=("{A}",),
        other_filters=("{B}",),
        free_bytes=0,
        sessions=(Session("kim", "console", 1),),
        updates=without(*WATCHED),
        proxy=Proxies(None, BY_PROXY, (), per_machine=False),
        limits=Limits(True, ("a.xml",), (verbatim("a sign"),), True, "contoso.example"),
        clock_ahead=timedelta(days=1),
    )
    order = list(Severity)
    severities = [order.index(finding.severity) for finding in findings(survey, DEFAULTS)]
    assert severities == sorted(severities)
    assert set(severities) == {0, 1, 2}


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(minutes=5, seconds=40), "6 minutes ahead of ours"),
        (timedelta(minutes=-90), "90 minutes behind ours"),
        (timedelta(hours=23, minutes=59, seconds=59), "24 hours ahead of ours"),
        (timedelta(days=-6000, hours=2), "6000 days behind ours"),
    ],
)
def test_how_far_a_clock_is_off(ahead: timedelta, words: str) -> None:
    """The unit is one that a person would take."""
    (finding,) = findings(but(clock_ahead=ahead), DEFAULTS)
    assert words in say(finding.message)


def test_what_a_finding_says() -> None:
    """Its message, what was read, and what to do."""
    (finding,) = findings(CASES["full disk"][0], DEFAULTS)
    assert (finding.code, finding.severity) == ("disk", Severity.BLOCK)
    assert say(finding.message) == "less than 200 MB are free on the system drive"
    assert finding.evidence == {"free_bytes": MINIMUM_MB * 1024**2 - 1}
    assert say(finding.remedy or verbatim("")) == "free some space, for instance with Disk Cleanup"


@pytest.mark.parametrize(
    ("survey", "playbook"),
    [
        (but(tls=TlsSettings(None, None, None, None)), "install"),
        (
            but(tls=TlsSettings(None, None, None, None), provider=Provider(dwords(provider.PROVIDER), "sspr.dll")),
            "enable-tls12",
        ),
        (CASES["full disk"][0], None),
    ],
    ids=["without the add-in", "with the add-in", "what no playbook does"],
)
def test_which_playbook_deals_with_it(survey: Survey, playbook: str | None) -> None:
    """What to do next is what the host is there for: `install` where the add-in is still to come."""
    blocking = [found for found in findings(survey, DEFAULTS) if found.severity is Severity.BLOCK]
    assert [found.settled_by for found in blocking] == [playbook]
    assert all((f"`{playbook}`" in say(found.remedy or verbatim(""))) is bool(playbook) for found in blocking)
