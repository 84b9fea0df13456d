"""Proxy settings: WinHTTP's blob, which nobody documents, and whose settings of WinINET count."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.preflight import Proxies, WinHttp, WinInet
from orchestrator.model.registry import Value
from orchestrator.windows import proxy
from orchestrator.windows.command import Reply
from orchestrator.windows.proxy import parse_winhttp

DIRECT = WinHttp(None, None)


def blob(flags: int, *texts: bytes, counter: int = 7) -> str:
    """WinHttpSettings as reg.exe shows it."""
    head = b"".join(number.to_bytes(4, "little") for number in (0x18, counter, flags))
    return (head + b"".join(len(text).to_bytes(4, "little") + text for text in texts)).hex().upper()


BLOBS: dict[str, tuple[str, WinHttp | None]] = {
    "direct": (blob(1, b"", b""), DIRECT),
    "direct without texts": (blob(1), DIRECT),
    "a proxy": (
        blob(3, b"proxy:8080", b"<local>;*.contoso.example"),
        WinHttp("proxy:8080", "<local>;*.contoso.example"),
    ),
    "a proxy for all names": (blob(3, b"http=a:1;https=b:2", b""), WinHttp("http=a:1;https=b:2", None)),
    "a proxy without a second text": (blob(3, b"proxy:8080"), WinHttp("proxy:8080", None)),
    "a proxy that is not in use": (blob(1, b"proxy:8080", b""), DIRECT),
    "what follows the texts does not matter": (
        blob(3, b"proxy:8080", b"", b"", b"rest") + "FF",
        WinHttp("proxy:8080", None),
    ),
    "a proxy without a name": (blob(3, b"", b""), None),
    "no letters": (blob(3, b"pr\x1b[31m\xffxy", b""), WinHttp("pr?[31m\ufffdxy", None)),
    "cut off in the head": (blob(3)[:22], None),
    "cut off in a text": (blob(3, b"proxy:8080")[:-2], None),
    "a length beyond all bounds": (blob(3) + "FFFFFFFF", None),
    "no hex digits": ("(value not set)", None),
    "empty": ("", None),
}


@pytest.mark.parametrize("case", BLOBS)
def test_winhttp_s_blob(case: str) -> None:
    """What keeps to the layout is read, and what does not is told from a host that goes directly."""
    shown, expected = BLOBS[case]
    assert parse_winhttp(Value("REG_BINARY", shown)) == expected


def test_no_value_is_no_proxy() -> None:
    """A machine on which nobody has ever set WinHTTP's proxy has no value, and goes directly."""
    assert parse_winhttp(None) == DIRECT


@given(st.binary(max_size=64))
def test_no_blob_breaks_the_parser(content: bytes) -> None:
    """Whatever octets there are, they are read or not known."""
    parse_winhttp(Value("REG_BINARY", content.hex()))


SETTINGS = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings"
POLICY = proxy.POLICY.replace("HKLM", "HKEY_LOCAL_MACHINE")
MACHINE = proxy.MACHINE.replace("HKLM", "HKEY_LOCAL_MACHINE")
BY_PROXY = "    ProxyEnable    REG_DWORD    0x1\n    ProxyServer    REG_SZ    {}\n"


def settings(policy: str = "", machine: str = "", system: str = "", users: str = "") -> Proxies:
    """Settings of a host on which these values stand in the keys; empty where there is no such key."""
    keys = ((POLICY, policy), (MACHINE, machine), (rf"HKEY_USERS\.DEFAULT\{SETTINGS}", system))
    replies = [Reply(0, f"\n{key}\n{values}\n") if values else Reply(1, "") for key, values in keys]
    return proxy.PROXY.parse([Reply(1, ""), *replies, Reply(0, users)])


def test_users_are_told_apart_from_system() -> None:
    """Each user's proxy is read from the user's own hive, a disabled one is none, and a key below is no user."""
    users = (
        f"\nHKEY_USERS\\S-1-5-21-1-2-3-1001\\{SETTINGS}\n{BY_PROXY.format('a:1')}\n"
        f"HKEY_USERS\\S-1-5-21-1-2-3-1001\\{SETTINGS}\\5.0\n"
        f"\nHKEY_USERS\\S-1-5-21-1-2-3-1002\\{SETTINGS}\n"
        "    ProxyEnable    REG_DWORD    0x0\n    ProxyServer    REG_SZ    b:2\n"
        "    AutoConfigURL    REG_SZ    http://c/d.pac\n"
    )
    found = settings(system="    SecureProtocols    REG_DWORD    0xa0\n", users=users)
    assert found.system == WinInet(None, None, 0xA0)
    assert found.users == (WinInet("a:1", None, None), WinInet(None, "http://c/d.pac", None))


def test_a_policy_makes_the_machine_s_settings_everybody_s() -> None:
    """With ProxySettingsPerUser=0 it is the machine's key that counts, for SYSTEM as for users."""
    users = f"\nHKEY_USERS\\S-1-5-21-1-2-3-1001\\{SETTINGS}\n{BY_PROXY.format('users:1')}"
    found = settings("    ProxySettingsPerUser    REG_DWORD    0x0\n", BY_PROXY.format("machine:1"), "", users)
    assert found == Proxies(DIRECT, WinInet("machine:1", None, None), (), per_machine=True)


OLD, NEW = "    SecureProtocols    REG_DWORD    0xa0\n", "    SecureProtocols    REG_DWORD    0xa80\n"


@pytest.mark.parametrize(
    ("policy", "machine", "system", "expected"),
    [(NEW, OLD, OLD, 0xA80), ("", NEW, OLD, 0xA0), ("", OLD, "", 0xA0), ("", "", "", None)],
)
def test_whose_protocols_count(policy: str, machine: str, system: str, expected: int | None) -> None:
    """A policy's go first, then SYSTEM's own, then the machine's."""
    assert settings(policy, machine, system).system.protocols == expected
