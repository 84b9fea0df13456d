"""Writes the stand-in's payload: the smallest DLL that Windows would load, for x86 or x64.

    python make_dll.py x64 SsprStandInProvider.dll

It has one section of code whose entry point returns TRUE, and a sentence that says what it is. It provides nothing:
the lab's hosts need a file with a real PE header, not a credential provider.
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


def dll(architecture: str) -> bytes:
    """Return the bytes of a DLL for ``architecture`` (``x86`` or ``x64``)."""
    wide = architecture == "x64"
    text = (ENTRY_POINTS[architecture] + SENTENCE).ljust(FILE_ALIGNMENT, b"\0")
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
    optional += bytes(16 * 8)
    section = struct.pack(
        "<8sIIIIIIHHI", b".text", len(text), SECTION_ALIGNMENT, len(text), headers_size, 0, 0, 0, 0, 0x60000020
    )
    return (dos_header + coff + optional + section).ljust(headers_size, b"\0") + text


if __name__ == "__main__":
    Path(sys.argv[2]).write_bytes(dll(sys.argv[1]))
