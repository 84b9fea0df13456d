r"""Writes the stand-in's payload: the smallest DLL that Windows would load, for x86 or x64.

    python make_dll.py x64 selfreg SsprStandInProvider.dll

It has one section: code that does nothing and says that it went well, and a sentence that says what it is. It provides
nothing: the lab's hosts need a file with a real PE header, not a credential provider. Where a package registers the
provider by calling its DLL, the DLL exports what is called, and text in it tells the lab what a real one would do
there (`lab: on FUNCTION set KEY = VALUE`, `lab: on FUNCTION delete KEY`): the lab runs no machine code.
"""

import struct
import sys
from pathlib import Path

FILE_ALIGNMENT = 0x200
SECTION_ALIGNMENT = 0x1000
SENTENCE = b"Stand-in of the SSPR logon add-in for the orchestrator's lab. It does nothing.\0"
MACHINES = {"x86": 0x014C, "x64": 0x8664}
# mov eax, 1 ; ret    (x86's DllMain is stdcall: it removes its three arguments)
ENTRY_POINTS = {"x86": b"\xb8\x01\0\0\0\xc2\x0c\0", "x64": b"\xb8\x01\0\0\0\xc3\0\0"}
# xor eax, eax ; ret  (x86: without arguments for COM, with the installation's handle for Windows Installer)
SUCCEEDS = {"x86": b"\x31\xc0\xc3\0\x31\xc0\xc2\x04\0\0\0\0", "x64": b"\x31\xc0\xc3\0\x31\xc0\xc3\0\0\0\0\0"}
EXPORTS = {
    "selfreg": {"DllRegisterServer": 0, "DllUnregisterServer": 0},
    "action": {"RegisterProvider": 4, "UnregisterProvider": 4},
}
"""Exported function → where in SUCCEEDS its code lies, by the way in which the package registers the provider."""
CLSID = "{86D2F0AC-2171-46CF-9998-4E33B3D7FD4F}"
NAME = "AADPasswordResetCredentialProvider"
PROVIDER = rf"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\Credential Providers\{CLSID}"
SERVER = rf"HKLM\SOFTWARE\Classes\CLSID\{CLSID}"
MODULES = {"selfreg": "%module%", "action": "%CustomActionData%"}


def told(way: str) -> bytes:
    """What the lab takes the exported functions to do."""
    if way not in EXPORTS:
        return b""
    register, unregister = EXPORTS[way]
    lines = (
        f"lab: on {register} set {PROVIDER} = {NAME}",
        f"lab: on {register} set {SERVER} = {NAME}",
        rf"lab: on {register} set {SERVER}\InprocServer32 = {MODULES[way]}",
        f"lab: on {unregister} delete {PROVIDER}",
        f"lab: on {unregister} delete {SERVER}",
    )
    return "\n".join((*lines, "\0")).encode("ascii")


def export_directory(architecture: str, way: str, place: int) -> bytes:
    """An export directory that will lie at address `place` of the image; nothing where nothing is exported."""
    exports = EXPORTS.get(way)
    if exports is None:
        return b""
    code = SECTION_ALIGNMENT + len(ENTRY_POINTS[architecture])
    count, names = len(exports), sorted(exports)
    tables = place + 40
    text_at = tables + count * 10
    texts, at = b"", []
    for name in ("SsprStandInProvider.dll", *names):
        at.append(text_at + len(texts))
        texts += name.encode("ascii") + b"\0"
    head = struct.pack(
        "<IIHHIIIIIII", 0, 0, 0, 0, at[0], 1, count, count, tables, tables + 4 * count, tables + 8 * count
    )
    functions = b"".join(struct.pack("<I", code + exports[name]) for name in names)
    name_addresses = b"".join(struct.pack("<I", address) for address in at[1:])
    ordinals = b"".join(struct.pack("<H", number) for number in range(count))
    return head + functions + name_addresses + ordinals + texts


def dll(architecture: str, way: str) -> bytes:
    """The bytes of a DLL for `architecture` (`x86` or `x64`), for a package that registers in this way."""
    wide = architecture == "x64"
    text = ENTRY_POINTS[architecture] + SUCCEEDS[architecture] + SENTENCE + told(way)
    text += bytes(-len(text) % 4)
    exported_at = SECTION_ALIGNMENT + len(text)
    exported = export_directory(architecture, way, exported_at)
    text += exported
    text += bytes(-len(text) % FILE_ALIGNMENT)
    directory = struct.pack("<II", exported_at, len(exported)) if exported else bytes(8)
    dos_header = b"MZ".ljust(0x3C, b"\0") + struct.pack("<I", 0x40)
    file_characteristics = 0x2002 | (0x0020 if wide else 0x0100)  # DLL, executable, large addresses or 32-bit machine
    optional_size = 0x70 + 16 * 8 if wide else 0x60 + 16 * 8
    coff = struct.pack("<4sHHIIIHH", b"PE\0\0", MACHINES[architecture], 1, 0, 0, 0, optional_size, file_characteristics)
    headers_size = FILE_ALIGNMENT
    optional = struct.pack(
        "<HBBIIIII", 0x20B if wide else 0x10B, 14, 0, len(text), 0, 0, SECTION_ALIGNMENT, SECTION_ALIGNMENT
    )
    optional += struct.pack("<Q", 0x180000000) if wide else struct.pack("<II", 0x2000, 0x10000000)
    optional += struct.pack(
        "<II6H", SECTION_ALIGNMENT, FILE_ALIGNMENT, 6, 1, 1, 0, 6, 1
    )  # OS 6.1, image 1.0, subsystem 6.1
    optional += struct.pack("<IIIIHH", 0, 2 * SECTION_ALIGNMENT, headers_size, 0, 2, 0x0140)
    optional += struct.pack("<4Q" if wide else "<4I", 0x100000, 0x1000, 0x100000, 0x1000) + struct.pack("<II", 0, 16)
    optional += directory + bytes(15 * 8)
    section = struct.pack(
        "<8sIIIIIIHHI", b".text", len(text), SECTION_ALIGNMENT, len(text), headers_size, 0, 0, 0, 0, 0x60000020
    )
    return (dos_header + coff + optional + section).ljust(headers_size, b"\0") + text


if __name__ == "__main__":
    Path(sys.argv[3]).write_bytes(dll(sys.argv[1], sys.argv[2]))
