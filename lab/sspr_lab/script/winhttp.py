"""WinHttpRequest, the object by which scripts ask servers, as WinHTTP on the machine is set up.

Sources: Microsoft, "WinHttpRequest object" (methods, the order in which they may be called, default timeouts), "Error
Messages (Winhttp.h)", and KB3140245 for the versions of TLS that WinHTTP offers.
"""

import re
from typing import Final

from sspr_lab.interfaces.platform import Platform
from sspr_lab.internet import Destination, Unreached, ask
from sspr_lab.script.beyond_vbscript import need_member
from sspr_lab.script.vbscript import ScriptError, Value
from sspr_lab.unmodelled import NoModel

_WINHTTP: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings"
_PACKAGES: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages"
_BITS: Final = {0x80: "TLS 1.0", 0x200: "TLS 1.1", 0x800: "TLS 1.2"}
_DEFAULTS: Final = {"windows7": 0xA0, "windows8": 0xA0, "windows8.1": 0xA80, "windows10": 0xA80}
_BY_PROXY: Final = 3
_STRINGS: Final = 12
_UNKNOWN_MEMBER: Final = 438
_WRONG_ARGUMENTS: Final = 450
_BEFORE_OPEN, _BEFORE_SEND = 12100, 12101
_INVALID_URL: Final = 12005
_OPTIONS: Final = range(19)
_CONNECT_SECONDS: Final = 60.0
_URL: Final = re.compile(r"https://(?P<name>[^/:]+)(:(?P<port>[0-9]{1,5}))?(/.*)?")


class WinHttpRequest:
    """One request; only HTTPS is modelled."""

    def __init__(self, machine: Platform) -> None:
        self._machine = machine
        self._connect_seconds = _CONNECT_SECONDS
        self._destination: Destination | None = None
        self._status: int | None = None

    async def invoke(self, name: str, arguments: list[Value]) -> Value:
        match name, arguments:
            case "settimeouts", [int(), int(connect), int(), int()]:
                self._connect_seconds = connect / 1000
                return None
            case "open", [str(), str(url), *_]:
                self._destination = self._to(url)
                return None
            case "send", [] | [_]:
                self._status = await self._answered()
                return None
            case "status", []:
                if self._status is None:
                    raise _failed(_BEFORE_SEND)
                return self._status
            case (("settimeouts" | "open" | "send" | "status"), _):
                raise ScriptError(_WRONG_ARGUMENTS, "Wrong number of arguments or invalid property assignment")
            case _:
                need_member("winhttprequest", name)
                raise ScriptError(_UNKNOWN_MEMBER, "Object doesn't support this property or method")

    async def assign(self, name: str, arguments: list[Value], value: Value) -> None:
        if name != "option" or len(arguments) != 1 or arguments[0] not in _OPTIONS:
            raise ScriptError(_UNKNOWN_MEMBER, f"Object doesn't support this property or method: {name}={value}")

    def _to(self, url: str) -> Destination:
        if url.lower().startswith("http:"):
            raise NoModel("WinHttpRequest without TLS")
        found = _URL.fullmatch(url)
        if found is None:
            raise _failed(_INVALID_URL)
        return Destination(found["name"], int(found["port"] or 443), _proxy(self._machine))

    async def _answered(self) -> int:
        if self._destination is None:
            raise _failed(_BEFORE_OPEN)
        offered = _offered(self._machine)
        try:
            return await ask(self._machine, self._destination, connect_seconds=self._connect_seconds, protocols=offered)
        except Unreached as error:
            raise _failed(error.code) from None


def _failed(code: int) -> ScriptError:
    """WinHTTP's error as an HRESULT, which VBScript shows as a signed number."""
    return ScriptError((0x80070000 | code) - 2**32, f"WinHttp.WinHttpRequest: {code}")


def _proxy(machine: Platform) -> str | None:
    """What `netsh winhttp set proxy` left: flags, then a text with its length."""
    value = machine.registry.get(_WINHTTP + r"\Connections", "WinHttpSettings")
    blob = value.data if value is not None and isinstance(value.data, bytes) else b""
    if len(blob) <= _STRINGS + 4 or int.from_bytes(blob[8:12], "little") != _BY_PROXY:
        return None
    size = int.from_bytes(blob[_STRINGS : _STRINGS + 4], "little")
    return blob[_STRINGS + 4 : _STRINGS + 4 + size].decode("ascii", "replace") or None


def _offered(machine: Platform) -> frozenset[str]:
    """DefaultSecureProtocols, where this Windows heeds it, or its own default."""
    value = machine.registry.get(_WINHTTP + r"\WinHttp", "DefaultSecureProtocols")
    bits = value.data if value is not None and isinstance(value.data, int) and _heeds(machine) else None
    bits = _DEFAULTS[machine.profile.branch] if bits is None else bits
    return frozenset(name for bit, name in _BITS.items() if bits & bit)


def _heeds(machine: Platform) -> bool:
    """Windows 7 learned of the value by KB3140245, which monthly rollups contain."""
    if machine.profile.branch != "windows7":
        return True
    packages = machine.registry.key(_PACKAGES).subkey_names
    return any(name.startswith(("Package_for_KB3140245~", "Package_for_RollupFix~")) for name in packages)
