"""whoami.exe: the account, and with /user and /groups what its token holds."""

from typing import Final

from sspr_lab.accounts import SYSTEM, full_name
from sspr_lab.process import Process
from sspr_lab.tools.complaints import wrong_usage
from sspr_lab.tools.tables import Format, render

_HIGH: Final = ("Mandatory Label\\High Mandatory Level", "S-1-16-12288")
_MEDIUM: Final = ("Mandatory Label\\Medium Mandatory Level", "S-1-16-8192")
_SYSTEM_LEVEL: Final = ("Mandatory Label\\System Mandatory Level", "S-1-16-16384")
_ON: Final = "Mandatory group, Enabled by default, Enabled group"
_OWNED: Final = "Mandatory group, Enabled by default, Enabled group, Group owner"
_USAGE: Final = "WHOAMI /?"
_FORMATS: Final[dict[str, Format]] = {"table": "table", "list": "list", "csv": "csv"}


async def main(process: Process) -> int:
    words = [word.lower() for word in process.argv[1:]]
    style: Format = "table"
    if "/fo" in words:
        at = words.index("/fo")
        wanted = words[at + 1] if at + 1 < len(words) else ""
        if wanted not in _FORMATS:
            text = "Invalid syntax. Value '{value}' is not allowed for '/FO' option."
            return await wrong_usage(process, text, _USAGE, value=wanted)
        style = _FORMATS[wanted]
        del words[at : at + 2]
    with_header = "/nh" not in words
    asked = [word for word in words if word != "/nh"]
    if unknown := [word for word in asked if word not in _TABLES]:
        return await wrong_usage(process, "Invalid argument/option - '{word}'.", _USAGE, word=unknown[0])
    if not asked:
        await process.stdout.write_text(f"{_name(process)}\n")
    for table in (_TABLES[name] for name in _TABLES if name in asked):
        await process.stdout.write_text(table(process, style, with_header=with_header))
    return 0


def _user_table(process: Process, style: Format, *, with_header: bool) -> str:
    header = (process.text("User Name"), "SID")
    rows = [(_name(process), process.account.sid)]
    table = render(rows, header, (25, 46), style, with_header=with_header)
    return _headed(process.text("USER INFORMATION"), table, style)


def _group_table(process: Process, style: Format, *, with_header: bool) -> str:
    header = (process.text("Group Name"), process.text("Type"), "SID", process.text("Attributes"))
    table = render(_groups(process), header, (44, 16, 14, 50), style, with_header=with_header)
    return _headed(process.text("GROUP INFORMATION"), table, style)


def _headed(title: str, table: str, style: Format) -> str:
    return table if style == "csv" else f"\n{title}\n{'-' * len(title)}\n{table}"


def _name(process: Process) -> str:
    return full_name(process.machine.profile, process.account).lower()


def _groups(process: Process) -> list[tuple[str, str, str, str]]:
    account, names = process.account, process.spoken.names
    well_known, alias, on = process.text("Well-known group"), process.text("Alias"), process.text(_ON)
    owner = process.text(_OWNED)
    level, level_sid = _SYSTEM_LEVEL if account.sid == SYSTEM.sid else _HIGH if account.elevated else _MEDIUM
    how, how_sid = (names.network, "S-1-5-2") if account.network_logon else (names.interactive, "S-1-5-4")
    groups = [
        (names.everyone, well_known, "S-1-1-0", on),
        (f"{names.builtin}\\{names.users}", alias, "S-1-5-32-545", on),
        (f"{names.authority}\\{how}", well_known, how_sid, on),
        (f"{names.authority}\\{names.authenticated_users}", well_known, "S-1-5-11", on),
    ]
    if account.elevated:
        groups.insert(1, (f"{names.builtin}\\{names.administrators}", alias, "S-1-5-32-544", owner))
    return [*groups, (process.text(level), process.text("Label"), level_sid, "")]


_TABLES: Final = {"/user": _user_table, "/groups": _group_table}
