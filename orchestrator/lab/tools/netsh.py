"""netsh.exe: `winhttp show proxy`, read from the blob in the registry."""

from typing import Final

from orchestrator.lab.process import Process

_KEY: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
_HAS_PROXY: Final = 2
_FLAGS_AT: Final = 8
_STRINGS_AT: Final = 12


async def main(process: Process) -> int:
    words = [word.lower() for word in process.argv[1:]]
    if words != ["winhttp", "show", "proxy"]:
        await process.stdout.write_text(f"The following command was not found: {' '.join(process.argv[1:])}.\n")
        return 1
    value = process.machine.registry.get(_KEY, "WinHttpSettings", process.bits)
    blob = value.data if value is not None and isinstance(value.data, bytes) else b""
    await process.stdout.write_text(f"\nCurrent WinHTTP proxy settings:\n\n{_settings(blob)}\n")
    return 0


def _settings(blob: bytes) -> str:
    if len(blob) <= _FLAGS_AT or not blob[_FLAGS_AT] & _HAS_PROXY:
        return "    Direct access (no proxy server).\n"
    proxy, after = _string(blob, _STRINGS_AT)
    bypass, _ = _string(blob, after)
    return f"    Proxy Server(s) :  {proxy}\n    Bypass List     :  {bypass or '(none)'}\n"


def _string(blob: bytes, at: int) -> tuple[str, int]:
    """A length-prefixed string, and where the next one begins."""
    end = at + 4 + int.from_bytes(blob[at : at + 4], "little")
    return blob[at + 4 : end].decode("ascii", "replace"), end
