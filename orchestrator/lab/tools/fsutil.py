"""fsutil.exe: `volume diskfree` and `dirty query`, for administrators only."""

from typing import Final

from orchestrator.lab.process import Process

_NOT_ADMIN: Final = "The FSUTIL utility requires that you have administrative privileges.\n"
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
_DISKFREE_USAGE: Final = "Usage : fsutil volume diskfree <volume pathname>\n   Eg : fsutil volume diskfree C:\n"


async def main(process: Process) -> int:
    arguments = [argument.lower() for argument in process.argv[1:]]
    if not arguments:
        await process.stdout.write_text(_COMMANDS)
        return 0
    if not process.account.elevated:
        await process.stdout.write_text(_NOT_ADMIN)
        return 1
    if arguments[:2] == ["dirty", "query"] and arguments[2:] in (["c:"], ["c:\\"]):
        await process.stdout.write_text("Volume - C: is NOT Dirty\n")
        return 0
    if arguments[:2] != ["volume", "diskfree"]:
        await process.stderr.write_text(f"The lab has no model of fsutil {' '.join(arguments)}.\n")
        return 1
    if len(arguments) != 3:
        await process.stdout.write_text(_DISKFREE_USAGE)
        return 1
    if arguments[2].rstrip("\\") != "c:":
        await process.stdout.write_text("Error:  The system cannot find the path specified.\n")
        return 1
    files = process.machine.files
    await process.stdout.write_text(
        f"Total # of free bytes        : {files.free_bytes}\n"
        f"Total # of bytes             : {files.total_bytes}\n"
        f"Total # of avail free bytes  : {files.free_bytes}\n"
    )
    return 0
