"""File names with * and ?, and names in the spelling that the file system keeps."""

import re
from functools import lru_cache

from sspr_lab.errors import WindowsError
from sspr_lab.interfaces.files import Entry, Files


def has_wildcard(path: str) -> bool:
    return "*" in path or "?" in path


def matches(name: str, pattern: str) -> bool:
    """Whether FindFirstFile's `pattern` finds `name`: "*.*" is every name, "*." one without an extension."""
    if pattern in ("*", "*.*"):
        return True
    return _compiled(pattern.upper()).fullmatch(name.upper()) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    tail = ""
    if pattern.endswith(".*"):
        pattern, tail = pattern[:-2], r"(\..*)?"
    elif pattern.endswith("."):
        pattern, tail = pattern[:-1], ""
        if "*" in pattern:
            return re.compile(_translated(pattern).replace(".*", "[^.]*"), re.DOTALL)
    # a ? at the end of a name or before its extension also stands for no character
    text = re.sub(
        r"(\\?\[QUESTION\])+(?=$|\\\.)", lambda run: "[^.]?" * run.group().count("[QUESTION]"), _translated(pattern)
    )
    return re.compile(text.replace("[QUESTION]", ".") + tail, re.DOTALL)


def _translated(pattern: str) -> str:
    pieces = {"*": ".*", "?": "[QUESTION]"}
    return "".join(pieces.get(character, re.escape(character)) for character in pattern)


def find(files: Files, path: str) -> list[tuple[str, Entry]]:
    """What an absolute path finds, with wildcards in its last part: full names and entries, in NTFS order.

    Raises:
        WindowsError: 2 nothing there, 3 no such directory, 123 a bad name.
    """
    folder, _, pattern = path.rpartition("\\")
    if not has_wildcard(pattern):
        return [(path, files.stat(path))]
    entries = files.listdir(folder + "\\")
    return [(f"{folder}\\{entry.name}", entry) for entry in entries if matches(entry.name, pattern)]


def true_path(files: Files, path: str) -> str:
    """An existing absolute path, spelled as the directories keep it."""
    drive, *parts = path.split("\\")
    spelled = drive
    for part in parts:
        if part:
            spelled = f"{spelled}\\{files.stat(f'{spelled}{chr(92)}{part}').name}"
    return spelled if spelled != drive else drive + "\\"


def exists(files: Files, path: str) -> bool:
    """What IF EXIST asks of an absolute path; a wildcard asks whether anything matches."""
    try:
        return bool(find(files, path))
    except WindowsError:
        return False
