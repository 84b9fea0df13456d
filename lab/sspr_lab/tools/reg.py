"""reg.exe of Windows 7 to 8.1: the operations, their common errors and exit codes (0 done, 1 failed)."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Final

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process
from sspr_lab.tools.complaints import complain, wrong_usage
from sspr_lab.tools.reg_change import add, copy, delete
from sspr_lab.tools.reg_files import export, import_
from sspr_lab.tools.reg_query import query
from sspr_lab.tools.reg_syntax import Refusal

_OPERATIONS: Final[Mapping[str, Callable[[Process, list[str]], Awaitable[int]]]] = MappingProxyType(
    {"ADD": add, "COPY": copy, "DELETE": delete, "EXPORT": export, "IMPORT": import_, "QUERY": query}
)


async def main(process: Process) -> int:
    arguments = process.argv[1:]
    operation = arguments[0].upper() if arguments else ""
    try:
        return await _OPERATIONS.get(operation, _no_such_operation)(process, arguments[1:])
    except Refusal as refusal:
        usage = f"REG {refusal.operation} /?" if refusal.operation else "REG /?"
        return await wrong_usage(process, refusal.reason, usage)
    except WindowsError as error:
        return await complain(process, _text(error))


async def _no_such_operation(process: Process, arguments: list[str]) -> int:
    del process, arguments
    raise Refusal("Invalid syntax.", "")


def _text(error: WindowsError) -> str:
    if error.code == errors.FILE_NOT_FOUND:
        return "The system was unable to find the specified registry key or value."
    return error.message
