"""Known problems by name: a small folder of inputs for each, with what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from orchestrator.analysis import problem_table
from orchestrator.harvest import eventlog
from orchestrator.harvest.eventlog import EventRecord
from orchestrator.model.case import Answer
from orchestrator.model.confidence import Confidence
from orchestrator.sentences import say
from orchestrator.windows import ciphers, provider, tls12, windows10
from orchestrator.windows.readiness.judging import KINDS
from tests.analysis.inputs import READY, SPOKEN, Keys, case, event, reg, spoke, written, xml

STRANGER = "{11111111-2222-3333-4444-555555555555}"


def but(*without: str) -> dict[str, Mapping[str, int | str]]:
    """READY without these keys, and all below them."""
    return {path: values for path, values in READY.items() if not path.startswith(without)}


def plus(more: Keys, keys: Keys = READY) -> dict[str, Mapping[str, int | str]]:
    """Keys, with others besides or in their place; those below a key stand behind it."""
    return dict(sorted({**keys, **more}.items()))


SPOKE = xml(SPOKEN)
STARTED_10 = event("EventLog", 6009, "10.00.", "19045", "", "Multiprocessor Free", "0")
POLICY_ON = {windows10.POLICY: {windows10.ALLOW: 1}}
TEN = {path: values for path, values in READY.items() if "WinHttp" in path or "SCHANNEL" in path}
SCHANNEL_AT_ONE = "2026-03-01T09:01:00Z"
"""A minute after the add-in has spoken."""


@dataclass(frozen=True)
class Known:
    """What files a machine gives, and what is to be said of it."""

    files: Mapping[str, bytes]
    codes: set[str]
    answer: Answer


def exported(keys: Keys, codes: set[str], answer: Answer, *events: str) -> Known:
    return Known({"keys.reg": reg(keys), "events.xml": xml(spoke(), *events)}, codes, answer)


def schannel(number: int, *data: str, code: str) -> Known:
    """An event of TLS a minute after one of the add-in."""
    return exported(
        READY, {code}, Answer.DOUBTFUL, event("Schannel", number, *data, time=SCHANNEL_AT_ONE, level=2, record=7)
    )


def capi2(number: int, said: str, code: str) -> Known:
    happened = event(
        "Microsoft-Windows-CAPI2", number, said, time=SCHANNEL_AT_ONE, level=2, record=8, channel="CAPI2/Operational"
    )
    return exported(READY, {code}, Answer.DOUBTFUL, happened)


def complained(text: str, code: str) -> Known:
    """The add-in itself names an error of WinHTTP."""
    return Known({"keys.reg": reg(READY), "events.xml": xml(spoke(text=text, level=2))}, {code}, Answer.DOUBTFUL)


def installed(code: int, keys: Keys = READY, *later: str) -> dict[str, bytes]:
    """The end of an installation as Windows Installer notes it, with what came later."""
    ended = event(
        "MsiInstaller", 1033, "SSPR add-in", "1.0", "0", str(code), "Contoso", record=5, channel="Application"
    )
    return {"keys.reg": reg(keys), "events.xml": xml(ended, *later)}


UNINSTALLED = but(provider.PROVIDER, provider.INPROC_SERVER)

KNOWN: Mapping[str, Known] = {
    "all is well": exported(READY, set(), Answer.YES),
    "TLS 1.2 is not set": exported(but(tls12.SCHANNEL_PROTOCOL), {"tls12"}, Answer.NO),
    "TLS 1.2 is switched off": exported(plus({tls12.CLIENT: {"Enabled": 0}}), {"tls12"}, Answer.NO),
    "WinHTTP leaves TLS 1.2 out": exported(
        plus({tls12.WINHTTP: {"DefaultSecureProtocols": 0xA0}}), {"tls12"}, Answer.NO
    ),
    "a number is a text": exported(
        plus({tls12.CLIENT: {"Enabled": "1", "DisabledByDefault": 0}}), {"tls12"}, Answer.NO
    ),
    "the add-in is not there": exported(UNINSTALLED, {"add_in_absent"}, Answer.NO),
    "the add-in has no class": Known(
        {"keys.reg": reg(plus({provider.INPROC_SERVER.rpartition("\\")[0]: {}}, but(provider.INPROC_SERVER)))},
        {"add_in_without_class"},
        Answer.NO,
    ),
    "the add-in is excluded": exported(
        plus({provider.POLICIES_SYSTEM: {"ExcludedCredentialProviders": provider.CLSID}}), {"excluded"}, Answer.NO
    ),
    "the add-in is disabled": exported(plus({provider.PROVIDER: {"Disabled": 1}}), {"disabled"}, Answer.NO),
    "UAC is off": exported(plus({provider.POLICIES_SYSTEM: {"EnableLUA": 0}}), {"uac"}, Answer.DOUBTFUL),
    "smart cards only": exported(
        plus({provider.POLICIES_SYSTEM: {"scforceoption": 1}}), {"smart_card"}, Answer.DOUBTFUL
    ),
    "another provider": exported(
        plus({rf"{provider.PROVIDERS}\{STRANGER}": {"": "VPN"}}), {"other_providers"}, Answer.DOUBTFUL
    ),
    "another filter": exported(
        plus({rf"{provider.FILTERS}\{STRANGER}": {"": "VPN"}}), {"provider_filters"}, Answer.DOUBTFUL
    ),
    "an order of ciphers": exported(
        plus({ciphers.ORDER_KEY: {"Functions": "TLS_RSA_WITH_RC4_128_SHA"}}), {"cipher_order"}, Answer.DOUBTFUL
    ),
    "verbose logging was left on": exported(
        plus({provider.PROVIDER: {provider.ENABLE_LOGGING: 1}}), {"verbose_logging_on"}, Answer.YES
    ),
    "no service pack": Known(
        {
            "keys.reg": reg({path: values for path, values in READY.items() if "Windows NT" not in path}),
            "events.xml": xml(event("EventLog", 6009, "6.01.", "7600", "", "Multiprocessor Free", "0"), spoke()),
        },
        {"service_pack"},
        Answer.NO,
    ),
    "Windows 10, switched on": Known({"k.reg": reg({**TEN, **POLICY_ON}), "e.xml": xml(STARTED_10)}, set(), Answer.YES),
    "Windows 10, switched off": Known(
        {"k.reg": reg({**TEN, windows10.POLICY: {}}), "e.xml": xml(STARTED_10)}, {"windows10_off"}, Answer.NO
    ),
    "no cipher suite in common": schannel(36887, "40", code="tls_no_common_suite"),
    "no cipher suite is left": schannel(36873, code="tls_no_common_suite"),
    "a version refused": schannel(36887, "70", code="tls_version_refused"),
    "a root not trusted": schannel(36888, "48", "552", code="tls_root_not_trusted"),
    "an authority not trusted": schannel(36882, code="tls_root_not_trusted"),
    "an expired certificate": schannel(36881, code="tls_certificate_date"),
    "another name": schannel(36884, "proxy.example", code="tls_certificate_refused"),
    "an expired certificate, by this machine": schannel(36888, "45", "1", code="tls_certificate_date"),
    "a certificate refused": schannel(36888, "46", "1", code="tls_certificate_refused"),
    "no credential": schannel(36871, "client", "10013", code="tls_credential_failed"),
    "any other alert": schannel(36887, "80", code="tls_alert"),
    "CAPI2 does not trust a root": capi2(30, "800B0109", code="tls_root_not_trusted"),
    "CAPI2 finds a date wrong": capi2(11, "800b0101", code="tls_certificate_date"),
    "CAPI2 does not reach the list": capi2(41, "80092013", code="revocation_not_reached"),
    "no name": complained("request failed: 0x80072EE7", "egress_name"),
    "no route": complained("request failed with -2147012867", "egress_route"),
    "no handshake": complained("hr = 80072F7D", "egress_tls"),
    "an old alert": exported(
        READY, {"tls_alert"}, Answer.YES, event("Schannel", 36887, "80", time="2026-02-01T09:00:00Z", level=2)
    ),
    "the installation failed": Known(installed(1603, UNINSTALLED), {"add_in_absent", "installation_failed"}, Answer.NO),
    "the installation failed, was done again, and undone": Known(
        installed(1603, UNINSTALLED, event("MsiInstaller", 1033, "SSPR add-in", "1.0", "0", "0", record=6)),
        {"add_in_absent"},
        Answer.NO,
    ),
    "an installation failed on Windows 10": Known(installed(1603, {**TEN, **POLICY_ON}, STARTED_10), set(), Answer.YES),
    "a restart is due": Known(installed(3010, READY, spoke()), {"installation_awaits_restart"}, Answer.DOUBTFUL),
    "it was restarted": Known(
        installed(3010, READY, spoke(), event("EventLog", 6005, time="2026-03-01T08:10:00Z", record=9)),
        set(),
        Answer.YES,
    ),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_problems(tmp_path: Path, name: str) -> None:
    """Each is told by its code, with words, whose task it is, and where it stands; the answer follows from them."""
    known = KNOWN[name]
    found = case(written(tmp_path, known.files))
    assert {each.code for each in found.problems} == known.codes, found.problems
    assert found.answer is known.answer, say(found.verdict)
    names = {file.name for file in found.files}
    for problem in found.problems:
        assert problem.evidence
        assert {piece.file for piece in problem.evidence} <= names
        assert all(piece.place is not None and piece.text for piece in problem.evidence)
        assert say(problem.says) not in {"", problem.says.code}
        assert problem.remedy is not None
    assert bool(found.questions) is (found.answer is Answer.YES)


UNKNOWN: Mapping[str, tuple[Mapping[str, bytes], str]] = {
    "no TLS": (
        {"k.reg": reg({path: READY[path] for path in READY if "SCHANNEL" not in path}), "e.xml": SPOKE},
        "TLS 1.2",
    ),
    "no add-in": (
        {"k.reg": reg({path: READY[path] for path in READY if "86D2" not in path and "Auth" not in path})},
        "add-in is registered",
    ),
    "no file": ({"k.reg": reg(READY)}, "add-in's file"),
    "no policy": ({"k.reg": reg(TEN), "e.xml": xml(STARTED_10)}, "Windows 10's password reset"),
    "nothing but events": ({"e.xml": SPOKE}, "TLS 1.2"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_missing_is_named(tmp_path: Path, name: str) -> None:
    """There is no yes where something decisive is not known, and the sentence says what."""
    files, missing = UNKNOWN[name]
    found = case(written(tmp_path, files))
    assert found.answer is Answer.UNKNOWN, found.problems
    assert missing in say(found.verdict)


def test_evidence_names_the_line(tmp_path: Path) -> None:
    """A value is pointed at where it stands; what is absent, at the export that would have it."""
    keys = plus({provider.POLICIES_SYSTEM: {"EnableLUA": 0}}, but(tls12.SCHANNEL_PROTOCOL))
    content = reg(keys)
    found = {each.code: each.evidence for each in case(written(tmp_path, {"k.reg": content})).problems}
    lines = content.decode("utf-16").splitlines()
    (uac,) = found["uac"]
    assert lines[(uac.place or 0) - 1] == '"EnableLUA"=dword:00000000'
    assert uac.text == "EnableLUA = 0"
    client, server = found["tls12"][:2]
    assert lines[(client.place or 0) - 1].endswith(r"\SCHANNEL]")
    assert client.text.endswith(r"has no Protocols\TLS 1.2\Client")
    assert server.text.endswith(r"has no Protocols\TLS 1.2\Server")


def test_what_nobody_knows_is_less_sure(tmp_path: Path) -> None:
    """Where no file tells which Windows it is, it is judged as Windows 7, and nothing that rests on that is certain."""
    keys = {path: values for path, values in UNINSTALLED.items() if "Windows NT" not in path}
    found = case(written(tmp_path, {"k.reg": reg(keys)}))
    assert found.windows is None
    assert [(each.code, each.sure) for each in found.problems] == [("add_in_absent", Confidence.LIKELY)]
    assert found.answer is Answer.DOUBTFUL


def test_no_rule_is_without_events_that_show_it(tmp_path: Path) -> None:
    """Each entry of `events` is the first that fits the events of some case above."""
    shown = set()
    for number, known in enumerate(KNOWN.values()):
        folder = written(tmp_path / str(number), known.files)
        for file in folder.glob("*.xml"):
            with file.open("rb") as opened:
                shown |= {
                    id(problem_table.of_event(each)) for each in eventlog.read(opened) if isinstance(each, EventRecord)
                }
    assert {rule.code for rule in problem_table.EVENTS if id(rule) not in shown} == set()


def test_the_table_knows_every_finding() -> None:
    """What the preflight may find is a problem here, or it is said why it is none; none is both."""
    assert problem_table.FINDINGS.keys() | problem_table.BESIDE == KINDS.keys()
    assert not problem_table.FINDINGS.keys() & problem_table.BESIDE
