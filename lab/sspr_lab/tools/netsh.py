"""netsh.exe: `winhttp show proxy`, read from the blob in the registry."""

from typing import Final

from sspr_lab.process import Process

_KEY: Final = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections"
_HAS_PROXY: Final = 2
_FLAGS_AT: Final = 8
_STRINGS_AT: Final = 12
_COMMAND: Final = ("winhttp", "show", "proxy")


async def main(process: Process) -> int:
    words = [word.lower() for word in process.argv[1:]]
    if len(words) != len(_COMMAND) or not all(map(str.startswith, _COMMAND, words)):  # words may be cut short
        line = " ".join(process.argv[1:])
        await process.stdout.write_text(f"{process.text('The following command was not found: {line}.', line=line)}\n")
        return 1
    value = process.machine.registry.get(_KEY, "WinHttpSettings", process.bits)
    blob = value.data if value is not None and isinstance(value.data, bytes) else b""
    heading = process.text("Current WinHTTP proxy settings:")
    await process.stdout.write_text(f"\n{heading}\n\n{_settings(process, blob)}\n")
    return 0


def _settings(process: Process, blob: bytes) -> str:
    if len(blob) <= _FLAGS_AT or not blob[_FLAGS_AT] & _HAS_PROXY:
        return f"    {process.text('Direct access (no proxy server).')}\n"
    proxy, after = _string(blob, _STRINGS_AT)
    bypass, _ = _string(blob, after)
    server, around = process.text("Proxy Server(s) :  {proxy}", proxy=proxy), bypass or process.text("(none)")
    return f"    {server}\n    {process.text('Bypass List     :  {bypass}', bypass=around)}\n"


def _string(blob: bytes, at: int) -> tuple[str, int]:
    """A length-prefixed string, and where the next one begins."""
    end = at + 4 + int.from_bytes(blob[at : at + 4], "little")
    return blob[at + 4 : end].decode("ascii", "replace"), end
