"""fsutil.exe: `volume diskfree` and `dirty query`, for administrators only. What it says of a wrong word is [mem]."""

from typing import Final

from sspr_lab.process import Process
from sspr_lab.unmodelled import NoModel

_NOT_ADMIN: Final = "The FSUTIL utility requires that you have administrative privileges."
_COMMANDS: Final = """---- Commands Supported ----

8dot3name       8dot3name management
behavior        Control file system behavior
dirty           Manage volume dirty bit
file            File specific commands
fsinfo          File system information
hardlink        Hardlink management
objectid        Object ID management
quota           Quota management
repair          Self healing management
reparsepoint    Reparse point management
resource        Transactional Resource Manager management
sparse          Sparse file control
transaction     Transaction management
usn             USN management
volume          Volume management
"""
_SUBCOMMANDS: Final = {
    "dirty": """---- DIRTY Commands Supported ----

query           Query the dirty bit
set             Set the dirty bit
""",
    "volume": """---- VOLUME Commands Supported ----

dismount        Dismount a volume
diskfree        Query the free space of a volume
querycluster    Query which file is using a particular cluster
""",
}
_DISKFREE_USAGE: Final = "Usage : fsutil volume diskfree <volume pathname>\n   Eg : fsutil volume diskfree C:\n"


_LABELS: Final = ("Total # of free bytes        ", "Total # of bytes             ", "Total # of avail free bytes  ")


async def main(process: Process) -> int:
    arguments = [argument.lower() for argument in process.argv[1:]]
    if not arguments:
        await process.stdout.write_text(_COMMANDS)
        return 0
    if not process.account.elevated:
        await process.stdout.write_text(f"{process.text(_NOT_ADMIN)}\n")
        return 1
    match arguments:
        case ["volume", "diskfree", *volumes]:
            return await _disk_free(process, volumes)
        case ["dirty", "query", "c:" | "c:\\"]:
            await process.stdout.write_text(f"{process.text('Volume - C: is NOT Dirty')}\n")
            return 0
        case ["dirty", "query", *_]:
            raise NoModel(f"fsutil {' '.join(arguments)}")
        case ["dirty" | "volume" as command, word, *_]:
            await process.stdout.write_text(f"{word} is an invalid parameter.\n{_SUBCOMMANDS[command]}")
        case [word, *_]:
            await process.stdout.write_text(f"{word} is an invalid parameter.\n{_COMMANDS}")
    return 1


async def _disk_free(process: Process, volumes: list[str]) -> int:
    if len(volumes) != 1:
        await process.stdout.write_text(_DISKFREE_USAGE)
        return 1
    if volumes[0].rstrip("\\") != "c:":
        reason = process.text("The system cannot find the path specified.")
        await process.stdout.write_text(f"{process.text('Error:  {reason}', reason=reason)}\n")
        return 1
    files = process.machine.files
    sizes = (files.free_bytes, files.total_bytes, files.free_bytes)
    lines = (f"{process.text(label)}: {size}\n" for label, size in zip(_LABELS, sizes, strict=True))
    await process.stdout.write_text("".join(lines))
    return 0
