"""What certutil was asked for, and how it fails: what its verbs have in common."""

from dataclasses import dataclass
from typing import Final, Literal

from sspr_lab import errors
from sspr_lab.errors import WindowsError
from sspr_lab.process import Process

_NAMES: Final = {
    errors.FILE_NOT_FOUND: "ERROR_FILE_NOT_FOUND",
    errors.PATH_NOT_FOUND: "ERROR_PATH_NOT_FOUND",
    errors.ACCESS_DENIED: "ERROR_ACCESS_DENIED",
    errors.SHARING_VIOLATION: "ERROR_SHARING_VIOLATION",
    errors.FILE_EXISTS: "ERROR_FILE_EXISTS",
    errors.DISK_FULL: "ERROR_DISK_FULL",
}
_HRESULTS: Final = {"WIN32": 0x80070000, "ASN": 0x80093000}


@dataclass(frozen=True)
class Request:
    """A verb without its mark, in lower case; what follows it; whether -f was among it."""

    verb: str
    names: tuple[str, ...]
    force: bool


class Failed(Exception):
    """A verb fails.

    Args:
        code: of winerror.h, or of the ASN.1 library (the low 12 bits of CRYPT_E_ASN1_...).
        text: What Windows says of it.
        name: What the headers call it; newer Windows show that, too.
        functions: Those that say so before the verb does, the innermost first; "" says nothing.
        source: Whose code it is.
    """

    def __init__(
        self, code: int, text: str, name: str, *functions: str, source: Literal["WIN32", "ASN"] = "WIN32"
    ) -> None:
        super().__init__(code)
        self.hresult = _HRESULTS[source] | code
        self.shown = f"{source}: {code}"
        self.text = text
        self.name = name
        self.functions = [function for function in functions if function]


def failed(error: WindowsError, *functions: str) -> Failed:
    """What a verb makes of a failed call."""
    return Failed(error.code, error.message, _NAMES.get(error.code, ""), *functions)


def read(process: Process, name: str, *functions: str) -> bytes:
    """A file's content. Raises Failed."""
    try:
        return process.machine.files.read(process.full_path(name))
    except WindowsError as error:
        raise failed(error, *functions) from None
