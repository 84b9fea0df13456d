"""A failed Win32 call, as the lab's parts report it to each other: the code a program gets from GetLastError."""

from typing import Final

FILE_NOT_FOUND: Final = 2
PATH_NOT_FOUND: Final = 3
ACCESS_DENIED: Final = 5
INVALID_PARAMETER: Final = 87
SHARING_VIOLATION: Final = 32
FILE_EXISTS: Final = 80
DISK_FULL: Final = 112
BAD_NETWORK_PATH: Final = 53
BROKEN_PIPE: Final = 109
INVALID_NAME: Final = 123
DIR_NOT_EMPTY: Final = 145
BAD_EXE_FORMAT: Final = 193
ALREADY_EXISTS: Final = 183
DIRECTORY: Final = 267
KEY_DELETED: Final = 1018
CHILD_MUST_BE_VOLATILE: Final = 1021
LOGON_FAILURE: Final = 1326

_MESSAGES: Final = {
    1: "Incorrect function.",
    FILE_NOT_FOUND: "The system cannot find the file specified.",
    PATH_NOT_FOUND: "The system cannot find the path specified.",
    ACCESS_DENIED: "Access is denied.",
    SHARING_VIOLATION: "The process cannot access the file because it is being used by another process.",
    BAD_NETWORK_PATH: "The network path was not found.",
    FILE_EXISTS: "The file exists.",
    INVALID_PARAMETER: "The parameter is incorrect.",
    BROKEN_PIPE: "The pipe has been ended.",
    DISK_FULL: "There is not enough space on the disk.",
    INVALID_NAME: "The filename, directory name, or volume label syntax is incorrect.",
    DIR_NOT_EMPTY: "The directory is not empty.",
    ALREADY_EXISTS: "Cannot create a file when that file already exists.",
    BAD_EXE_FORMAT: "%1 is not a valid Win32 application.",
    DIRECTORY: "The directory name is invalid.",
    KEY_DELETED: "Illegal operation attempted on a registry key that has been marked for deletion.",
    CHILD_MUST_BE_VOLATILE: "Cannot create a stable subkey under a volatile parent key.",
    LOGON_FAILURE: "Logon failure: unknown user name or bad password.",
}


class WindowsError(Exception):
    """A Win32 call failed with `code` (winerror.h); `path` names the object where there is one."""

    def __init__(self, code: int, path: str = "") -> None:
        super().__init__(code, path)
        self.code = code
        self.path = path

    @property
    def message(self) -> str:
        """The system's en-US text of the code (FormatMessage), without a line end."""
        return _MESSAGES.get(self.code, f"Unknown error ({self.code:#x}).")

    def __str__(self) -> str:
        return f"{self.message} ({self.code}) {self.path}".rstrip()
